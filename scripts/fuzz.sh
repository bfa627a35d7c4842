#!/usr/bin/env bash
# Fuzzes what meets the network or a damaged disk, guided by coverage, with the stable compiler.
#
# usage: scripts/fuzz.sh [SECONDS [TARGET…]]    (30 seconds each of all by default)
set -euo pipefail
cd "$(dirname "$0")/../fuzz"

seconds=${1:-30}
targets=("${@:2}")
[ ${#targets[@]} -gt 0 ] || targets=(parse offer hear recover)

# What `cargo fuzz` builds with, without the sanitizer of addresses, which only nightly has.
flags=(
    --cfg fuzzing -Ccodegen-units=1 -Cpasses=sancov-module
    -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
    -Cllvm-args=-sanitizer-coverage-pc-table
    -Cllvm-args=-sanitizer-coverage-trace-compares
)
host=$(rustc -vV | sed -n 's/^host: //p')
# Named, so that build scripts are built without these flags.
RUSTFLAGS=${flags[*]} cargo build --release --locked --target "$host" --target-dir target

for target in "${targets[@]}"; do
    printf '\n== %s\n' "$target"
    mkdir -p "corpus/$target" "artifacts/$target"
    dictionary=()
    [ "$target" = parse ] && dictionary=(-dict=realtime.dict)
    "target/$host/release/$target" "corpus/$target" "seeds/$target" "${dictionary[@]}" \
        -artifact_prefix="artifacts/$target/" -max_total_time="$seconds" \
        -max_len=16384 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0
done
