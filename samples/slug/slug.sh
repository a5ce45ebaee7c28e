#!/bin/sh
# Turns a title into a word for an address.
# usage: slug.sh TITLE

printf '%s' "$1" | tr '[:upper:]' '[:lower:]' | tr -c 'a-z0-9' '-'
echo
