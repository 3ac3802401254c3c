import json
import time
from pathlib import Path

import pytest

from cli.conftest import Served


def event_of(number: int, **data: object) -> dict[str, object]:
    return {"type": "auth.success", "data": {"number": number, **data}}


def fresh(name: str) -> str:
    return f"{name}-{time.monotonic_ns()}"


def data_of(served: Served, event_id: str) -> str:
    """The data of an event, as the API shows it byte for byte."""
    lines = served.right("events", "--limit", "100", "--json").out.splitlines()
    line = next(line for line in lines if json.loads(line)["id"] == event_id)
    return line[line.index('"data":') + 7 : line.index(',"position"')]


def test_values_that_are_json_are_taken_as_that_with_their_digits(served: Served) -> None:
    told = served.right(
        "emit", "auth.success", "price=1.10", "big=332248442443137537", "ok=true", "none=null", "list=[1, 2]",
        'object={"a": "b"}', 'quoted="07"', "zip=07", "text=a=b c", "empty=", "nan=NaN",
    )  # fmt: skip
    assert data_of(served, told.out.strip()) == (
        '{"price":1.10,"big":332248442443137537,"ok":true,"none":null,"list":[1,2],"object":{"a":"b"},'
        '"quoted":"07","zip":"07","text":"a=b c","empty":"","nan":"NaN"}'
    )


def test_an_event_without_members_has_empty_data(served: Served) -> None:
    assert data_of(served, served.right("emit", "auth.success").out.strip()) == "{}"


def test_the_same_id_again_is_stored_once(served: Served) -> None:
    event_id = fresh("order")
    arguments = ("emit", "auth.success", "a=1", "--id", event_id, "--created-at", "2026-09-29T21:00:04+02:00")
    assert served.right(*arguments).out == f"{event_id}\n"
    assert "known already" in served.right(*arguments).err
    conflict = served("emit", "auth.success", "a=2", "--id", event_id)
    assert conflict.code == 1
    assert "already taken" in conflict.err
    found = next(row for row in served.right("events", "--json").items() if row["id"] == event_id)
    assert found["createdAt"] == "2026-09-29T19:00:04.000Z"


def test_a_type_that_was_never_seen_is_said(served: Served) -> None:
    assert "was not known before" in served.right("emit", fresh("shop.order")).err
    assert served.right("emit", "auth.success").err == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give the event's TYPE, or --from FILE"),
        (("auth.success", "novalue"), "is no KEY=VALUE"),
        (("auth.success", "a=1", "a=2"), "a is given twice"),
        (("auth.success", "--from", "-"), "leave TYPE"),
        (("auth.success", "name=\udcff"), "is not UTF-8"),
    ],
)
def test_a_wrong_call_is_a_usage_error(served: Served, arguments: tuple[str, ...], words: str) -> None:
    told = served("emit", *arguments)
    assert told.code == 2
    assert words in told.err


EVENTS = [event_of(1), event_of(2, text="line\nbreak"), event_of(3)]


@pytest.mark.parametrize(
    "written",
    [
        "\n".join(map(json.dumps, EVENTS)),
        "\r\n\n".join(map(json.dumps, EVENTS)) + "\n",
        "\n\n" + "\n".join(map(json.dumps, EVENTS)) + "\n",
        json.dumps(EVENTS),
        json.dumps(EVENTS, indent=2),
        json.dumps({"events": EVENTS}),
        json.dumps({"events": EVENTS}, indent=2) + "\n",
    ],
    ids=["lines", "windows-lines", "empty-lines-first", "array", "array-over-lines", "page", "page-over-lines"],
)
def test_a_file_may_have_any_of_the_shapes(served: Served, tmp_path: Path, written: str) -> None:
    file = tmp_path / "events.json"
    file.write_bytes(written.encode())
    assert served.right("emit", "--from", file).out == "3 events accepted\n"
    numbers = [row["data"] for row in served.right("events", "--limit", "3", "--json").items()]
    assert numbers == [event["data"] for event in reversed(EVENTS)]


def test_one_event_over_several_lines_is_one_event(served: Served) -> None:
    assert (
        served.right("emit", "--from", "-", stdin=json.dumps(event_of(1), indent=2).encode()).out
        == "1 event accepted\n"
    )


def test_an_empty_file_is_no_event(served: Served) -> None:
    assert served.right("emit", "--from", "-", stdin=b"").out == "0 events accepted\n"


def test_what_was_listed_can_be_published_again_and_is_known(served: Served) -> None:
    served.right("emit", "auth.success")
    listed = served.right("events", "--limit", "1", "--json").out
    events = [
        {name: row[name] for name in ("id", "createdAt", "type", "data")}
        for row in map(json.loads, listed.splitlines())
    ]
    told = served.right("emit", "--from", "-", stdin=json.dumps(events).encode())
    assert told.out == "1 event accepted, 1 of them known already\n"


def test_a_bad_line_is_named_with_what_was_taken_before_it(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text(
        json.dumps(event_of(1)) + "\n" + '{"type": "auth.success", "data": 7}\n' + json.dumps(event_of(2)) + "\n"
    )
    told = served("emit", "--from", file)
    assert told.code == 1
    assert told.err.startswith(f"bellwire: {file}: line 2: ")
    assert "1 event was taken from the lines before it" in told.err


def test_a_bad_event_of_a_document_is_named_by_its_number(served: Served) -> None:
    told = served("emit", "--from", "-", stdin=json.dumps([event_of(1), {"type": "?"}]).encode())
    assert told.code == 1
    assert "event 2: " in told.err


def test_what_is_no_json_at_all_is_said(served: Served) -> None:
    told = served("emit", "--from", "-", stdin=b"[1, 2")
    assert told.code == 1
    assert "is neither NDJSON" in told.err


def test_a_large_file_is_streamed_and_a_bad_line_in_its_midst_still_named(served: Served, tmp_path: Path) -> None:
    line = json.dumps(event_of(1, padding="x" * 1000)) + "\n"
    good, bad = tmp_path / "good.ndjson", tmp_path / "bad.ndjson"
    good.write_text(line * 4000)
    bad.write_text(line * 10 + "nonsense\n" + line * 20_000)
    assert served.right("emit", "--from", good).out == "4,000 events accepted\n"
    told = served("emit", "--from", bad)
    assert told.code == 1
    assert f"{bad}: line 11: " in told.err
