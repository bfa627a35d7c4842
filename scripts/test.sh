#!/usr/bin/env bash
# Runs every check and test, one stage after the other; stops at the first that fails.
#
# usage: scripts/test.sh [STAGE…]    (all of them by default, but sdk-more and sherpa)
set -euo pipefail
cd "$(dirname "$0")/.."

stages=(format lint page rust docs build sdk browser fuzz)
times=()
flaky=()
total=0
printed=$(mktemp)

format() {
    cargo fmt --all --check
}

lint() {
    cargo clippy --workspace --all-targets --locked -- -D warnings
}

page() {
    (cd web && npm run check && npm test)
    (cd tests/browser && ../../web/node_modules/.bin/prettier --check .)
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

# The binary that the tests below talk to, and the vendors' stand-ins: built as for the Rust tests, which
# have most often just done so.
build() {
    cargo build --workspace --locked --bins --examples
}

# Stock clients in Python, then in JavaScript, as their makers publish them.
sdk() {
    tests/.venv/bin/python -m unittest discover --verbose --start-directory tests/sdk
    (cd tests/sdk-node && npm test --silent)
    echo "pipecat and livekit-plugins-openai take 750 MB and minutes to install, so they are asked for by"
    echo "name: scripts/setup.sh more && scripts/test.sh sdk-more"
}

# Frameworks with a Realtime client of their own. Not run unless named.
sdk-more() {
    PYTHONPATH=tests/sdk tests/.venv-more/bin/python -m unittest discover --verbose \
        --start-directory tests/sdk-more
}

# The models that a person brings, with the library that runs them. Not run unless named, since that is
# another build of everything.
sherpa() {
    scripts/sherpa.sh
    cargo test --locked --features sherpa --lib sherpa::
}

# Real Chromium. One file at a time: each has the machine to itself. A file that fails is run once
# more, at the end: what fails twice is broken, what fails once is named.
browser() (
    cd tests/browser
    failed=()
    for file in *.test.mjs; do
        node --test --test-reporter=spec "$file" || failed+=("$file")
    done
    for file in "${failed[@]}"; do
        printf '\n== %s failed; once more\n' "$file"
        node --test --test-reporter=spec "$file"
        echo "FLAKY $file passed at the second try"
    done
)

# Ten seconds each of what meets the network or a damaged disk; scripts/fuzz.sh takes longer ones.
fuzz() {
    scripts/fuzz.sh 10
}

# How many tests passed, by the closing lines of nextest, cargo test, vitest, unittest, node and
# libFuzzer (a target is a test).
passed() {
    sed 's/\x1b\[[0-9;]*m//g' "$printed" | awk '
        /^ *Summary \[|^test result: | Tests  / && match($0, /[0-9]+ passed/) { n += substr($0, RSTART) }
        /^Ran [0-9]+ tests? in / { n += $2 }
        /^(ℹ|#) pass [0-9]+$/ { n += $3 }
        /^stat::number_of_executed_units:/ { n++ }
        END { print n + 0 }'
}

totals() {
    local status=$?
    rm -f "$printed"
    printf '\n== totals\n'
    [ ${#times[@]} -eq 0 ] || printf '%s\n' "${times[@]}"
    [ ${#flaky[@]} -eq 0 ] || printf '%s\n' "${flaky[@]}"
    if [ $status -eq 0 ]; then
        echo "all ${#times[@]} stages passed: $total tests in $SECONDS s"
    else
        echo "stage $current failed after $SECONDS s; $total tests passed before it"
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
    "$current" 2>&1 | tee "$printed"
    # What passed only when it was tried again, by nextest and by the browser's stage.
    mapfile -t -O "${#flaky[@]}" flaky < <(sed 's/\x1b\[[0-9;]*m//g' "$printed" | grep -E '^ *FLAKY ' || true)
    tests=$(passed)
    total=$((total + tests))
    times+=("$(printf '%-8s %6d tests %6d s' "$current" "$tests" $((SECONDS - began)))")
done
