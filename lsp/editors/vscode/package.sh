#!/usr/bin/env bash
# Packages the extension: package.sh FILE.vsix [BINARY TARGET]
# With a binary of `wayleave`, for one platform of VS Code (such as linux-x64), the package brings it along. Needs Node 20 or
# later, and the network for `npm ci` alone.
set -eu -o pipefail
if [ $# -ne 1 ] && [ $# -ne 3 ]; then
  sed -n 2p "${BASH_SOURCE[0]}" | cut -c3- >&2
  exit 2
fi
file=$(realpath -m "$1") given=()
if [ $# -eq 3 ]; then binary=$(realpath -e "$2") given=(--target "$3"); fi
cd "$(dirname "${BASH_SOURCE[0]}")"

# Once for each lock file.
if ! cmp -s package-lock.json node_modules/installed-lock.json; then
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/installed-lock.json
fi
staged=$(mktemp -d)
trap 'rm -rf "$staged"' EXIT
npm run --silent check
npm run --silent bundle -- --outfile="$staged/dist/extension.js" --log-level=warning
# What has its place elsewhere in the tree is not kept twice.
cp ../textmate/route.tmLanguage.json "$staged/dist"
cp ../../../LICENSE package.json README.md language-configuration.json snippets.json "$staged"
if [ $# -eq 3 ]; then
  mkdir "$staged/server"
  case $3 in win32-*) name=wayleave.exe ;; *) name=wayleave ;; esac
  install -m 755 "$binary" "$staged/server/$name"
fi
mkdir -p "$(dirname "$file")"
vsce=$PWD/node_modules/.bin/vsce
cd "$staged"
"$vsce" package --no-dependencies --skip-license --allow-missing-repository "${given[@]}" --out "$file"
