#!/usr/bin/env bash
# CPU time of parsing (or of `layout`) of a policy of 10,000 lines, beside a yardstick in the same process: the ratio can be compared between
# machines, the milliseconds cannot. Judges nothing.
set -eu -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-../../target/measure}
cargo run --quiet --release --locked -- time "${1:-parse}" "${2:-10000}" "${3:-50}"
