"""Extract the selected statements into a function of their own.

What it does: turns whole statements (or one whole expression) of a function into a new function
beside it, and puts a call in their place. Parameters are the variables that the code needs,
results those that are needed afterwards. A method's code that uses `self` becomes a method; code
that awaits becomes an async function, and is awaited; code that yields becomes a generator. The
new name can be changed at once.

Why: a long function is read in pieces; a piece with a name is read once.

What is refused, with the reason: loops left from the selection, variables shared with nested functions,
yields of async generators, variables that may be unbound, assignments that an exception handler would see, code
that looks at its own frame. Nothing is executed: the result is parsed again and the names of both
functions are resolved again.

Example:
    def report(orders):
        «total = 0
        for order in orders:
            total += order.price»
        return f"{total} due"

    becomes

    def compute_total(orders):
        total = 0
        for order in orders:
            total += order.price
        return total


    def report(orders):
        total = compute_total(orders)
        return f"{total} due"
"""

from collections.abc import Sequence

from lacuna_ls.actions.extraction_offer import (
    Known,
    extraction_offer,
    lines_in_words,
    nothing_known,
)
from lacuna_ls.actions.provider import (
    ActionKind,
    ActionRequest,
    CodeActionProvider,
    Example,
    Offer,
)
from lacuna_ls.extraction.contract import Refusal
from lacuna_ls.extraction.engine import extract, extract_with_duplicates

EXAMPLES: tuple[Example, ...] = (
    Example(
        "a result that is needed afterwards comes back",
        """\
def report(orders):
    «total = 0
    for order in orders:
        total += order.price»
    return f"{total} due"
""",
        """\
def compute_total(orders):
    total = 0
    for order in orders:
        total += order.price
    return total


def report(orders):
    total = compute_total(orders)
    return f"{total} due"
""",
    ),
    Example(
        "several results come back in the order of the source, a comment names the function",
        """\
def scale(points):
    «# find the bounds
    low = min(points)
    high = max(points)»
    return [(p - low) / (high - low) for p in points]
""",
        """\
def find_bounds(points):
    # find the bounds
    low = min(points)
    high = max(points)
    return low, high


def scale(points):
    low, high = find_bounds(points)
    return [(p - low) / (high - low) for p in points]
""",
    ),
    Example(
        "a variable that is set on some paths only goes in and comes back",
        """\
def label(order, text):
    «if order.late:
        text = text + " (late)"»
    return text
""",
        """\
def compute_text(order, text):
    if order.late:
        text = text + " (late)"
    return text


def label(order, text):
    text = compute_text(order, text)
    return text
""",
    ),
    Example(
        "code that returns on its last line, or ends the function, is returned",
        """\
def first_good(items):
    log(items)
    «for item in items:
        if item.good:
            return item»
""",
        """\
def first_good_item(items):
    for item in items:
        if item.good:
            return item


def first_good(items):
    log(items)
    return first_good_item(items)
""",
    ),
    Example(
        "a return of nothing on some paths: the function says whether to go on",
        """\
def save(order, store):
    «if not order.lines:
        return
    order.check()»
    store.write(order)
""",
        """\
def save_order(order):
    if not order.lines:
        return True
    order.check()
    return False


def save(order, store):
    if save_order(order):
        return
    store.write(order)
""",
    ),
    Example(
        "a return of something on some paths: the function gives it, or nothing",
        """\
def kind(order):
    «if order.late:
        return "late"
    order.check()»
    return order.guess()
""",
        """\
def check_order(order):
    if order.late:
        return "late"
    order.check()
    return None


def kind(order):
    result = check_order(order)
    if result is not None:
        return result
    return order.guess()
""",
    ),
    Example(
        "a return on some paths where results are needed, too: a flag tells them apart",
        """\
def pick(a, b):
    «if a:
        return b
    c = b + 1»
    return c
""",
        """\
def pick_b(a, b):
    if a:
        return True, b
    c = b + 1
    return False, c


def pick(a, b):
    is_done, result = pick_b(a, b)
    if is_done:
        return result
    c = result
    return c
""",
    ),
    Example(
        "a condition is asked for its truth as often as before",
        """\
def check(order):
    if «order.paid and order.lines»:
        order.send()
""",
        """\
def check_order(order):
    return True if order.paid and order.lines else False


def check(order):
    if check_order(order):
        order.send()
""",
    ),
    Example(
        "some of the operands of a condition",
        """\
def check(order, stock):
    if stock and «order.paid and order.lines»:
        order.send()
""",
        """\
def check_order(order):
    return True if order.paid and order.lines else False


def check(order, stock):
    if stock and check_order(order):
        order.send()
""",
    ),
    Example(
        "a generator that is the argument of a call",
        """\
def total(orders):
    return sum(«o.price for o in orders if o.paid»)
""",
        """\
def total_price(orders):
    return (o.price for o in orders if o.paid)


def total(orders):
    return sum(total_price(orders))
""",
    ),
    Example(
        "attributes of a class body",
        """\
class Config:
    base = 8
    «# limits of the cache
    size = base * 2
    depth = size + 1»
""",
        """\
def limits_cache(base):
    # limits of the cache
    size = base * 2
    depth = size + 1
    return size, depth


class Config:
    base = 8
    size, depth = limits_cache(base)
""",
    ),
    Example(
        "a function of the module keeps its qualified name",
        """\
«def helper(a):
    return a

register(helper)»
""",
        """\
def register_helper():
    global helper
    def helper(a):
        return a

    register(helper)


register_helper()
""",
    ),
    Example(
        "a return of a constant that follows goes along",
        """\
def has_good(items):
    log(items)
    «for item in items:
        if item.good:
            return True»
    return False
""",
        """\
def has_good_item(items):
    for item in items:
        if item.good:
            return True
    return False


def has_good(items):
    log(items)
    return has_good_item(items)
""",
    ),
    Example(
        "break and continue may move with their loop",
        """\
def load(paths):
    «for path in paths:
        if path.hidden:
            continue
        if path.broken:
            break
        read(path)»
    done()
""",
        """\
def load_paths(paths):
    for path in paths:
        if path.hidden:
            continue
        if path.broken:
            break
        read(path)


def load(paths):
    load_paths(paths)
    done()
""",
    ),
    Example(
        "code that uses self becomes a method",
        """\
class Cart:
    def total(self, rate):
        «net = sum(line.price for line in self.lines)
        tax = net * rate»
        return net + tax
""",
        """\
class Cart:
    def total(self, rate):
        net, tax = self.sum_net(rate)
        return net + tax

    def sum_net(self, rate):
        net = sum(line.price for line in self.lines)
        tax = net * rate
        return net, tax
""",
    ),
    Example(
        "a class method keeps its decorator, and the class",
        """\
class Shape:
    @classmethod
    def unit(cls, size):
        «shape = cls(size)
        shape.normalise()»
        return shape
""",
        """\
class Shape:
    @classmethod
    def unit(cls, size):
        shape = cls.compute_shape(size)
        return shape

    @classmethod
    def compute_shape(cls, size):
        shape = cls(size)
        shape.normalise()
        return shape
""",
    ),
    Example(
        "super() and private names move within their class",
        """\
class Child(Parent):
    def start(self, config):
        «super().start(config)
        self.__ready = True»
        log(self)
""",
        """\
class Child(Parent):
    def start(self, config):
        self.start_config(config)
        log(self)

    def start_config(self, config):
        super().start(config)
        self.__ready = True
""",
    ),
    Example(
        "code of a method that does not use self becomes a function",
        """\
class Parser:
    def parse(self, text):
        «lines = text.splitlines()
        lines.sort()»
        return self.join(lines)
""",
        """\
def compute_lines(text):
    lines = text.splitlines()
    lines.sort()
    return lines


class Parser:
    def parse(self, text):
        lines = compute_lines(text)
        return self.join(lines)
""",
    ),
    Example(
        "code that awaits becomes an async function and is awaited",
        """\
async def fetch_all(urls):
    «pages = []
    async for url in urls:
        pages.append(await fetch(url))»
    return pages
""",
        """\
async def build_pages(urls):
    pages = []
    async for url in urls:
        pages.append(await fetch(url))
    return pages


async def fetch_all(urls):
    pages = await build_pages(urls)
    return pages
""",
    ),
    Example(
        "code that yields becomes a generator, and its host yields from it",
        """\
def numbers(xs):
    total = 0
    «for x in xs:
        yield x
        total += x»
    yield total
""",
        """\
def compute_total(xs, total):
    for x in xs:
        yield x
        total += x
    return total


def numbers(xs):
    total = 0
    total = yield from compute_total(xs, total)
    yield total
""",
    ),
    Example(
        "a global that is assigned is declared in the new function",
        """\
def count(events):
    global seen
    «for event in events:
        seen += event.weight»
    report(seen)
""",
        """\
def count_events(events):
    global seen
    for event in events:
        seen += event.weight


def count(events):
    global seen
    count_events(events)
    report(seen)
""",
    ),
    Example(
        "type hints of parameters are kept",
        """\
def mean(values: list[float], weight: float = 1.0) -> float:
    «scaled = [value * weight for value in values]
    total = sum(scaled)»
    return total / len(scaled)
""",
        """\
def sum_scaled(weight: float, values: list[float]):
    scaled = [value * weight for value in values]
    total = sum(scaled)
    return scaled, total


def mean(values: list[float], weight: float = 1.0) -> float:
    scaled, total = sum_scaled(weight, values)
    return total / len(scaled)
""",
    ),
    Example(
        "the type hint of a result is kept where the function states it",
        """\
def best(offers: list[Offer], limit: int) -> Offer | None:
    «for offer in offers:
        if offer.price < limit:
            return offer»
    return None
""",
        """\
def best_offers(offers: list[Offer], limit: int) -> Offer | None:
    for offer in offers:
        if offer.price < limit:
            return offer
    return None


def best(offers: list[Offer], limit: int) -> Offer | None:
    return best_offers(offers, limit)
""",
    ),
    Example(
        "comments move along, strings keep every byte",
        '''\
def usage(name):
    if name:
        «text = """usage:
  run it
    twice"""  # verbatim
        # then say it
        show(name, text)»
''',
        '''\
def show_text(name):
    text = """usage:
  run it
    twice"""  # verbatim
    # then say it
    show(name, text)


def usage(name):
    if name:
        show_text(name)
''',
    ),
    Example(
        "names of comprehensions stay inside",
        """\
def squares(xs, i):
    «ys = [i * i for i in xs]»
    return ys, i
""",
        """\
def build_ys(xs):
    return [i * i for i in xs]


def squares(xs, i):
    ys = build_ys(xs)
    return ys, i
""",
    ),
    Example(
        "statements on one line stay on one line",
        """\
def step(a):
    if a: «b = a + 1; log(b)»
    return a
""",
        """\
def log_b(a):
    b = a + 1; log(b)


def step(a):
    if a: log_b(a)
    return a
""",
    ),
    Example(
        "a function inside a function gives its variables along",
        """\
def outer(k):
    def inner(b):
        «c = b + k
        log(c)»
        return c
    return inner
""",
        """\
def log_c(b, k):
    c = b + k
    log(c)
    return c


def outer(k):
    def inner(b):
        c = log_c(b, k)
        return c
    return inner
""",
    ),
    Example(
        "try with its handlers moves as a whole",
        """\
def number(text):
    «try:
        value = int(text)
    except ValueError:
        value = None»
    return value
""",
        """\
def compute_value(text):
    try:
        value = int(text)
    except ValueError:
        value = None
    return value


def number(text):
    value = compute_value(text)
    return value
""",
    ),
    Example(
        "an expression becomes a function that returns it",
        """\
def price(net, rate):
    return round(«net * (1 + rate)», 2)
""",
        """\
def price_net(net, rate):
    return net * (1 + rate)


def price(net, rate):
    return round(price_net(net, rate), 2)
""",
    ),
    Example(
        "the default of a parameter is evaluated where its function is defined",
        """\
def maker(step):
    def move(point, by=«step * 2»):
        return point + by
    return move
""",
        """\
def maker_step(step):
    return step * 2


def maker(step):
    def move(point, by=maker_step(step)):
        return point + by
    return move
""",
    ),
    Example(
        "an expression inside a comprehension is given its variables",
        """\
def rows(xs, k):
    return [«x * k + 1» for x in xs]
""",
        """\
def rows_x(x, k):
    return x * k + 1


def rows(xs, k):
    return [rows_x(x, k) for x in xs]
""",
    ),
    Example(
        "statements of the module: a variable that is set last comes back",
        """\
import sys

«check(sys.argv)
names = sorted(sys.argv[1:])»
print(names)
""",
        """\
import sys


def compute_names():
    check(sys.argv)
    return sorted(sys.argv[1:])


names = compute_names()
print(names)
""",
    ),
    Example(
        "statements of the module: a variable that functions or a failure may show stays global",
        """\
def show():
    print(limit)


if __name__ == "__main__":
    «limit = 3
    show()»
""",
        """\
def show():
    print(limit)


def show_limit():
    global limit
    limit = 3
    show()


if __name__ == "__main__":
    show_limit()
""",
    ),
    Example(
        "match moves with its patterns",
        """\
def area(shape):
    «match shape:
        case Circle(radius=r):
            size = 3.14 * r * r
        case [width, height] if width > 0:
            size = width * height
        case _:
            raise ValueError(shape)»
    return size
""",
        """\
def compute_size(shape):
    match shape:
        case Circle(radius=r):
            size = 3.14 * r * r
        case [width, height] if width > 0:
            size = width * height
        case _:
            raise ValueError(shape)
    return size


def area(shape):
    size = compute_size(shape)
    return size
""",
    ),
    Example(
        "except* and async with move with what they guard",
        """\
async def load(urls):
    failed = []
    «try:
        async with TaskGroup() as group:
            for url in urls:
                group.create_task(fetch(url))
    except* OSError as errors:
        failed.extend(errors.exceptions)»
    return failed
""",
        """\
async def load_group(urls, failed):
    try:
        async with TaskGroup() as group:
            for url in urls:
                group.create_task(fetch(url))
    except* OSError as errors:
        failed.extend(errors.exceptions)


async def load(urls):
    failed = []
    await load_group(urls, failed)
    return failed
""",
    ),
    Example(
        "an asynchronous comprehension is awaited",
        """\
async def titles(pages):
    «found = [await page.title() async for page in pages if page]
    found.sort()»
    return found
""",
        """\
async def build_found(pages):
    found = [await page.title() async for page in pages if page]
    found.sort()
    return found


async def titles(pages):
    found = await build_found(pages)
    return found
""",
    ),
    Example(
        "type parameters come along where they are used",
        """\
def largest[T: Sized](boxes: list[T], limit: int) -> T:
    «sizes = [len(box) for box in boxes]
    top = max(size for size in sizes if size < limit)»
    return boxes[sizes.index(top)]
""",
        """\
def largest_size[T: Sized](boxes: list[T], limit: int):
    sizes = [len(box) for box in boxes]
    top = max(size for size in sizes if size < limit)
    return sizes, top


def largest[T: Sized](boxes: list[T], limit: int) -> T:
    sizes, top = largest_size(boxes, limit)
    return boxes[sizes.index(top)]
""",
    ),
    Example(
        "a name that a walrus binds is a variable like any other",
        """\
def read(stream):
    blocks = []
    «while (block := stream.read(64)):
        blocks.append(block)»
    return blocks, block
""",
        """\
def compute_block(stream, blocks):
    while (block := stream.read(64)):
        blocks.append(block)
    return block


def read(stream):
    blocks = []
    block = compute_block(stream, blocks)
    return blocks, block
""",
    ),
    Example(
        "a variable may be deleted where nobody reads it afterwards",
        """\
def drop(cache, key):
    «entry = cache[key]
    del cache[key]
    log(key, entry)
    del entry»
    return cache
""",
        """\
def log_entry(cache, key):
    entry = cache[key]
    del cache[key]
    log(key, entry)
    del entry


def drop(cache, key):
    log_entry(cache, key)
    return cache
""",
    ),
    Example(
        "code of a static method becomes a function",
        """\
class Money:
    @staticmethod
    def parse(text):
        «amount, _, unit = text.partition(" ")
        value = int(amount)»
        return Money(value, unit)
""",
        """\
def parse_amount(text):
    amount, _, unit = text.partition(" ")
    value = int(amount)
    return unit, value


class Money:
    @staticmethod
    def parse(text):
        unit, value = parse_amount(text)
        return Money(value, unit)
""",
    ),
    Example(
        "code of a property becomes a method",
        """\
class Page:
    @property
    def summary(self):
        «words = self.text.split()
        short = " ".join(words[:20])»
        return short
""",
        """\
class Page:
    @property
    def summary(self):
        short = self.join_short()
        return short

    def join_short(self):
        words = self.text.split()
        return " ".join(words[:20])
""",
    ),
    Example(
        "a jump out of the selection",
        """\
def use_good(items):
    for item in items:
        «if item.bad:
            continue
        use(item)»
        count(item)
""",
        None,
        "Line 4 has a `continue` that leaves the selection",
    ),
    Example(
        "a break of a loop that stays",
        """\
def send(mails):
    for mail in mails:
        «try:
            post(mail)
        except OSError:
            break»
    done()
""",
        None,
        "Line 6 has a `break` that leaves the selection",
    ),
    Example(
        "a yield of an async generator, which cannot delegate",
        """\
async def numbers(xs):
    «async for x in xs:
        yield x»
    await done()
""",
        None,
        "Line 3 yields from an async generator",
    ),
    Example(
        "a StopIteration that a handler around would no longer see",
        """\
def pairs(xs):
    xs = iter(xs)
    try:
        «x = next(xs)
        yield x, x»
    except StopIteration:
        log("odd")
""",
        None,
        "Line 4 may raise StopIteration within a `try`",
    ),
    Example(
        "a variable that may be unbound afterwards",
        """\
def find(xs):
    «for x in xs:
        found = x»
    log(xs)
    return found
""",
        None,
        "Variable `found` may be unbound after the selection (see line 3)",
    ),
    Example(
        "a variable that may be unbound before",
        """\
def use(flag):
    if flag:
        x = 1
    «if flag:
        show(x)»
""",
        None,
        "Variable `x`, used on line 5, may be unbound before the selection",
    ),
    Example(
        "a deleted variable that is read afterwards",
        """\
def drop(a):
    x = a + 1
    «use(x)
    del x»
    log(a)
    return x
""",
        None,
        "Variable `x` may be unbound after the selection (see line 4)",
    ),
    Example(
        "an assignment that an exception handler would see",
        """\
def total(xs):
    n = 0
    try:
        «n = len(xs)
        check(xs)»
    except ValueError:
        pass
    return n
""",
        None,
        "Variable `n`, assigned on line 4, is read after an exception",
    ),
    Example(
        "a variable shared with a nested function that assigns it",
        """\
def counter(xs):
    n = 0
    def bump():
        nonlocal n
        n += 1
    «bump()
    show(n)»
""",
        None,
        "The nested function on line 3 assigns `n`, which the selection uses",
    ),
    Example(
        "a variable that a nested function in the selection would keep",
        """\
def handlers(k):
    «double = lambda v: v * k»
    k = 5
    return double
""",
        None,
        "A nested function in the selection uses `k`, which line 3 assigns again",
    ),
    Example(
        "a nonlocal declaration",
        """\
def outer():
    n = 0
    def inner():
        «nonlocal n
        n = 1»
    return inner
""",
        None,
        "Line 4 declares a nonlocal variable",
    ),
    Example(
        "code that looks at the local variables",
        """\
def dump(a):
    b = a + 1
    «names = sorted(locals())»
    return names
""",
        None,
        "Line 3 calls `locals`, which looks at the local variables",
    ),
    Example(
        "an attribute that a class body sets on some paths only",
        """\
class Config:
    «if FAST:
        size = 3»
    depth = 1
""",
        None,
        "Attribute `size`, set on line 3, may be unbound after the selection",
    ),
    Example(
        "a method, which belongs to its class",
        """\
class Config:
    «def size(self):
        return 3»
""",
        None,
        "Line 2 defines a method or a class of the class",
    ),
    Example(
        "a star import",
        """\
«from math import *
x = pi»
print(x)
""",
        None,
        "Line 1 imports `*`",
    ),
    Example(
        "a part of an expression that is no value of its own",
        """\
def less(a, b, c):
    return a - «b - c»
""",
        None,
        "neither whole statements nor one whole expression",
    ),
    Example(
        "a private name where there is no method to move to",
        """\
class Vault:
    @staticmethod
    def open(box):
        «key = box.__key
        box.turn(key)»
""",
        None,
        "Line 4 uses the private name `__key`, which only means the same in a method of its class",
    ),
)


class _ExtractMethod:
    def __init__(self, known: Known) -> None:
        self._known = known

    @property
    def kind(self) -> ActionKind:
        return ActionKind.REFACTOR_EXTRACT

    def offers(self, request: ActionRequest) -> Sequence[Offer]:
        """One offer for a selection that holds code; whoever asked gets the reason of a refusal."""
        document = request.document
        outcome = extract(document, request.span)
        if outcome is None:
            return ()
        if isinstance(outcome, Refusal):
            if not request.asked:
                return ()
            what = f"Extract {lines_in_words(document.source, request.span)} into a function"
            return (Offer(what, self.kind, document.version, disabled=outcome.reason),)
        everywhere = extract_with_duplicates(document, request.span)
        outcomes = (outcome,) if everywhere is None else (outcome, everywhere)
        return tuple(extraction_offer(document, each, self._known) for each in outcomes)


def provider(known: Known = nothing_known) -> CodeActionProvider:
    return _ExtractMethod(known)
