from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.lsp.framing import Framing

bodies = st.lists(st.binary(max_size=30), max_size=6)


def framed(body: bytes, header: bytes = b"Content-Length: %d\r\n\r\n") -> bytes:
    return header % len(body) + body


def fed(stream: bytes, cuts: list[int]) -> list[bytes]:
    framing, found, position = Framing(), [], 0
    for cut in [*sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]:
        found += framing.feed(stream[position:cut])
        position = cut
    return found


@given(bodies, st.lists(st.integers(0, 1000), max_size=8))
def test_messages_come_out_whole_however_they_are_cut(bodies, cuts):
    assert fed(b"".join(map(framed, bodies)), cuts) == bodies


def test_header_names_have_any_case_and_other_headers_are_skipped():
    header = b"Content-Type: x; charset=utf-8\r\ncontent-LENGTH : %d\r\nX: y\r\n\r\n"
    assert fed(framed(b"{}", header), []) == [b"{}"]


def test_a_bare_line_feed_ends_a_header_line():
    assert fed(framed(b"{}", b"Content-Length: %d\n\n"), []) == [b"{}"]


def test_lines_that_are_no_header_cost_no_message():
    noise = b"Traceback (most recent call last):\n  oops\r\n\r\nContent-Length: -5\r\n\r\n"
    assert fed(noise + framed(b"one") + noise + framed(b"two"), []) == [b"one", b"two"]


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=4))
def test_no_bytes_break_it(stream, cuts):
    fed(stream, cuts)
