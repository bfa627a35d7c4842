#!/usr/bin/env bash
# Runs every check and test, one stage after the other; stops at the first that fails.
#
# usage: scripts/test.sh [STAGE…]    (all of them by default)
set -euo pipefail
cd "$(dirname "$0")/.."

stages=(format lint page rust docs build sdk browser)
times=()

format() {
    cargo fmt --all --check
}

lint() {
    cargo clippy --workspace --all-targets --locked -- -D warnings
}

page() {
    (cd web && npm run check && npm test)
    scripts/web.sh
}

rust() {
    if command -v cargo-nextest >/dev/null; then
        cargo nextest run --workspace --locked --no-fail-fast
    else
        cargo test --workspace --locked --all-targets --no-fail-fast
    fi
}

docs() {
    cargo test --workspace --locked --doc
    RUSTDOCFLAGS='-D warnings' cargo doc --workspace --locked --no-deps --quiet
}

# The binary that the tests below talk to.
build() {
    cargo build --locked
}

# Stock clients in Python, then in JavaScript, as their makers publish them.
sdk() {
    tests/.venv/bin/python -m unittest discover --verbose --start-directory tests/sdk
    (cd tests/sdk-node && npm test --silent)
}

# Real Chromium. One file at a time: each has the machine to itself.
browser() {
    [ -d tests/browser ] || return 0
    (cd tests/browser && node --test --test-concurrency=1 --test-reporter=spec)
}

totals() {
    local status=$?
    printf '\n== totals\n'
    printf '%s\n' "${times[@]}"
    if [ $status -eq 0 ]; then
        echo "all ${#times[@]} stages passed in $SECONDS s"
    else
        echo "stage $current failed after $SECONDS s"
    fi
}

if [ $# -gt 0 ]; then
    stages=("$@")
fi
current=
trap totals EXIT
for current in "${stages[@]}"; do
    began=$SECONDS
    printf '\n== %s\n' "$current"
    "$current"
    times+=("$(printf '%-10s %5d s' "$current" $((SECONDS - began)))")
done
