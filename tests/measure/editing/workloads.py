"""What is edited: as many lines of policies and of Python, in many files or in one, with the places where each is edited and
asked about. Same numbers, same bytes."""

import dataclasses

OPEN = 10
"""Files that the editor has open, as people have some of a large project open."""


@dataclasses.dataclass
class Workload:
    """Files of one language. The places are (line, character) of the file that is edited, all of them in ASCII."""

    language: str
    files: dict
    opened: list
    edited: str
    # A letter is put in here and taken away again: inside the use of a name.
    edit: tuple
    # A use of a name that is declared elsewhere.
    name: tuple
    # Where a value or a name is completed.
    complete: tuple
    # Between the parentheses of a call, or behind the first word of an item.
    signature: tuple
    # A file, the place of a name that it declares, and another open file that uses it; none where there is no other file.
    declared: tuple = None

    @property
    def lines(self):
        return sum(text.count("\n") for text in self.files.values())


def place(text, anchor, inside, nth=0):
    """The line and character of `inside` in the nth line that holds `anchor`, behind its first letters."""
    lines = [number for number, line in enumerate(text.split("\n")) if anchor in line]
    line = lines[nth]
    start = text.split("\n")[line].index(anchor) + anchor.index(inside)
    return line, start


POLICY_HEAD = """\
edition 2026
timezone "Europe/Zurich"
%(uses)s
type data-class = public < internal < confidential < restricted
type workload-kind = chat | code | search | batch
type region = eu | us
attribute data: data-class  from header "x-data-class"  default internal
attribute workload: workload-kind  from header "x-workload"  default chat
attribute origin: region  from header "x-origin"  default eu
attribute target.region: region
"""

POLICY_PART = """
// Team @: whom it calls, who may, and what that may cost.
// Every team has a vendor of its own; what is not routed here is answered by the company's own models.

/// Team @ in office hours.
define staff-@ = time.weekday in mon..fri and caller.groups has "team-@"

provider vendor-@ {
  protocol: openai
  url:      "https://vendor-@.example/v1"
  key:      env("VENDOR_@_KEY")
  region:   eu
  timeout:  { connect: 2s  first-token: 45s  idle: 60s }
  model large {
    supports: [chat, tools, structured-output]
    context:  128k tokens
    output:   8k tokens
    price:    $2 in, $6 out per 1M tokens
  }
  model small {
    supports: [chat]
    context:  128k tokens
    output:   4k tokens
    price:    $0.15 in, $0.6 out per 1M tokens
  }
}
group models-@ = [vendor-@/large, vendor-@/small]

approve staff-on-@: group models-@
  when staff-@
    and data <= confidential
    and (caller.app in ["ide-@", "review-bot-@"] or caller.groups has "staff-@")
  until 2099-06-30
  owner "platform"  by "security-review"  ref "SEC-@"

deny restricted-@
  when staff-@ and data is restricted and request.tokens > 100k tokens
  because "Restricted data goes to no hosted model (SEC-@)."

forbid residency-@: group models-@
  when origin is eu and not (target.region is eu or caller.id like "batch-@-*")
  because "EU data stays with EU providers (DPA @)."

flag long-@ when staff-@ and request.tokens > 50k tokens
limit rate-@: 60 requests per 1min each caller.id  when staff-@ and workload is chat
budget month-@: $500 per month each caller.team  then deny  when staff-@

// Long requests go to the large model.
route code-@ when staff-@ and workload is code  to vendor-@/large else vendor-@/small
"""

POLICY_TAIL = """
provider own {
  protocol: simulated
  region:   eu
  model base {
    supports: [chat]
    context:  128k tokens
    output:   4k tokens
    price:    $1 in, $2 out per 1M tokens
  }
}
approve everyone: own/base
route rest to own/base
otherwise deny "No route covers this request."
"""


def padded(text, lines, comment):
    """With comments up to so many lines."""
    return text + "".join(f"{comment} {number}\n" for number in range(lines - text.count("\n")))


def policy(files, lines):
    """A sound policy of so many files of so many lines each, laid out."""
    part_lines = POLICY_PART.count("\n")
    tail = POLICY_TAIL.count("\n")
    if files == 1:
        count = (lines - POLICY_HEAD.count("\n") - tail) // part_lines
    else:
        count = (files - 1) * (lines // part_lines)
    parts = [POLICY_PART.replace("@", str(number)) for number in range(count)]
    names = [f"teams/t{number:03}.route" for number in range(files - 1)]
    uses = "".join(f'use "{name}"\n' for name in names)
    head = POLICY_HEAD % {"uses": uses}
    if files == 1:
        texts = {"main.route": padded(head + "".join(parts) + POLICY_TAIL, lines, "//")}
        edited, middle = "main.route", count // 2
    else:
        each = lines // part_lines
        texts = {"main.route": padded(head + POLICY_TAIL, lines, "//")}
        for number, name in enumerate(names):
            own = "".join(parts[number * each : (number + 1) * each])
            texts[name] = padded("edition 2026\n" + own, lines, "//")
        number = len(names) // 2
        edited, middle = names[number], number * each
    text = texts[edited]
    opened = [edited] + [name for name in texts if name != edited][: OPEN - 1]
    declared = None
    if files > 1:
        declared = ("main.route", place(texts["main.route"], "type workload-kind = chat", "chat"), names[0])
    return Workload(
        "route",
        texts,
        opened,
        edited,
        place(text, f"when staff-{middle} and data is restricted", "restricted"),
        place(text, f"flag long-{middle} when staff-{middle}", f"staff-{middle}"),
        place(text, f"flag long-{middle} when staff-{middle}", f"staff-{middle}"),
        place(text, f"flag long-{middle} when", f"long-{middle}"),
        declared,
    )


PYTHON_PART = '''

LIMIT_@ = 128_000


class Vendor@:
    """Whom team @ calls, who may, and what that may cost."""

    name: str
    region: str
    limit: int

    def __init__(self, name: str, region: str, limit: int = LIMIT_@) -> None:
        self.name = name
        self.region = region
        self.limit = limit

    def fits(self, tokens: int) -> bool:
        """Whether a request is short enough."""
        return tokens <= self.limit

    def price(self, tokens: int, per_million: float) -> float:
        """What a request costs."""
        if tokens < 0:
            raise ValueError(f"{self.name}: {tokens} tokens")
        return tokens * per_million / 1_000_000


def is_staff_@(team: str, hour: int) -> bool:
    """Team @ in office hours."""
    return team == "team-@" and 8 <= hour < 19


def route_@(team: str, hour: int, tokens: int) -> str | None:
    """Long requests go to the large model."""
    vendor = Vendor@("vendor-@", "eu")
    if not is_staff_@(team, hour):
        return None
    if vendor.fits(tokens):
        return vendor.name
    return None
'''


def python(files, lines):
    """As much Python: modules that use each other's names, without a mistake."""
    part_lines = PYTHON_PART.count("\n")
    each = lines // part_lines
    texts = {}
    for number in range(files):
        text = f'"""Teams of module {number}."""\n'
        if number:
            text += f"\nfrom m{number - 1:03} import route_{(number - 1) * each}\n\nbefore = route_{(number - 1) * each}\n"
        text += "".join(
            PYTHON_PART.replace("@", str(part)) for part in range(number * each, (number + 1) * each)
        )
        texts[f"m{number:03}.py"] = padded(text, lines, "#")
    number = files // 2
    edited, middle = f"m{number:03}.py", number * each + each // 2
    text = texts[edited]
    opened = [edited] + [name for name in texts if name != edited][: OPEN - 1]
    call = f"if not is_staff_{middle}(team, hour)"
    return Workload(
        "python",
        texts,
        opened,
        edited,
        place(text, call, "team"),
        place(text, call, "is_staff"),
        place(text, call, "team"),
        place(text, call, "team"),
    )
