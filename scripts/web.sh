#!/usr/bin/env bash
# Builds the page into web/dist, if anything it is made of changed since.
set -euo pipefail
cd "$(dirname "$0")/../web"

built=dist/index.html
if [ -f "$built" ] && [ -z "$(find . \( -name node_modules -o -name dist \) -prune -o -type f -newer "$built" -print -quit)" ]; then
    exit
fi
npm run build
# The build keeps the times of files it copies; this one says when it was done.
touch "$built"
