; The captures of Helix (indent, outdent), Zed (indent, end) and Neovim (indent.begin, indent.end, indent.branch) side by
; side: each editor passes over the words that it does not know.
(_ "{" "}" @end) @indent @indent.begin
(_ "[" "]" @end) @indent @indent.begin
(_ "(" ")" @end) @indent @indent.begin

[ "}" "]" ")" ] @outdent @indent.end @indent.branch
