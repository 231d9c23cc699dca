; Zed's outline: the word of the item, and its name.
(type_item "type" @context name: (_) @name) @item
(attribute "attribute" @context name: (_) @name) @item
(classify "classify" @context name: (_) @name) @item
(define "define" @context name: (_) @name) @item
(alias "alias" @context name: (_) @name) @item
(provider "provider" @context name: (_) @name) @item
(model "model" @context name: (_) @name) @item
(detector "detector" @context name: (_) @name) @item
(group "group" @context name: (_) @name) @item
(plan "plan" @context name: (_) @name) @item
(approve "approve" @context name: (_) @name) @item
(deny "deny" @context name: (_) @name) @item
(forbid "forbid" @context name: (_) @name) @item
(redact "redact" @context name: (_) @name) @item
(flag "flag" @context name: (_) @name) @item
(require_approval "require" @context "approval" @context name: (_) @name) @item
(cap "cap" @context name: (_) @name) @item
(log "log" @context name: (_) @name) @item
(limit "limit" @context name: (_) @name) @item
(budget "budget" @context name: (_) @name) @item
(route "route" @context name: (_) @name) @item
(migrate "migrate" @context name: (_) @name) @item
(guarantee "guarantee" @context name: (_) @name) @item
(test "test" @context name: (_) @name) @item
