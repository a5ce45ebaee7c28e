#!/usr/bin/env bash
# Installs agents that others wrote, each at one version, into a folder that is shown to sandboxes: .ci/agents.sh FOLDER
#
# Called by ./check and by the stories themselves (tests/it/real), so that neither can do without. Does nothing when they are there
# already. No script of a package runs.
set -euo pipefail
folder=$1
cd "$(dirname "$0")/../tests/real-agents"
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
wanted=$(cat package-lock.json ../../.ci/agents.sh | sha256sum | cut -d' ' -f1)
[ "$(cat "$folder/installed" 2>/dev/null)" != "$wanted" ] || exit 0

cp package.json package-lock.json "$folder"
npm --prefix "$folder" ci --ignore-scripts --no-audit --no-fund
# The package of OpenCode itself puts its program into place by a script; we take the program's own package.
mkdir -p "$folder/bin"
ln -sf ../node_modules/opencode-linux-x64-baseline/bin/opencode "$folder/bin/opencode"
# npm leaves folders that only their owner may enter, where the umask says so; agents run as another user.
chmod -R a+rX "$folder"
echo "$wanted" >"$folder/installed"
