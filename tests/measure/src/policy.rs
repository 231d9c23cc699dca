//! A policy of any length, like those that people write and `fmt` lays out: the same items again and again under other
//! names. Same length, same bytes.

use std::fmt::Write;

/// What stands once, at the start.
const HEAD: &str = "\
edition 2026
timezone \"Europe/Zurich\"

type data-class = public < internal < confidential < restricted
attribute data: data-class
  from credential \"data_class\", header \"x-data-class\"  combine highest  default internal
";

/// What is repeated; `@` is the number of the repetition.
const PART: &str = "
provider vendor-@ {
  protocol: openai
  url:      \"https://vendor-@.example/v1\"
  key:      env(\"VENDOR_@_KEY\")  // each vendor has a key of its own
  timeout:  { connect: 2s  first-token: 45s  idle: 60s }
  model large as \"large-2411\" {
    supports: [chat, tools, structured-output]
    context:  128k tokens
    output:   8k tokens
    price:    $2 in, $6 out per 1M tokens
  }
  model \"small-4.1\" {
    supports: [chat]
    context:  32k tokens
    output:   4k tokens
    price:    $0.15 in, $0.6 out per 1M tokens
  }
}
group models-@ = [vendor-@/*, vendor-0/large]
plan chat-@ = vendor-@/large within 20s else vendor-@/\"small-4.1\" within 30s

/// Who works in office hours, from a team that pays.
define staff-@ = time.weekday in mon..fri and time.of-day in 08:00..19:00 and caller.team in team-@

approve staff-on-@: group models-@
  when staff-@
    and data <= confidential
    and (caller.app in [\"ide\", \"review-bot-@\"] or caller.groups has \"staff\")
  until 2027-06-30
  owner \"ml-platform\"  by \"security-review\"  ref \"SEC-@\"

deny restricted-@
  when data is restricted and request.model is model-@
  because \"Restricted data goes to no hosted model (SEC-@).\"

forbid residency-@: [vendor-@/large, group models-@]
  when origin is eu and not (target.region is eu or caller.id like \"batch-*\")
  because \"EU data stays with EU providers (DPA §@).\"

limit rate-@: 60 requests per 1min each caller.id  when workload is chat
budget month-@: $500 per month each caller.team  warn at 80%  then deny

// Long requests go to the large model.
route code-@ when workload is code-@ {
  when request.tokens > 100k tokens  to vendor-@/large within 60s
  otherwise  to split by caller.id { 90% vendor-@/large  10% vendor-0/large } else plan chat-@
}

guarantee served-@: served when workload is code-@ and request.window <= 128k tokens
test \"code @ is served\" {
  given caller.team: team-@  data: internal  time.now: 2026-12-09
  expect route code-@
}
";

/// A policy of so many lines without a mistake of form: whole parts, and aliases for the lines that are left. Nothing of
/// fewer lines than stand at the start.
pub fn of_lines(lines: usize) -> String {
    let (head, part) = (HEAD.lines().count(), PART.lines().count());
    let Some(left) = lines.checked_sub(head) else { return String::new() };
    let mut text = HEAD.to_owned();
    for number in 0..left / part {
        text.push_str(&PART.replace('@', &number.to_string()));
    }
    for number in 0..left % part {
        let _ = writeln!(text, "alias spare-{number}");
    }
    text
}
