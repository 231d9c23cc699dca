#!/usr/bin/env bash
# Neovim 0.10 and Helix 25.01 as Debian 13 has them, below target/editors/trixie: wrappers in its `run` start them with the
# libraries they were made with. Needs debootstrap, and to be root.
set -eu -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
folder=$PWD/target/editors/trixie
[ -f "$folder/run/complete" ] && exit

rm -rf "$folder"
mkdir -p "$(dirname "$folder")"
debootstrap --variant=minbase trixie "$folder" >"$folder.log"
chroot "$folder" sh -eu -c '
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends neovim hx
' >>"$folder.log"

mkdir -p "$folder/run"
wrapper() {
  printf '#!/bin/sh\n%s\nexec "%s" --library-path "%s" "%s" %s "$@"\n' \
    "$3" "$folder/usr/lib64/ld-linux-x86-64.so.2" "$folder/usr/lib/x86_64-linux-gnu" "$folder/$2" "$4" >"$folder/run/$1"
  chmod +x "$folder/run/$1"
}
wrapper nvim usr/bin/nvim "export VIMRUNTIME='$folder/usr/share/nvim/runtime'" "--cmd 'set runtimepath+=$folder/usr/lib/nvim'"
wrapper hx usr/lib/hx/hx "export HELIX_RUNTIME='$folder/usr/lib/hx/runtime'" ""
touch "$folder/run/complete"
