import json

import hypothesis.strategies as st
import pytest
from hypothesis import given

from bellwire.model.event_query import CONDITION_LENGTH_MAX, Condition
from bellwire.rules.comparing_data import meets, read_condition
from builders import make_event

DATA = (
    b'{"accountName":"jane","accountId":14,"ratio":1.50,"tls":true,"none":null,"reason":{"type":"auth.failed","data":'
    b'{"deep":"er"}},"to":["a@x.org","b@x.org"],"limits":[[1,2],3],"parts":[{"id":7},{"id":8},9],"a.b":"whole",'
    b'"a":{"b":"inner","c":"d"},"emb\\u0065dded":"\\u006aane","empty":"","equals":"x=y"}'
)


def holds(*written: str, data: bytes = DATA) -> bool:
    return meets(make_event(data=data).encoded, map(read_condition, written))


@pytest.mark.parametrize(
    "written",
    [
        "accountName=jane",
        "accountName = jane",
        "accountId=14",
        "ratio=1.50",
        "tls=true",
        "none=null",
        "reason.type=auth.failed",
        "reason.data.deep=er",
        "to=b@x.org",
        "limits=2",
        "limits=3",
        "parts.id=8",
        "a.b=whole",
        "a.b=inner",
        "a.c=d",
        "embedded=jane",
        "empty=",
        "equals=x=y",
    ],
)
def test_a_value_is_found_wherever_it_lies(written: str) -> None:
    assert holds(written)


@pytest.mark.parametrize(
    "written",
    [
        "accountName=Jane",
        "accountName=jan",
        "accountName=14",
        "accountId=1",
        "ratio=1.5",
        "tls=True",
        "reason=auth.failed",
        "reason.type.x=auth.failed",
        "missing=jane",
        "to=x.org",
        "parts=7",
        "id=event-1",
        "accountName.x=jane",
    ],
)
def test_nothing_else_is_found(written: str) -> None:
    assert not holds(written)


def test_all_of_several_conditions_must_be_met() -> None:
    assert holds()
    assert holds("accountName=jane", "accountId=14")
    assert not holds("accountName=jane", "accountId=15")
    assert not holds("accountName=jane", "accountId=15", data=DATA.replace(b"\\u0065", b"e").replace(b"\\u006a", b"j"))


@given(key=st.from_regex(r"[a-z]+", fullmatch=True), text=st.text(), ascii_only=st.booleans(), other=st.text())
def test_a_text_is_found_however_it_is_written_and_no_other(
    *, key: str, text: str, ascii_only: bool, other: str
) -> None:
    data = json.dumps({"before": "x", key: text}, ensure_ascii=ascii_only).encode()
    encoded = make_event(data=data).encoded
    assert meets(encoded, [Condition(key, text)])
    assert meets(encoded, [Condition(key, other)]) is (text == other)


@pytest.mark.parametrize("written", ["", "=", "jane", " = jane", "x" * CONDITION_LENGTH_MAX + "="])
def test_what_is_no_condition_is_told(written: str) -> None:
    with pytest.raises(ValueError, match=r"write key=value|at most"):
        read_condition(written)


def test_spaces_around_key_and_value_do_not_count() -> None:
    assert read_condition("  a b =  c = d ") == Condition("a b", "c = d")
