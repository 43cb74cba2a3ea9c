"""Extract what is worth extracting.

What it does: with the cursor anywhere in a function and nothing selected, offers up to three runs
of its statements that read like functions of their own, with the lines and a name. Those that the
cursor is in come first. The rules and the result are those of extract method.

Why: finding the bounds is the hard part. What is looked for is what authors keep as functions: a
part that has its own variables, needs few from outside and gives few back, and takes branches and
loops along. Most functions are fine as they are, and then nothing is offered. Who asks for extractions
by their kind is offered the expression at the cursor besides.

Example:
    def report(orders):
        log.info("report")|
        total = 0
        for order in orders:
            if order.paid:
                total += order.price
        print(total)

    becomes

    def compute_total(orders):
        total = 0
        for order in orders:
            if order.paid:
                total += order.price
        return total


    def report(orders):
        log.info("report")
        total = compute_total(orders)
        print(total)
"""

from collections.abc import Sequence

from lacuna_ls.actions.extraction_offer import Known, extraction_offer, nothing_known
from lacuna_ls.actions.provider import (
    ActionKind,
    ActionRequest,
    CodeActionProvider,
    Example,
    Offer,
)
from lacuna_ls.domain.text import Source
from lacuna_ls.extraction.engine import Extraction, expression_at, extract
from lacuna_ls.extraction.opportunities import Opportunity, Ranked, opportunities

EXAMPLES: tuple[Example, ...] = (
    Example(
        "the part with variables of its own",
        """\
def send(message, host, retries):
    log.info("send to %s", host)|
    headers = {}
    for line in message.head.splitlines():
        if ":" in line:
            key, _, value = line.partition(":")
            headers[key.strip().lower()] = value.strip()
    connection = open_connection(host)
    if headers.get("expect"):
        connection.wait(headers["expect"])
    connection.write(message.body)
    connection.flush()
    connection.close()
    log.info("sent to %s", host)
    return retries
""",
        """\
def send_line(line, headers):
    if ":" in line:
        key, _, value = line.partition(":")
        headers[key.strip().lower()] = value.strip()


def send(message, host, retries):
    log.info("send to %s", host)
    headers = {}
    for line in message.head.splitlines():
        send_line(line, headers)
    connection = open_connection(host)
    if headers.get("expect"):
        connection.wait(headers["expect"])
    connection.write(message.body)
    connection.flush()
    connection.close()
    log.info("sent to %s", host)
    return retries
""",
    ),
    Example(
        "the body of a branch, in a method",
        """\
class Cache:
    def lookup(self, key):
        self.hits += 1
        entry = self.entries.get(key)
        if entry is None:|
            now = self.clock()
            stale = [k for k, e in self.entries.items() if e.expires < now]
            for k in stale:
                del self.entries[k]
                self.evicted += 1
        self.note(key)
        self.touch(key)
        if self.hits > 1000:
            self.hits = 0
        return entry
""",
        """\
class Cache:
    def lookup(self, key):
        self.hits += 1
        entry = self.entries.get(key)
        self.lookup_now(entry)
        self.note(key)
        self.touch(key)
        if self.hits > 1000:
            self.hits = 0
        return entry

    def lookup_now(self, entry):
        if entry is None:
            now = self.clock()
            stale = [k for k, e in self.entries.items() if e.expires < now]
            for k in stale:
                del self.entries[k]
                self.evicted += 1
""",
    ),
    Example(
        "the expression at the cursor, where nothing else is worth it",
        """\
def due(order, day):
    late = |order.due + order.grace < day
    return late
""",
        """\
def compute_late(order, day):
    return order.due + order.grace < day


def due(order, day):
    late = compute_late(order, day)
    return late
""",
    ),
    Example(
        "a function that is fine as it is",
        """\
def mean(values):
    total = 0|
    for value in values:
        total += value
    return total / len(values)
""",
        None,
    ),
)


class _ExtractOpportunity:
    def __init__(self, known: Known) -> None:
        self._ranked = Ranked()
        self._known = known

    @property
    def kind(self) -> ActionKind:
        return ActionKind.REFACTOR_EXTRACT

    def offers(self, request: ActionRequest) -> Sequence[Offer]:
        """Up to three, the cursor's own first; none where something is selected.

        Whoever asked is offered the expression at the cursor, too.
        """
        if len(request.span):
            return ()
        document = request.document
        line = document.source.line_at(request.span.start)
        found = opportunities(document, request.span, self._ranked)
        # Stable: the best first, of those on the cursor's line and of the others.
        ordered = sorted(found, key=lambda o: line not in _lines_of(document.source, o))
        found_here = [o.extraction for o in ordered]
        at = expression_at(document, request.span.start) if request.asked else None
        outcome = extract(document, at) if at else None
        if isinstance(outcome, Extraction):
            found_here.append(outcome)
        return tuple(extraction_offer(document, each, self._known) for each in found_here)


def provider(known: Known = nothing_known) -> CodeActionProvider:
    return _ExtractOpportunity(known)


def _lines_of(source: Source, opportunity: Opportunity) -> range:
    span = opportunity.extraction.span
    return range(source.line_at(span.start), source.line_at(span.end - 1) + 1)
