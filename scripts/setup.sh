#!/usr/bin/env bash
# Installs what is missing, and nothing else: Debian packages, npm packages, a Python environment.
# Needs no network once everything is there.
#
# usage: scripts/setup.sh run|test|more    (more: also what scripts/test.sh sdk-more needs, 750 MB)
set -euo pipefail
cd "$(dirname "$0")/.."

purpose=${1:-run}
packages=(build-essential cmake pkg-config libpocketsphinx-dev pocketsphinx-en-us flite1-dev espeak-ng)
case $purpose in
run) ;;
test | more) packages+=(chromium iproute2 nftables openssl postgresql python3-venv) ;;
*)
    echo "usage: scripts/setup.sh run|test|more" >&2
    exit 2
    ;;
esac

fail() {
    echo "setup: $*" >&2
    exit 1
}

system_packages() {
    if ! command -v dpkg-query >/dev/null; then
        echo "setup: this is not Debian; make sure of the equivalents of: ${packages[*]}" >&2
        return
    fi
    local missing=() package
    for package in "${packages[@]}"; do
        if [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
            missing+=("$package")
        fi
    done
    if [ ${#missing[@]} -eq 0 ]; then
        return
    fi
    echo "setup: installing ${missing[*]}"
    local root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "run as root, or install sudo, to install: ${missing[*]}"
        root=(sudo)
    fi
    "${root[@]}" apt-get update -q
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends "${missing[@]}"
}

toolchain() {
    command -v cargo >/dev/null || fail "cargo is missing: install Rust 1.95 or newer (https://rustup.rs)"
    # Debian 12's own node is too old for the tools, so it is not installed from there.
    command -v npm >/dev/null || fail "node or npm is missing: install Node 20.19 or newer (https://nodejs.org)"
    local node
    node=$(node -p 'process.versions.node.split(".").map(Number).slice(0, 2).join(" ")')
    set -- $node
    if [ "$1" -lt 20 ] || { [ "$1" -eq 20 ] && [ "$2" -lt 19 ]; }; then
        fail "node $1.$2 is too old: 20.19 or newer is needed (https://nodejs.org)"
    fi
}

# npm packages of a folder, if its lock file changed since they were installed.
npm_packages() {
    local folder=$1 stamp=$1/node_modules/.installed
    [ -f "$folder/package-lock.json" ] || return 0
    cmp -s "$folder/package-lock.json" "$stamp" && return
    echo "setup: npm packages of $folder"
    (cd "$folder" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --prefer-offline)
    cp "$folder/package-lock.json" "$stamp"
}

# A Python environment, if its list changed since it was made.
python_packages() {
    local list=$1 venv=$2
    cmp -s "$list" "$venv/.installed" && return
    echo "setup: Python packages of $list"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$list"
    cp "$list" "$venv/.installed"
}

toolchain
system_packages
npm_packages web
if [ "$purpose" != run ]; then
    npm_packages tests/browser
    npm_packages tests/sdk-node
    python_packages tests/requirements.txt tests/.venv
fi
if [ "$purpose" = more ]; then
    python_packages tests/sdk-more/requirements.txt tests/.venv-more
fi
