#!/usr/bin/env bash
# Counts the instructions of each stage over policies of 1,000 to 8,000 lines (callgrind: the same on every machine of a
# kind, whatever else it does). Exits 1 where a byte of the longest costs far more than one of the shortest: then the work
# grows faster than the text.
set -eu -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

LINES_OF=(1000 2000 4000 8000)
RATIO_LIMIT=1.3
# What `measure once` can run.
STAGES=(parse layout)
# Parts of the last stage, as functions (`parser::parse` hands what it finds to the tree); one that the compiler has put into its caller counts nothing and is told.
PARTS=(lexer::lex parser::parse layout::layout)

for tool in cargo valgrind awk; do
  command -v "$tool" >/dev/null 2>&1 || { echo "cannot measure: \`$tool\` is not installed" >&2; exit 2; }
done
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-../../target/measure}
cargo build --quiet --release --locked
measure=$CARGO_TARGET_DIR/release/measure

# count STAGE LINES [OPTION]…: instructions of a run that does one stage once.
count() {
  local stage=$1 lines=$2
  shift 2
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" "$measure" once "$stage" "$lines" 2>&1 >/dev/null |
    awk '/Collected :/ { print $NF; found = 1 } END { exit !found }'
}

# row NAME: numbers from standard input, `BYTES INSTRUCTIONS` a line, as a row of the table; 1 where it grows too fast.
row() {
  awk -v name="$1" -v limit="$RATIO_LIMIT" '
    { each[NR] = $2 / $1; printed = printed sprintf("%10.1f", each[NR]) }
    END {
      if (each[1] == 0) { printf "%-16s not a function of its own in this build\n", name; exit }
      ratio = each[NR] / each[1]
      is_over = (ratio > limit)
      printf "%-16s%s%12.3f%s\n", name, printed, ratio, (is_over ? "  over " limit : "")
      exit is_over
    }'
}

status=0
echo "Instructions a byte, by lines"
printf '%-16s' ""
printf '%10s' "${LINES_OF[@]}"
printf '%12s\n' "last/first"
declare -A bytes base
for lines in "${LINES_OF[@]}"; do
  bytes[$lines]=$("$measure" once text "$lines")
  # Starting up and making the text.
  base[$lines]=$(count text "$lines")
done
for part in "${PARTS[@]}"; do
  table=""
  for lines in "${LINES_OF[@]}"; do
    instructions=$(count "${STAGES[-1]}" "$lines" --toggle-collect="wayleave_grammar::$part")
    table+="${bytes[$lines]} $instructions"$'\n'
  done
  row "$part" <<<"${table%$'\n'}" || status=1
done
for stage in "${STAGES[@]}"; do
  table=""
  for lines in "${LINES_OF[@]}"; do
    instructions=$(count "$stage" "$lines")
    table+="${bytes[$lines]} $((instructions - base[$lines]))"$'\n'
  done
  row "all of $stage" <<<"${table%$'\n'}" || status=1
done
exit "$status"
