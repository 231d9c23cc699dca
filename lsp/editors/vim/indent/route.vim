" Indentation of Route policies. Made from grammar/route.pest. Change that file or tests/src/generated/vim.rs, then:
"   WAYLEAVE_UPDATE=1 cargo test -p wayleave-tests generated
if exists('b:did_indent') | finish | endif
let b:did_indent = 1

setlocal expandtab shiftwidth=2
setlocal indentexpr=GetRouteIndent(v:lnum)
setlocal indentkeys=0},0],0),o,O,!^F
let b:undo_indent = 'setlocal expandtab< shiftwidth< indentexpr< indentkeys<'

if exists('*GetRouteIndent') | finish | endif

" In brackets, one step more than the line that opens them; outside, items and comments have none, and clauses one step.
function GetRouteIndent(lnum) abort
  call cursor(a:lnum, 1)
  let Other = {-> synIDattr(synID(line('.'), col('.'), 0), 'name') =~# 'String\|Regex\|Escape\|Comment'}
  let open = searchpair('[[{(]', '', '[]})]', 'bnW', Other)
  let own = getline(a:lnum)
  if open > 0
    return indent(open) + (own =~# '^\s*[]})]' ? 0 : shiftwidth())
  endif
  return own =~# '\v^\s*%(attribute|guarantee|otherwise|classify|detector|provider|timezone|approve|edition|migrate|observe|require|budget|define|forbid|redact|alias|group|limit|route|deny|flag|plan|test|type|cap|log|use)%(\w|-+\w|\s*:)@!' || own =~# '^\s*\%(//\|$\)' ? 0 : shiftwidth()
endfunction
