# The steps of ./test and .ci/run: each has a heading, a time limit and a count. Sourced, never run.

export CARGO_TERM_COLOR=never NO_COLOR=1 INSTA_UPDATE=no
passed=0 failed=0 skipped=0
output=$(mktemp)
trap 'rm -f "$output"' EXIT

# need COMMAND WHAT: stops where a tool of the machine is missing.
need() {
  command -v "$1" >/dev/null 2>&1 && return
  echo "cannot run the tests: \`$1\` is not installed; it is needed: $2" >&2
  exit 2
}

# run NAME SECONDS COMMAND…: under a heading and a time limit, the output shown and kept.
run() {
  local name=$1 seconds=$2 status
  shift 2
  printf '\n=== %s\n' "$name"
  if declare -F "$1" >/dev/null; then "$@"; else timeout --kill-after=10 "$seconds" "$@"; fi </dev/null 2>&1 | tee "$output"
  status=${PIPESTATUS[0]}
  [ "$status" -eq 124 ] && echo "--- $name took longer than $seconds seconds and was stopped"
  return "$status"
}

# tally PASSED FAILED SKIPPED STATUS NAME: adds up; a runner that fails without naming a failed test counts as one.
tally() {
  local good=${1:-0} bad=${2:-0} left=${3:-0}
  if [ "$4" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
  if [ "$4" -eq 0 ] && [ "$good" -eq 0 ]; then echo "--- $5 ran no test"; bad=$((bad + 1)); fi
  passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + left))
}

# check NAME SECONDS COMMAND…: one test, passed if the command is.
check() {
  run "$@"
  local status=$?
  if [ "$status" -eq 0 ]; then tally 1 0 0 0 "$1"; else tally 0 1 0 "$status" "$1"; fi
}

number() { sed -n "s/$1/\\1/p" "$output" | tail -n 1; }
total() { sed -n "s/$1/\\1/p" "$output" | awk '{ sum += $1 } END { print sum + 0 }'; }

count_nextest() {
  run "$@"
  local status=$?
  local line
  line=$(grep -E '^ *Summary \[' "$output" | tail -n 1)
  local good bad left
  good=$(sed -n 's/.* \([0-9][0-9]*\) passed.*/\1/p' <<<"$line")
  bad=$(sed -n 's/.* \([0-9][0-9]*\) failed.*/\1/p' <<<"$line")
  left=$(sed -n 's/.* \([0-9][0-9]*\) skipped.*/\1/p' <<<"$line")
  tally "$good" "$bad" "$left" "$status" "$1"
}

count_cargo() {
  run "$@"
  local status=$?
  local kind='^test result: .*'
  tally "$(total "$kind \([0-9][0-9]*\) passed.*")" "$(total "$kind \([0-9][0-9]*\) failed.*")" \
    "$(total "$kind \([0-9][0-9]*\) ignored.*")" "$status" "$1"
}

count_pytest() {
  run "$@"
  local status=$?
  tally "$(number '^.*\b\([0-9][0-9]*\) passed.*')" "$(number '^.*\b\([0-9][0-9]*\) failed.*')" \
    "$(number '^.*\b\([0-9][0-9]*\) skipped.*')" "$status" "$1"
}

count_node() {
  run "$@"
  local status=$?
  tally "$(number '^# pass \([0-9][0-9]*\)')" "$(number '^# fail \([0-9][0-9]*\)')" \
    "$(number '^# skipped \([0-9][0-9]*\)')" "$status" "$1"
}

# python_packages FOLDER REQUIREMENTS: installs into a folder of its own, whether or not the machine can make virtual
# environments; once for each list of requirements.
python_packages() {
  local folder=$1 requirements=$2
  cmp -s "$requirements" "$folder/requirements.txt" && return
  rm -rf "$folder"
  timeout 280 python3 -m pip install --quiet --disable-pip-version-check --no-input --target "$folder" -r "$requirements" &&
    cp "$requirements" "$folder/requirements.txt"
}

# finish: the closing line, alone and last.
finish() {
  printf '\n%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
  [ "$failed" -eq 0 ]
}
