#!/usr/bin/env bash
# Looks for texts that break a promise (libFuzzer), on stable Rust without a sanitizer: no code of ours is unsafe, and
# overflow checks and debug assertions are on. README.md says what to do with what it finds.
set -u -o pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")

usage() {
  echo "usage: fuzz/run.sh TARGET SECONDS [OPTION OF LIBFUZZER]…   looks for so long, or until something is found"
  echo "       fuzz/run.sh TARGET keep                             keeps what all runs found in tests/suite/fuzz"
  echo "Targets: $(cd "$here/fuzz_targets" && basename -s .rs -a -- *.rs | paste -sd ' ')"
}
if [ "$#" -lt 2 ] || [ ! -f "$here/fuzz_targets/$1.rs" ]; then usage >&2; exit 2; fi
target=$1 seconds=$2
shift 2

for tool in cargo c++ python3; do
  command -v "$tool" >/dev/null 2>&1 || { echo "cannot fuzz: \`$tool\` is not installed" >&2; exit 2; }
done

# Everything made on the way lies here; `keep` takes out what stays.
work=${CARGO_TARGET_DIR:-$root/target}/fuzz
export PATH=$work/tools/bin:$PATH
cargo fuzz --version >/dev/null 2>&1 ||
  CARGO_TARGET_DIR=$work/tools/target cargo install --quiet --locked --version 0.13.2 --root "$work/tools" cargo-fuzz || exit 2

corpus=$work/corpus/$target
mkdir -p "$corpus" "$work/found/$target"
options=(--fuzz-dir "$here" --target-dir "$work/build" --sanitizer none)
# A text that takes ten seconds is a finding. In 4 KiB there is room for every limit of the grammar: 256 levels, 100 mistakes.
limits=(-timeout=10 -rss_limit_mb=2048 -max_len=4096)

if [ "$seconds" = keep ]; then
  rm -rf "$corpus.least"
  mkdir "$corpus.least"
  # The fewest texts that take all branches, however often: a twentieth of the corpus, and all of the code it reaches.
  cargo fuzz run "${options[@]}" "$target" "$corpus.least" "$corpus" -- "${limits[@]}" \
    -set_cover_merge=1 -use_counters=0 || exit
  python3 "$here/corpus.py" pack "$target" "$corpus.least"
  exit
fi

python3 "$here/corpus.py" gather "$target" "$corpus" || exit
cargo fuzz run "${options[@]}" "$target" "$corpus" -- "${limits[@]}" -max_total_time="$seconds" \
  -dict="$here/route.dict" -artifact_prefix="$work/found/$target/" -print_final_stats=1 "$@"
