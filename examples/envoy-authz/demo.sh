#!/bin/sh
# Installs Envoy, and starts it with the authorizer and the shop's manifests. Ctrl-C ends both.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/../../target}
cache=$target/tmp
envoy=$("$here/install-envoy.sh" "$cache/tools")
cargo build --quiet --manifest-path "$here/Cargo.toml"
"$target/debug/smi-envoy-authz" "${1:-$here/../manifests/shop}" \
    --address-book "$here/addresses.txt" --debug &
authorizer=$!
"$envoy" --config-path "$here/envoy.yaml" --log-level warning &
envoy=$!
trap 'kill $authorizer $envoy 2>/dev/null' EXIT
trap 'exit 0' INT TERM
wait $envoy
