#!/bin/sh
# Compares what the program says with what is known.
cd "$(dirname "$0")/.." || exit 1
got=$(printf '1900\n2000\n2023\n2024\n' | awk -f leap.awk)
wanted='1900 common
2000 leap
2023 common
2024 leap'
if [ "$got" = "$wanted" ]; then
    echo "all passed"
else
    printf 'wanted:\n%s\ngot:\n%s\n' "$wanted" "$got"
    exit 1
fi
