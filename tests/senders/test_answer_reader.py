from hypothesis import given
from hypothesis import strategies as st

from bellwire.model.attempt import ANSWER_BYTES_KEPT_MAX, ANSWER_BYTES_READ_MAX
from bellwire.senders.answer_reader import HEADER_BYTES_MAX, AnswerReader

names = st.text("abcXYZ-", min_size=1)
values = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_categories=["Cc"]), max_size=50)


def feed(reader: AnswerReader, *lines: bytes) -> None:
    for line in lines:
        assert reader.take_header_line(line + b"\r\n") is None


@given(st.integers(200, 999), st.lists(st.tuples(names, values)))
def test_a_header_comes_out_as_it_went_in(status: int, fields: list[tuple[str, str]]) -> None:
    reader = AnswerReader()
    feed(reader, b"HTTP/1.1 %d Reason" % status, *[f"{name}: {value}".encode("latin-1") for name, value in fields], b"")
    assert reader.complete
    assert reader.status == status
    assert reader.headers() == tuple((name.lower(), value.strip()) for name, value in fields)


@given(st.lists(st.integers(0, 40_000).map(bytes)))
def test_a_body_is_kept_and_read_up_to_its_limits(pieces: list[bytes]) -> None:
    reader = AnswerReader()
    read = 0
    for piece in pieces:
        read += len(piece)
        if reader.take_body(piece) is not None:
            break
        assert read < ANSWER_BYTES_READ_MAX
    assert reader.body == b"".join(pieces)[: min(read, ANSWER_BYTES_KEPT_MAX)]


@given(st.binary())
def test_no_status_line_breaks_the_reader(line: bytes) -> None:
    reader = AnswerReader()
    reader.take_header_line(line)
    reader.take_header_line(b"\r\n")
    assert not reader.complete or 200 <= reader.status <= 999


def test_a_field_that_looks_like_a_status_line_is_a_field() -> None:
    reader = AnswerReader()
    feed(reader, b"HTTP/1.1 500 Broken", b"HTTP/1.1 200: yes", b"")
    assert reader.status == 500
    assert reader.headers() == (("http/1.1 200", "yes"),)


def test_only_the_fields_of_the_final_header_are_kept() -> None:
    reader = AnswerReader()
    feed(reader, b"HTTP/1.1 103 Early", b"A: 1", b"", b"HTTP/1.1 200 OK", b"B: 2", b"", b"Trailer: 3")
    assert reader.headers() == (("b", "2"),)


def test_trailers_without_end_stop_the_transfer_and_leave_the_answer() -> None:
    reader = AnswerReader()
    feed(reader, b"HTTP/1.1 200 OK", b"")
    assert reader.take_header_line(b"A: " + b"x" * HEADER_BYTES_MAX) is not None
    assert reader.complete


def test_an_answer_leaves_nothing_to_the_next() -> None:
    reader = AnswerReader()
    feed(reader, b"HTTP/1.1 200 OK", b"A: 1", b"")
    reader.take_body(b"body")
    reader.start()
    assert (reader.begun, reader.complete, reader.status, reader.body, reader.headers()) == (False, False, 0, b"", ())
