#!/usr/bin/env bash
# Fetches the libraries of sherpa-onnx into the target folder, for `cargo build --features sherpa`:
# the PyPI package sherpa-onnx-core, in the version that Cargo.lock names. 10 MB, 32 MB unpacked.
#
# usage: scripts/sherpa.sh
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(sed -n '/^name = "sherpa-onnx"$/{n;s/^version = "\(.*\)"$/\1/p}' Cargo.lock)
to=target/sherpa-onnx
if [ "$(cat "$to/version" 2>/dev/null)" = "$version" ]; then
    exit
fi
python3 -m pip --version >/dev/null || {
    echo "sherpa: pip is missing: apt-get install python3-pip" >&2
    exit 1
}
# A wheel with another sum than these is not unpacked.
sums=scripts/sherpa-onnx-core.txt
grep -q "^sherpa-onnx-core==$version " "$sums" || {
    echo "sherpa: $sums names another version than Cargo.lock, which has $version" >&2
    exit 1
}
mkdir -p target
new=$(mktemp -d target/sherpa-onnx.XXXXXX)
trap 'rm -rf "$new"' EXIT
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --require-hashes --requirement "$sums" --dest "$new"
python3 -m zipfile -e "$new"/sherpa_onnx_core-*.whl "$new/unpacked"
rm -rf "$to"
mkdir "$to"
mv "$new/unpacked/sherpa_onnx/lib" "$to/lib"
echo "$version" >"$to/version"
echo "sherpa: libraries of sherpa-onnx $version are in $to/lib"
