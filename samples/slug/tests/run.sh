#!/bin/sh
# Runs every case; says what was wanted and what came.
cd "$(dirname "$0")/.." || exit 1
failed=0

check() {
    got=$(sh ./slug.sh "$1")
    if [ "$got" = "$2" ]; then
        echo "ok    $1"
    else
        echo "FAIL  $1: wanted '$2', got '$got'"
        failed=$((failed + 1))
    fi
}

check "Readme" "readme"
check "Hello World" "hello-world"
check "Hello,  World!" "hello-world"
check "10 reasons" "10-reasons"

if [ "$failed" -gt 0 ]; then
    echo "$failed failed"
    exit 1
fi
echo "all passed"
