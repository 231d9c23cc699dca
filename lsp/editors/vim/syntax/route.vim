" Syntax of Route policies. Made from grammar/route.pest. Change that file or tests/src/generated/vim.rs, then:
"   WAYLEAVE_UPDATE=1 cargo test -p wayleave-tests generated
if exists('b:current_syntax') | finish | endif
syntax case match

" Of patterns that begin at one place the last wins: names are taken whole, so `or-x` is no `or`.
syntax match routeName #\v%(r\")@![A-Za-z][0-9A-Za-z_]*%(\-+[0-9A-Za-z_]+)*#
syntax match routeAttribute #\v%(r\")@![A-Za-z][0-9A-Za-z_]*%(\-+[0-9A-Za-z_]+)*%(\.%(r\")@![A-Za-z][0-9A-Za-z_]*%(\-+[0-9A-Za-z_]+)*)+#
syntax match routeField #\v%(r\")@![A-Za-z][0-9A-Za-z_]*%(\-+[0-9A-Za-z_]+)*%(\.%(r\")@![A-Za-z][0-9A-Za-z_]*%(\-+[0-9A-Za-z_]+)*)*%(\s*:)@=#
syntax match routeClause #\v[0-9A-Za-z_./-]@1<!%(deadline|failover|rollback|backoff|because|combine|expect|inside|sticky|within|given|hedge|owner|retry|until|each|else|from|ramp|then|warn|when|for|ref|as|by|to)%(\w|-+\w|\s*:)@!#
syntax match routeOperator #\v[0-9A-Za-z_./-]@1<!%(matches|lacks|like|and|has|not|in|is|or)%(\w|-+\w|\s*:)@!#
syntax match routeItem #\v[0-9A-Za-z_./-]@1<!%(attribute|guarantee|otherwise|classify|detector|provider|timezone|approve|edition|migrate|observe|require|budget|define|forbid|redact|alias|group|limit|route|deny|flag|plan|type|cap|log|use)%(\w|-+\w|\s*:)@!#
syntax match routeItem #\v[0-9A-Za-z_./-]@1<!test%(\s*\")@=#
syntax match routeWord #\v%(^\s*|%(\w)@40<=\s+|%([)*\]}"%])@40<=\s*)%(shadow)%(\w|-+\w|\s*:)@!%(\s*%("|[0-9]|[A-Za-z]|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%(\w)@40<=\s+|%([*\]"%])@40<=\s*)%(default)%(\w|-+\w|\s*:)@!%(\s*%("|[0-9]|[A-Za-z]|\$|\[|r"|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%(\w)@40<=\s+|%([*\]"%])@40<=\s*)%(required)%(\w|-+\w|\s*:)@!%(\s*%([a-z]|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%(\w)@40<=\s+|%([)*\]{}"%])@40<=\s*)%(model)%(\w|-+\w|\s*:)@!%(\s*%("|[A-Za-z]|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%(\w)@40<=\s+|%([)*\]"%])@40<=\s*)%(valid)%(\w|-+\w|\s*:)@!%(\s*%([0-9]|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%(<at)@40<=\s+)%(least)%(\w|-+\w|\s*:)@!%(\s*%([0-9]|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%(<both|<prompt|<response)@40<=\s+)%(restore)%(\w|-+\w|\s*:)@!%(\s*%([a-z]|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%(<cheapest|<fastest|<least\-busy|<set)@40<=\s+)%(of)%(\w|-+\w|\s*:)@!%(\s*%("|[A-Za-z]|\[|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%(<combine)@40<=\s+)%(highest|lowest|first)%(\w|-+\w|\s*:)@!%(\s*%([a-z]|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%(<else|<to)@40<=\s+|%([=])@40<=\s*)%(split)%(\w|-+\w|\s*:)@!%(\s*%(%(by)>|\{|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%(<else|<to)@40<=\s+|%([=])@40<=\s*)%(least\-busy|cheapest|fastest)%(\w|-+\w|\s*:)@!%(\s*%(%(of)>|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%(<expect)@40<=\s+)%(never)%(\w|-+\w|\s*:)@!%(\s*%("|[A-Za-z]|\[|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%(<expect)@40<=\s+)%(limited)%(\w|-+\w|\s*:)@!%(\s*%("|[A-Za-z]|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%(<expect|<require)@40<=\s+)%(approval)%(\w|-+\w|\s*:)@!%(\s*%("|[A-Za-z]|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%(<failover)@40<=\s+)%(on)%(\w|-+\w|\s*:)@!%(\s*%(\[|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%(<from)@40<=\s+|%([,])@40<=\s*)%(credential|header|claim)%(\w|-+\w|\s*:)@!%(\s*%("|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%(<from)@40<=\s+|%([,:])@40<=\s*)%(metadata)%(\w|-+\w|\s*:)@!%(\s*%("|[a-z]|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%(<hedge)@40<=\s+)%(after)%(\w|-+\w|\s*:)@!%(\s*%([0-9]|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%(<in)@40<=\s+)%(response|prompt|both)%(\w|-+\w|\s*:)@!%(\s*%([a-z]|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%(<or|<when)@40<=\s+)%(first\-token|errors)%(\w|-+\w|\s*:)@!%(\s*%(\>|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%(<rollback)@40<=\s+)%(over)%(\w|-+\w|\s*:)@!%(\s*%([0-9]|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%(<then)@40<=\s+)%(continue)%(\w|-+\w|\s*:)@!%(\s*%([a-z]|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%(<warn)@40<=\s+|%([:])@40<=\s*)%(at)%(\w|-+\w|\s*:)@!%(\s*%(%(least)>|[0-9]|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%([:])@40<=\s*)%(full|none)%(\w|-+\w|\s*:)@!%(\s*%([a-z]|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%([:])@40<=\s*)%(always)%(\w|-+\w|\s*:)@!%(\s*%("|[A-Za-z]|\(|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%([:])@40<=\s*)%(set)%(\w|-+\w|\s*:)@!%(\s*%(%(of)>|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%([:])@40<=\s*)%(denied|served)%(\w|-+\w|\s*:)@!%(\s*%(%(when)>|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%([:])@40<=\s*)%(redacted)%(\w|-+\w|\s*:)@!%(\s*%(\[|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%([:])@40<=\s*)%(output)%(\w|-+\w|\s*:)@!%(\s*%([0-9]|\/\/|$))@=#
syntax match routeWord #\v%(^\s*|%([0-9]|[0-9][kM]|[0-9]Ki)@40<=\s+)%(providers|models)%(\w|-+\w|\s*:)@!%(\s*%(%(when)>|\/\/|$))@=#
syntax match routeUnit #\v%(^\s*|%(<per)@40<=\s+)%(quarter|month|hour|week|year|day)%(\w|-+\w|\s*:)@!%(\s*%([a-z]|\/\/|$))@=#
syntax match routeUnit #\v%(^\s*|%(\w)@40<=\s+|%(["])@40<=\s*)%(per)%(\w|-+\w|\s*:)@!%(\s*%(%(quarter|month|hour|week|year|day)>|[0-9]|\/\/|$))@=#
syntax match routeUnit #\v%(^\s*|%([0-9]|[0-9][kM]|[0-9]Ki)@40<=\s+)%(tokens)%(\w|-+\w|\s*:)@!%(\s*%("|[A-Za-z]|[a-z]|\)|\,|\.\.|\]|\{|\}|\/\/|$))@=#
syntax match routeUnit #\v%(^\s*|%([0-9]|[0-9][kM]|[0-9]Ki)@40<=\s+)%(requests)%(\w|-+\w|\s*:)@!%(\s*%(%(per)>|\/\/|$))@=#
syntax match routeConstant #\v%(^\s*|%(<default|<has|<in|<is|<lacks|<like|<matches|<never|<not)@40<=\s+|%([,:<=>[])@40<=\s*)%(any)%(\w|-+\w|\s*:)@!%(\s*%("|[A-Za-z]|[a-z]|\)|\,|\]|\{|\}|\/\/|$))@=#
syntax match routeConstant #\v%(^\s*|%(<default|<has|<in|<is|<lacks|<like|<matches|<not)@40<=\s+|%(\.\.|[,:<=>[])@40<=\s*)%(false|true)%(\w|-+\w|\s*:)@!%(\s*%("|[A-Za-z]|[a-z]|\)|\,|\.\.|\]|\{|\}|\/\/|$))@=#
syntax match routeConstant #\v%(^\s*|%(<else|<to)@40<=\s+|%([=])@40<=\s*)%(requested)%(\w|-+\w|\s*:)@!%(\s*%([a-z]|\{|\}|\/\/|$))@=#
syntax match routeFunction #\v%(^\s*|%(\w)@40<=\s+|%([(*=\]"%])@40<=\s*)%(spent|used)%(\w|-+\w|\s*:)@!%(\s*%(\(|\/\/|$))@=#
syntax match routeField #\v%(\$[0-9]+%(_+[0-9]+)*%(\.[0-9]+)?%(%([0-9A-Za-z_]|\%|[.:+\-][0-9A-Za-z_]))@!\s+)@60<=%(matches|lacks|like|has|not|in|is)>#
syntax match routeTarget #\v%(r\")@![A-Za-z][0-9A-Za-z_]*%(\-+[0-9A-Za-z_]+)*\/%(\*|%(r\")@![A-Za-z][0-9A-Za-z_]*%(\-+[0-9A-Za-z_]+)*|\")@=#

syntax match routeNumber #\v\w@1<![0-9]+%(_+[0-9]+)*%(%(k|M|Ki))?%(%([0-9A-Za-z_]|\%|[.:+\-][0-9A-Za-z_]))@!#
syntax match routeNumber #\v\w@1<!\$[0-9]+%(_+[0-9]+)*%(\.[0-9]+)?%(%([0-9A-Za-z_]|\%|[.:+\-][0-9A-Za-z_]))@!#
syntax match routeNumber #\v\w@1<![0-9]+%(_+[0-9]+)*%(\.[0-9]+)?\%#
syntax match routeNumber #\v\w@1<![0-9]+%(_+[0-9]+)*%(ms|min|s|h|d)%(%([0-9A-Za-z_]|\%|[.:+\-][0-9A-Za-z_]))@!#
syntax match routeNumber #\v\w@1<![0-9]{2}\:[0-9]{2}%(%([0-9A-Za-z_]|\%|[.:+\-][0-9A-Za-z_]))@!#
syntax match routeNumber #\v\w@1<![0-9]{2}[0-9]{2}\-[0-9]{2}\-[0-9]{2}%(%([0-9A-Za-z_]|\%|[.:+\-][0-9A-Za-z_]))@!#
syntax match routeNumber #\v\w@1<![0-9]{2}[0-9]{2}\-[0-9]{2}\-[0-9]{2}T[0-9]{2}\:[0-9]{2}%(\:[0-9]{2})?%(Z|[+\-][0-9]{2}\:[0-9]{2})%(%([0-9A-Za-z_]|\%|[.:+\-][0-9A-Za-z_]))@!#
syntax match routeEscape contained #\v\\%(\"|\\|n|t|u\{[0-9A-Fa-f]{1,6}\})#
syntax region routeString start=+"+ skip=+\\.+ end=+"+ oneline contains=routeEscape
syntax region routeRegex start=+\<r"+ skip=+\\.+ end=+"i\?+ oneline
syntax match routeComment +//.*$+ contains=@Spell
syntax match routeDocComment +^\s*///\%(/\)\@!.*$+ contains=@Spell

highlight default link routeItem Statement
highlight default link routeClause Keyword
highlight default link routeOperator Operator
highlight default link routeWord Keyword
highlight default link routeUnit Type
highlight default link routeConstant Constant
highlight default link routeFunction Function
highlight default link routeAttribute Identifier
highlight default link routeField Identifier
highlight default link routeTarget Special
highlight default link routeNumber Number
highlight default link routeString String
highlight default link routeRegex String
highlight default link routeEscape SpecialChar
highlight default link routeComment Comment
highlight default link routeDocComment SpecialComment

let b:current_syntax = 'route'
