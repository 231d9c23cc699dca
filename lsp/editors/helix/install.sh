#!/usr/bin/env bash
# Makes Helix know Route policies: the grammar, the queries, and the language with its server, in Helix's folder of settings.
# Needs a C compiler.
set -eu -o pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
grammar=$here/../../../grammar/tree-sitter-route
settings=${XDG_CONFIG_HOME:-$HOME/.config}/helix
languages=$settings/languages.toml
begin='# wayleave: begin' end='# wayleave: end'

mkdir -p "$settings/runtime/grammars" "$settings/runtime/queries/route"
"${CC:-cc}" -shared -fPIC -O2 -I "$grammar/src" -o "$settings/runtime/grammars/route.so" "$grammar/src/parser.c"

# Helix has names of its own for some colours.
sed -e 's/@number/@constant.numeric/g' -e 's/@boolean/@constant.builtin.boolean/g' -e 's/@property/@variable.other.member/g' \
  -e 's/@module/@namespace/g' -e 's/@string\.escape/@constant.character.escape/g' \
  -e 's/@comment\.documentation/@comment.block.documentation/g' \
  "$grammar/queries/highlights.scm" >"$settings/runtime/queries/route/highlights.scm"
cp "$grammar/queries/indents.scm" "$here/textobjects.scm" "$settings/runtime/queries/route"

touch "$languages"
kept=$(sed "/^$begin\$/,/^$end\$/d" "$languages")
printf '%s\n%s\n%s\n%s\n' "$kept" "$begin" "$(cat "$here/languages.toml")" "$end" | sed '1{/^$/d}' >"$languages.new"
mv "$languages.new" "$languages"
