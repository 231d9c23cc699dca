/**
 * The `.route` language for editors. `route.pest` is the law: whatever it accepts, this grammar reads without an error.
 * It accepts more where an editor gains nothing from a refusal, such as `and` beside `or`, or a missing `edition`.
 *
 * A word is a keyword only where the parser expects it; everywhere else the lexer makes it a name. So the only words
 * named below as possible names are those that could be keywords in the very place where a name may stand.
 */

const IDENT = /[A-Za-z][A-Za-z0-9_]*(-+[A-Za-z0-9_]+)*/;
const DIGITS = /[0-9]+(_+[0-9]+)*/;
const DECIMAL = /[0-9]+(_+[0-9]+)*(\.[0-9]+)?/;
const DAY = /[0-9]{4}-[0-9]{2}-[0-9]{2}/;
const CLOCK = /[0-9]{2}:[0-9]{2}/;

/** Words that begin a value, and names of providers or functions all the same: `any/large`, `true("x")`. */
const VALUE_WORDS = ["any", "true", "false"];
/** Words that begin a stage, and names of providers all the same: `split/large`. */
const STAGE_WORDS = ["requested", "split", "cheapest", "fastest", "least-busy"];
/** Words that may follow a field's value, and names of a next field all the same: `tokens: 8k`. */
const FIELD_WORDS = ["model", "per", "tokens"];
/** The same after a `given` field. */
const GIVEN_WORDS = ["given", "expect", "per", "tokens", "spent", "used"];

/** A name, or one of the words that are keywords elsewhere. */
const nameOr = ($, words) => choice($.name, ...words.map((word) => alias(word, $.name)));
/** Items between commas, with one at the end if one likes. */
const listOf = (item) => seq("[", optional(seq(item, repeat(seq(",", item)), optional(","))), "]");
/** The rest of a target, right behind the provider's name. */
const targetRest = ($) =>
  seq(token.immediate("/"), field("model", choice(alias(token.immediate("*"), $.wildcard), alias($._joined_name, $.name))));
/** The rest of a dotted name. */
const dottedRest = ($) => seq(token.immediate("."), alias($._joined_name, $.name));

module.exports = grammar({
  name: "route",

  word: ($) => $._ident,

  extras: ($) => [/[ \t\r\n]/, $.doc_comment, $.comment],

  // Each needs the token after next: is it a colon, the word is the name of the next field.
  conflicts: ($) => [
    [$._scalar, $.token_count],
    [$._scalar, $.money_rate],
    [$._scalar, $.price_part],
    [$.given],
  ],

  rules: {
    source_file: ($) => repeat(choice($.edition, $._item)),

    _item: ($) =>
      choice(
        $.timezone, $.use_item, $.type_item, $.attribute, $.classify, $.define, $.alias, $.provider, $.detector,
        $.group, $.plan, $.observe, $._rule, $.limit, $.budget, $.route, $.otherwise, $.migrate, $.guarantee, $.test,
      ),

    edition: ($) => seq("edition", $.number),
    timezone: ($) => seq("timezone", $.string),
    use_item: ($) => seq("use", field("file", $.string), optional($.for_clause)),
    for_clause: ($) => seq("for", $._condition),

    // ---- Types and attributes

    type_item: ($) =>
      seq("type", field("name", $.name), "=",
        choice($.scale_shape, $.tree_shape, $.plain_shape, alias($.named_type, $.plain_shape))),

    plain_shape: ($) => seq($._first_value, repeat1(seq("|", $.name))),
    scale_shape: ($) => seq($._first_value, repeat1(seq("<", $.name))),
    tree_shape: ($) => alias($._tree_root, $.tree_branch),
    _tree_root: ($) => seq($._first_value, "{", repeat($.tree_branch), "}"),
    tree_branch: ($) => seq($.name, optional(seq("{", repeat($.tree_branch), "}"))),
    named_type: ($) => $._first_value,
    set_type: ($) => seq("set", "of", $._stated_values),
    _first_value: ($) => nameOr($, ["set"]),

    _stated_type: ($) => choice($.set_type, $._stated_values),
    _stated_values: ($) => choice($.scale_shape, $.plain_shape, $.named_type),

    attribute: ($) =>
      seq("attribute", field("name", $.attribute_name), ":", $._stated_type,
        repeat(choice($.sources_clause, $.combine_clause, $.default_clause, $.required_clause))),
    sources_clause: ($) => seq("from", $.source, repeat(seq(",", $.source))),
    source: ($) => seq(choice("credential", "claim", "header", "metadata"), $.string),
    combine_clause: ($) => seq("combine", choice("highest", "lowest", "first")),
    default_clause: ($) => seq("default", $._value),
    required_clause: (_) => "required",

    classify: ($) =>
      seq("classify", field("name", $.attribute_name), ":", $._stated_type, "{", repeat($.classify_arm), "}"),
    classify_arm: ($) =>
      choice(seq("otherwise", field("value", $.name)), seq(field("value", nameOr($, ["per"])), $.when_clause)),

    define: ($) => seq("define", field("name", $.name), "=", $._condition),
    alias: ($) => seq("alias", field("name", $.name)),

    // ---- Providers, targets and plans

    provider: ($) =>
      seq("provider", field("name", $.name), "{", repeat(choice($.model, $.field)), "}"),
    model: ($) =>
      seq("model", field("name", $.name), optional(seq("as", field("provider_name", $.string))),
        "{", repeat($.field), "}"),

    detector: ($) =>
      seq("detector", field("name", $.name),
        choice(seq("=", choice($.regex, $.list)), seq("{", repeat($.field), "}"))),

    group: ($) => seq("group", field("name", $.name), "=", $.target_list),
    plan: ($) => seq("plan", field("name", $.name), "=", $.plan_expression),

    target_path: ($) => seq(field("provider", $.name), targetRest($)),
    _value_target: ($) => seq(field("provider", nameOr($, VALUE_WORDS)), targetRest($)),
    _stage_target: ($) => seq(field("provider", nameOr($, STAGE_WORDS)), targetRest($)),
    _listed_target: ($) => seq(field("provider", nameOr($, ["any"])), targetRest($)),
    any_target: (_) => "any",
    group_ref: ($) => seq("group", field("name", $.name)),
    plan_ref: ($) => seq("plan", field("name", $.name)),
    requested: (_) => "requested",
    _target: ($) => choice(alias($._listed_target, $.target_path), $.any_target, $.group_ref),
    target_list: ($) => listOf($._target),
    _targets: ($) => choice($.target_list, $._target),

    plan_expression: ($) => seq($.stage, repeat(seq("else", $.stage))),
    stage: ($) =>
      seq(
        choice(alias($._stage_target, $.target_path), $.group_ref, $.plan_ref, $.requested, $.split, $.ordering),
        optional($.within_clause),
      ),
    within_clause: ($) => seq("within", $.duration),
    split: ($) => seq("split", optional(seq("by", $.attribute_name)), "{", repeat($.split_share), "}"),
    split_share: ($) => seq($.percent, $.target_path),
    ordering: ($) => seq(choice("cheapest", "fastest", "least-busy"), "of", $.target_list),

    // ---- Rules

    _rule: ($) =>
      choice($.approve, $.deny, $.forbid, $.redact, $.flag, $.require_approval, $.cap, $.log),
    observe: ($) => seq("observe", $._rule),

    approve: ($) =>
      seq("approve", field("name", $.name), ":", $._targets,
        repeat(choice($._term_clause, $.owner_clause, $.by_clause, $.ref_clause))),
    deny: ($) => seq("deny", field("name", $.name), repeat(choice($._term_clause, $.because_clause))),
    forbid: ($) =>
      seq("forbid", field("name", $.name), ":", $._targets, repeat(choice($._term_clause, $.because_clause))),
    redact: ($) =>
      seq("redact", field("name", $.name), ":", $.list, $.in_clause, optional($.restore_clause),
        repeat($._term_clause)),
    flag: ($) => seq("flag", field("name", $.name), repeat($._term_clause)),
    require_approval: ($) =>
      seq("require", "approval", field("name", $.name),
        repeat(choice($._term_clause, $.because_clause, $.by_clause, $.each_clause, $.valid_clause))),
    cap: ($) => seq("cap", field("name", $.name), ":", "output", $.token_count, repeat($._term_clause)),
    log: ($) =>
      seq("log", field("name", $.name), ":", choice("full", "metadata", "none"), repeat($._term_clause)),
    limit: ($) =>
      seq("limit", field("name", $.name), ":", $.rate, repeat(choice($.each_clause, $.when_clause))),
    budget: ($) =>
      seq("budget", field("name", $.name), ":", $.spending,
        repeat(choice($.each_clause, $.warn_clause, $.then_clause, $.when_clause))),

    rate: ($) => seq(choice($.request_count, $.token_count), "per", $.duration),
    spending: ($) => seq($.money, "per", choice("hour", "day", "week", "month", "quarter", "year")),

    _term_clause: ($) => choice($.when_clause, $.from_clause, $.until_clause),
    when_clause: ($) => seq("when", $._condition),
    from_clause: ($) => seq("from", $._date),
    until_clause: ($) => seq("until", $._date),
    because_clause: ($) => seq("because", $.string),
    owner_clause: ($) => seq("owner", $.string),
    by_clause: ($) => seq("by", $.string),
    ref_clause: ($) => seq("ref", $.string),
    each_clause: ($) => seq("each", $.attribute_name),
    valid_clause: ($) => seq("valid", $.duration),
    in_clause: ($) => seq("in", choice("prompt", "response", "both")),
    restore_clause: (_) => "restore",
    warn_clause: ($) => seq("warn", "at", $.percent),
    then_clause: ($) => seq("then", choice("deny", "continue")),

    // ---- Routes and migrations

    route: ($) =>
      seq("route", field("name", $.name),
        repeat(choice($.inside_clause, $.when_clause, $.to_clause, $.arms))),
    inside_clause: ($) => seq("inside", field("name", $.name)),
    arms: ($) => seq("{", repeat($.arm), "}"),
    arm: ($) => seq(choice($.when_clause, "otherwise"), choice($.to_clause, $.deny_clause)),
    deny_clause: ($) => seq("deny", $.string),
    to_clause: ($) =>
      seq("to", $.plan_expression,
        repeat(choice($.failover_clause, $.retry_clause, $.backoff_clause, $.hedge_clause, $.deadline_clause))),

    failover_clause: ($) => seq("failover", "on", $.list),
    retry_clause: ($) => seq("retry", $.number),
    backoff_clause: ($) => seq("backoff", alias($._durations, $.range)),
    _durations: ($) => seq($.duration, "..", $.duration),
    hedge_clause: ($) => seq("hedge", "after", $.duration),
    deadline_clause: ($) => seq("deadline", $.duration),

    otherwise: ($) => seq("otherwise", "deny", $.string),

    migrate: ($) =>
      seq("migrate", field("name", $.name), ":", field("old", $.target_path), "to", field("new", $.target_path),
        repeat(choice($.when_clause, $.sticky_clause, $.ramp_clause, $.shadow_clause, $.rollback_clause))),
    sticky_clause: ($) => seq("sticky", "by", $.attribute_name),
    ramp_clause: ($) => seq("ramp", "{", repeat($.ramp_step), "}"),
    ramp_step: ($) => seq($._date, $.percent),
    shadow_clause: ($) => seq("shadow", $.percent, optional($.until_clause)),
    rollback_clause: ($) =>
      seq("rollback", "over", $.duration, "when", $.rollback_test, repeat(seq("or", $.rollback_test))),
    rollback_test: ($) => choice(seq("errors", ">", $.percent), seq("first-token", ">", $.duration)),

    // ---- Guarantees and tests

    guarantee: ($) =>
      seq("guarantee", field("name", $.name), ":",
        choice($.always_claim, $.denied_claim, $.served_claim, $.at_least_claim, $.redacted_claim)),
    always_claim: ($) => seq("always", $._condition, optional($.when_clause)),
    denied_claim: ($) => seq("denied", $.when_clause),
    served_claim: ($) => seq("served", $.when_clause),
    at_least_claim: ($) => seq("at", "least", $.number, choice("providers", "models"), $.when_clause),
    redacted_claim: ($) => seq("redacted", $.list, $.when_clause),

    test: ($) => seq("test", field("name", $.string), "{", repeat(choice($.given, $._expect)), "}"),
    given: ($) => seq("given", repeat1($.given_field)),
    given_field: ($) =>
      seq(field("name", choice($.counter, alias($._given_name, $.attribute_name))), ":", field("value", $._value)),
    _given_name: ($) => seq(nameOr($, GIVEN_WORDS), repeat(dottedRest($))),

    _expect: ($) =>
      choice(
        $.expect_route, $.expect_to, $.expect_never, $.expect_deny, $.expect_otherwise, $.expect_approval,
        $.expect_limited, $.expect_redact, $.expect_flag, $.expect_shadow,
      ),
    expect_route: ($) => seq("expect", "route", field("name", $.name)),
    expect_to: ($) => seq("expect", "to", $.plan_expression),
    expect_never: ($) => seq("expect", "never", $._targets),
    expect_deny: ($) => seq("expect", "deny", field("name", $.name)),
    expect_otherwise: (_) => seq("expect", "otherwise"),
    expect_approval: ($) => seq("expect", "approval", field("name", $.name)),
    expect_limited: ($) => seq("expect", "limited", field("name", $.name)),
    expect_redact: ($) => seq("expect", "redact", $.list),
    expect_flag: ($) => seq("expect", "flag", field("name", $.name)),
    expect_shadow: ($) => seq("expect", "shadow", $.target_path),

    // ---- Conditions

    _condition: ($) => choice($.or_condition, $.and_condition, $._operand),
    or_condition: ($) => seq($._and_operand, repeat1(seq("or", $._and_operand))),
    _and_operand: ($) => choice($.and_condition, $._operand),
    and_condition: ($) => seq($._operand, repeat1(seq("and", $._operand))),
    _operand: ($) => choice($.not_condition, $.paren_condition, $.attribute_test, $.define_name),
    not_condition: ($) => seq("not", $._operand),
    paren_condition: ($) => seq("(", $._condition, ")"),
    attribute_test: ($) =>
      seq(choice($.counter, alias($._tested_name, $.attribute_name)), $.operator, field("value", $._value)),
    define_name: ($) => alias($._tested_name, $.attribute_name),
    _tested_name: ($) => seq(nameOr($, ["spent", "used"]), repeat(dottedRest($))),

    operator: (_) =>
      choice("<=", "<", ">=", ">", seq("is", optional("not")), seq("not", "in"), "in", "has", "lacks", "like", "matches"),
    counter: ($) => seq(choice("spent", "used"), "(", field("name", $.name), ")"),

    // ---- Values and fields

    _value: ($) =>
      choice(
        $.list, alias($._value_target, $.target_path), alias($._dotted_name, $.attribute_name), $.any_target,
        $.group_ref, $.range, $._scalar,
      ),
    range: ($) => seq($._scalar, "..", $._scalar),
    _scalar: ($) =>
      choice(
        alias($._word, $.name), $.string, $.regex, $.boolean, $.number, $.token_count, $.percent, $.money, $.money_rate,
        $.duration, $.date, $.instant, $.time,
      ),
    list: ($) => listOf($._value),

    field: ($) =>
      seq(field("name", nameOr($, FIELD_WORDS)), ":", field("value", choice($.block, $.call, $.price, $._value))),
    block: ($) => seq("{", repeat($.field), "}"),
    call: ($) => seq(field("function", nameOr($, VALUE_WORDS)), "(", $.string, ")"),
    price: ($) => seq($.price_part, repeat(seq(",", $.price_part)), "per", $.token_count),
    price_part: ($) => seq($.money, field("name", nameOr($, FIELD_WORDS.filter((word) => word !== "per")))),

    token_count: ($) => seq($.number, "tokens"),
    request_count: ($) => seq($.number, "requests"),
    money_rate: ($) => seq($.money, "per", $.token_count),
    boolean: (_) => choice("true", "false"),
    _date: ($) => choice($.instant, $.date),

    // ---- Names

    name: ($) => choice($._ident, $.string),
    // A name among values; a string there is a string.
    _word: ($) => $._ident,
    _joined_name: ($) => choice(token.immediate(IDENT), alias($._joined_string, $.string)),
    attribute_name: ($) => seq($.name, repeat(dottedRest($))),
    _dotted_name: ($) => seq(nameOr($, VALUE_WORDS), repeat1(dottedRest($))),

    // ---- Tokens

    _ident: (_) => IDENT,

    string: ($) => seq('"', $._string_rest),
    _joined_string: ($) => seq(token.immediate('"'), $._string_rest),
    _string_rest: ($) => seq(repeat(choice($._string_text, $.escape_sequence)), token.immediate('"')),
    // Before a comment and before blanks: `"// "` is text.
    _string_text: (_) => token.immediate(prec(1, /[^"\\\r\n]+/)),
    escape_sequence: (_) => token.immediate(/\\(["\\nt]|u\{[0-9A-Fa-f]{1,6}\})/),
    regex: (_) => /r"([^"\\\r\n]|\\[^\r\n])*"i?/,

    number: (_) => token(seq(DIGITS, optional(choice("k", "M", "Ki")))),
    percent: (_) => token(seq(DECIMAL, "%")),
    money: (_) => token(seq("$", DECIMAL)),
    duration: (_) => token(seq(DIGITS, choice("ms", "min", "s", "h", "d"))),
    date: (_) => token(DAY),
    instant: (_) =>
      token(seq(DAY, "T", CLOCK, optional(/:[0-9]{2}/), choice("Z", seq(/[+-]/, CLOCK)))),
    time: (_) => token(CLOCK),

    // Four slashes and more are a rule across the page. Both match `///`; the first one written wins.
    doc_comment: (_) => token(/\/\/\/([^\/\r\n][^\r\n]*)?/),
    comment: (_) => token(/\/\/[^\r\n]*/),
  },
});
