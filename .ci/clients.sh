#!/usr/bin/env bash
# Installs the clients of the forge's API that others wrote, each at one version, into a folder: .ci/clients.sh FOLDER
#
# Called by ./check and by the stories themselves (tests/it/clients), so that neither can do without. Does nothing when they
# are there already.
set -euo pipefail
folder=$1
cd "$(dirname "$0")/../tests/clients"
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
wanted=$(cat package-lock.json requirements.txt | sha256sum | cut -d' ' -f1)
[ "$(cat "$folder/installed" 2>/dev/null)" != "$wanted" ] || exit 0

cp package.json package-lock.json "$folder"
npm --prefix "$folder" ci --ignore-scripts --no-audit --no-fund
python3 -m venv "$folder/python" || { echo "hint: install Python with its module venv (python3-venv)" >&2 && exit 1; }
"$folder/python/bin/pip" install --no-input --requirement requirements.txt
echo "$wanted" >"$folder/installed"
