import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.worker import messages

payloads = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=50)), max_size=5)


@given(payloads, st.lists(st.integers(1, 20), min_size=1))
def test_frames_survive_any_cutting_of_the_stream(frames, cuts):
    stream = b"".join(messages.frame(channel, payload) for channel, payload in frames)
    buffer, taken, position, turn = messages.FrameBuffer(), [], 0, 0
    while position < len(stream):
        size = cuts[turn % len(cuts)]
        buffer.feed(stream[position : position + size])
        position, turn = position + size, turn + 1
        while (frame := buffer.take()) is not None:
            taken.append(frame)
    assert taken == frames


def test_a_frame_above_the_limit_is_refused_before_it_is_read():
    buffer = messages.FrameBuffer()
    buffer.feed(messages.HEADER.pack(0, messages.MAX_FRAME_BYTES + 1))
    with pytest.raises(ValueError, match="above the limit"):
        buffer.take()


def test_a_message_above_the_limit_is_not_sent():
    with pytest.raises(ValueError, match="larger than a frame"):
        messages.encode(messages.Started("x" * messages.MAX_FRAME_BYTES))


@given(st.text(), st.floats(0, 1e6))
def test_messages_come_back_as_they_were_sent(text, number):
    sent = messages.Finished(text, "passed", number, None, [], [text])
    assert messages.decode(messages.encode(sent)) == sent


@given(st.binary() | st.recursive(st.none() | st.text(), st.lists).map(lambda x: repr(x).encode()))
def test_bytes_that_are_no_message_are_told_so(data):
    with pytest.raises(ValueError):
        messages.decode(data)


@given(st.binary(max_size=100))
def test_contents_come_in_frames_of_their_own(data):
    buffer = messages.FrameBuffer()
    for frame in messages.contents_frames("a.py", data):
        buffer.feed(frame)
    head = buffer.take()
    assert head is not None
    assert messages.decode(head[1]) == messages.FileContents("a.py", len(data))
    rest = b"".join(frame[1] for frame in iter(buffer.take, None))
    assert rest == data
