"""What a soak has shown: whether anything was wrong, line by line, and its figures, as Markdown."""

import collections
import contextlib
import dataclasses
import pathlib
import re
import sqlite3
import statistics

from .callers import REFUSALS
from .callers import WEIGHTS as KINDS
from .provider import STALLED, WEIGHTS

# Between the middles of the first and the last third lie two thirds of the requests, at the standard rate and time some 160,000: more
# than this is a hundred bytes of each that nobody gives back. Below it lies what an allocator does under bodies of a megabyte.
GROWTH_MIB = 16

# The store opens up to four connections when it needs them, each with a database, its log and its index.
STORE_FILES = 12

# Why a target served, in the log's words: what the routes of the policy are for.
WAYS = {"alias", "failover", "passed_over", "hedge", "measured"}

# Of what was wrong, so many are shown.
SHOWN = 10

ROWS = 6


@dataclasses.dataclass(slots=True)
class Run:
    """What a soak leaves to be judged."""

    minutes: float
    # On the clock of the samples.
    began: float
    # Each as `Gateway.sample` says, with the requests `asked` so far and those `running`.
    samples: list
    # Before the first request, and when all was quiet again.
    begin: dict
    end: dict
    # The status and the words of `/readyz` at the end.
    ready: tuple
    # The exit status behind SIGTERM, or words.
    status: object
    errors: list
    # Texts of the policy that were saved, and which of them did not come into force.
    saved: int
    unseen: list
    store: pathlib.Path
    exchanges: list
    not_sent: int
    # By target and what it did.
    did: collections.Counter


@dataclasses.dataclass(slots=True)
class Kept:
    """What the log has of a request."""

    identity: str
    outcome: str
    status: int
    # At targets that are there.
    attempts: int
    chosen: str


class Verdict:
    def __init__(self):
        self.lines, self.has_failed = [], False

    def say(self, name, wrongs, fine):
        """`fine` where there are no `wrongs`, of which the first are shown."""
        if wrongs:
            self.has_failed = True
            shown = "".join(f"\n    - {wrong}" for wrong in wrongs[:SHOWN])
            self.lines.append(f"- {name}: FAILED, {len(wrongs)} times{shown}")
        else:
            self.lines.append(f"- {name}: ok, {fine}")


def records(store):
    """What the log has, by the number of the request, and a line on each record that is of no request of ours."""
    found, strangers = collections.defaultdict(list), []
    absent = "(SELECT count(*) FROM json_each(record, '$.attempts') WHERE json_extract(value, '$.target') = 'gone/small')"
    # A record leaves out what is usual.
    fields = f"id, outcome, coalesce(json_extract(record, '$.status'), 200), attempts - {absent}, json_extract(record, '$.chosen')"
    with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as log:
        for request, *kept in log.execute(f"SELECT json_extract(record, '$.caller_request_id'), {fields} FROM decisions"):
            number = re.fullmatch(r"soak-(\d+)", request or "")
            if number:
                found[int(number[1])].append(Kept(*kept))
            else:
                strangers.append(f"the record {kept[0]} ({kept[1]}) is of no request of ours")
    return found, strangers


def judge_records(exchanges, found):
    """Each answered request has one record, which tells the same; one whose caller has left has one at most, and so has one
    without a key, of which the gateway records some.

    What is wrong, and how many of those who left and of those without a key have none.
    """
    wrongs, unread, unrecorded = [], 0, 0
    for exchange in exchanges:
        kept = found.get(exchange.number, [])
        told = f"request {exchange.number} ({exchange.kind}, {exchange.status}, {exchange.ending or exchange.wrong})"
        if exchange.ending == "left":
            unread += not kept
            if len(kept) > 1:
                wrongs.append(f"{told} has {len(kept)} records")
        elif exchange.kind == "stranger" and not kept:
            unrecorded += 1
        elif len(kept) != exchange.is_recorded:
            wrongs.append(f"{told} has {len(kept)} records")
        elif kept and not exchange.wrong and not tells_the_same(exchange, kept[0]):
            wrongs.append(f"{told}, decision {exchange.decision}: the record {kept[0].identity} has {kept[0].status} and {kept[0].outcome}")
    return wrongs, unread, unrecorded


def tells_the_same(exchange, kept):
    is_same = kept.identity == exchange.decision and kept.status == exchange.status
    return is_same and (kept.outcome == "ok") == (exchange.ending == "whole") and kept.outcome != "internal"


def judge_memory(run):
    """What is wrong, and the figures."""
    behind = [sample["mib"] for sample in run.samples if sample["at"] - run.began > run.minutes * 6]
    third = len(behind) // 3
    if third == 0:
        return ["the process was not seen for long enough"], ""
    first, last = statistics.median(behind[:third]), statistics.median(behind[-third:])
    told = f"{first:.1f} MiB in the first third, {last:.1f} MiB in the last; at most {max(sample['mib'] for sample in run.samples):.1f} MiB"
    return ([told] if last - first > GROWTH_MIB else []), told


def judge_process(run, verdict):
    verdict.say("memory", *judge_memory(run))
    begin, end = run.begin, run.end
    told = f"{begin['sockets']} sockets and {begin['others']} others at the start, {end['sockets']} and {end['others']} at the end"
    is_fine = end["sockets"] <= begin["sockets"] and end["others"] <= begin["others"] + STORE_FILES
    verdict.say("handles", [] if is_fine else [told], told)
    wrongs = [] if run.ready[0] == 200 else [f"`/readyz` says {run.ready[0]}: {run.ready[1]}"]
    verdict.say("alive", wrongs + ([] if run.status == 0 else [f"it ended so: {run.status}"]), "ready at the end, and ended with 0")
    verdict.say("errors", run.errors, "standard error is empty")
    verdict.say("reloads", run.unseen or ([] if run.saved else ["none was saved"]), f"{run.saved} texts came into force")


def gaps(run, found):
    """What this run has not shown, though it is there to."""
    wrongs = [f"{target} never did `{ill}`" for target, ills in WEIGHTS.items() for ill in ills if not run.did[target, ill]]
    wrongs += [f"no caller of the kind `{kind}`" for kind in sorted({*KINDS, *REFUSALS} - {"refused"} - {one.kind for one in run.exchanges})]
    return wrongs + [f"no target served for the reason `{way}`" for way in sorted(WAYS - {kept[0].chosen for kept in found.values()})]


def judge(run):
    """All that is judged, and the figures, as lines; and whether something failed."""
    verdict = Verdict()
    found, strangers = records(run.store)
    wrongs = [f"request {one.number} ({one.kind}): {one.wrong}" for one in run.exchanges if one.wrong]
    verdict.say("answers", wrongs, f"{len(run.exchanges)} requests")
    wrongs, unread, unrecorded = judge_records(run.exchanges, found)
    verdict.say("records", wrongs, f"{len(found)} records; {unread} callers left before the gateway had their request, and have none")
    log = run.ready[1].get("log", {})
    wrongs = [] if log.get("lost") == 0 else [f"`/readyz` says that {log.get('lost')} were lost"]
    if log.get("unrecorded") != unrecorded:
        wrongs.append(f"{unrecorded} without a key have no record, and `/readyz` says {log.get('unrecorded')}")
    verdict.say("log", strangers + wrongs, f"nothing lost; {unrecorded} without a key were counted and not recorded")
    attempts, calls = sum(kept[0].attempts for kept in found.values()), sum(run.did.values()) - run.did[STALLED]
    told = f"{calls} calls, {attempts} attempts in the log"
    verdict.say("calls", [told] if calls > attempts else [], told)
    judge_process(run, verdict)
    stalled = [f"{run.did[STALLED]} stalled calls were not ended"] if run.did[STALLED] else []
    verdict.say("faults", gaps(run, found) + stalled, "each was met")
    return [*verdict.lines, "", *table(run), *figures(run, found)], verdict.has_failed


def table(run):
    """The run in rows of the same time."""
    lines = [
        "| minutes | requests | CPU µs a request | memory MiB, median | most | sockets, most | other handles | threads | in flight |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    width = run.minutes * 60 / ROWS
    for row in range(ROWS):
        places = [place for place, sample in enumerate(run.samples) if row * width <= sample["at"] - run.began < (row + 1) * width]
        if not places:
            continue
        within = run.samples[places[0] : places[-1] + 1]
        # Counted from the last sample of the row before, so that no request falls between.
        before = run.samples[max(0, places[0] - 1)]
        asked = within[-1]["asked"] - before["asked"]
        cpu = (within[-1]["cpu"] - before["cpu"]) * 1e6 / max(1, asked)
        mib = [sample["mib"] for sample in within]
        most = [str(max(sample[name] for sample in within)) for name in ("sockets", "others", "threads", "running")]
        time = f"{row * width / 60:.3g} to {(row + 1) * width / 60:.3g}"
        lines.append(f"| {time} | {asked} | {cpu:.0f} | {statistics.median(mib):.1f} | {max(mib):.1f} | {' | '.join(most)} |")
    return lines


def figures(run, found):
    seen = (f"{one.status} {one.ending}" if one.status else one.ending or "nothing" for one in run.exchanges)
    ills = collections.Counter()
    for (target, ill), count in run.did.items():
        if target:
            ills[ill] += count
    took = sorted(one.took_ms for one in run.exchanges if one.ending == "whole" and one.kind in ("chat", "messages"))
    lines = [
        counts("What callers saw", collections.Counter(seen)),
        counts("Kinds of callers", collections.Counter(one.kind for one in run.exchanges)),
        counts("Outcomes in the log", collections.Counter(kept[0].outcome for kept in found.values())),
        counts("Why a target served", collections.Counter(kept[0].chosen for kept in found.values() if kept[0].chosen)),
        counts("What the provider did", ills),
    ]
    if took:
        half, most = took[len(took) // 2], took[len(took) * 99 // 100]
        lines.append(f"Of chats that were answered whole, half took up to {half:.0f} ms, 99 % up to {most:.0f} ms.")
    if run.not_sent:
        lines.append(f"{run.not_sent} requests were not sent, as too many ran.")
    return [line for pair in (("", line) for line in lines) for line in pair]


def counts(title, counter):
    return f"{title}: " + ", ".join(f"{name} {count}" for name, count in sorted(counter.items(), key=lambda pair: (-pair[1], pair[0]))) + "."
