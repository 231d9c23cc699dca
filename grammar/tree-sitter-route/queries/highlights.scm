; Every token has one colour, and no pattern depends on the order of another: editors differ in which one would win.

; ---- Comments and literals

(comment) @comment
(doc_comment) @comment.documentation
(string) @string
(escape_sequence) @string.escape
(regex) @string.regexp
(boolean) @boolean
[ (number) (percent) (money) (duration) (date) (instant) (time) ] @number

; ---- Names, by what they stand for

(type_item name: (name) @type)
(named_type (name) @type)
(plain_shape (name) @constant)
(scale_shape (name) @constant)
(tree_branch (name) @constant)
(classify_arm value: (name) @constant)

(attribute_name (name) @variable)
(define name: (name) @variable)
(counter name: (name) @variable)

(provider name: (name) @module)
(target_path provider: (name) @module)
(model name: (name) @constant)
(target_path model: (name) @constant)
(alias name: (name) @constant)

(field name: (name) @property)
(price_part name: (name) @property)
(call function: (name) @function.builtin)

(detector name: (name) @function)
(group name: (name) @function)
(group_ref name: (name) @function)
(plan name: (name) @function)
(plan_ref name: (name) @function)
(approve name: (name) @function)
(deny name: (name) @function)
(forbid name: (name) @function)
(redact name: (name) @function)
(flag name: (name) @function)
(require_approval name: (name) @function)
(cap name: (name) @function)
(log name: (name) @function)
(limit name: (name) @function)
(budget name: (name) @function)
(route name: (name) @function)
(inside_clause name: (name) @function)
(migrate name: (name) @function)
(guarantee name: (name) @function)
(expect_route name: (name) @function)
(expect_deny name: (name) @function)
(expect_approval name: (name) @function)
(expect_limited name: (name) @function)
(expect_flag name: (name) @function)

; Named values.
(attribute_test value: (name) @constant)
(default_clause (name) @constant)
(given_field value: (name) @constant)
(field value: (name) @constant)
(list (name) @constant)
(range (name) @constant)

; ---- Words

[ (any_target) (requested) (wildcard) ] @constant.builtin
[ (required_clause) (restore_clause) ] @keyword
(counter [ "spent" "used" ] @function.builtin)
(operator [ "is" "not" "in" "has" "lacks" "like" "matches" ] @keyword.operator)
(and_condition "and" @keyword.operator)
(or_condition "or" @keyword.operator)
(not_condition "not" @keyword.operator)
(rollback_clause "or" @keyword.operator)
(in_clause "in" @keyword)

; keywords, from route.pest

; What begins an item.
[
  "alias" "approve" "attribute" "budget" "cap" "classify" "define" "deny" "detector" "edition" "flag" "forbid"
  "group" "guarantee" "limit" "log" "migrate" "observe" "otherwise" "plan" "provider" "redact" "require"
  "route" "test" "timezone" "type" "use"
] @keyword

; Clauses, and the words within these.
[
  "after" "always" "approval" "as" "at" "backoff" "because" "both" "by" "cheapest" "claim" "combine"
  "continue" "credential" "day" "deadline" "default" "denied" "each" "else" "errors" "expect" "failover"
  "fastest" "first" "first-token" "for" "from" "full" "given" "header" "hedge" "highest" "hour" "inside"
  "least" "least-busy" "limited" "lowest" "metadata" "model" "models" "month" "never" "none" "of" "on"
  "output" "over" "owner" "per" "prompt" "providers" "quarter" "ramp" "redacted" "ref" "requests" "response"
  "retry" "rollback" "served" "set" "shadow" "split" "sticky" "then" "to" "tokens" "until" "valid" "warn"
  "week" "when" "within" "year"
] @keyword
; end of keywords

; ---- Signs

(operator [ "<" "<=" ">" ">=" ] @operator)
(rollback_test ">" @operator)
(scale_shape "<" @operator)
[ "=" ".." "|" ] @operator
[ "," ":" "." "/" ] @punctuation.delimiter
[ "{" "}" "[" "]" "(" ")" ] @punctuation.bracket
