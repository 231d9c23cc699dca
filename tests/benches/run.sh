#!/usr/bin/env bash
# Measures decisions beside the engines that people decide with today, and writes docs/measurements/decisions.md.
#   --quick  small policies and few requests, to see that everything works; writes no page
set -eu -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-../../target/benches}
cargo build --release --locked --quiet
exec "$CARGO_TARGET_DIR/release/wayleave-benches" "$@"
