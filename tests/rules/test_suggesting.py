import pytest

from bellwire.rules.suggesting import alternatives, nearest, quoted

KNOWN = ["auth.success", "auth.failed", "auth.error", "message-ingest.ham", "message-ingest.spam"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("auth.sucess", "auth.success"),
        ("AUTH.SUCCESS", "auth.success"),
        ("auth_success", "auth.success"),
        ("message_ingest.hamm", "message-ingest.ham"),
    ],
)
def test_the_likest_name_comes_first(written: str, meant: str) -> None:
    assert nearest(written, KNOWN, count=3)[0] == meant


def test_a_name_that_differs_in_case_or_separators_only_is_the_only_answer() -> None:
    assert nearest("Message-Ingest.Ham", KNOWN, count=3) == ["message-ingest.ham"]


def test_nothing_is_suggested_for_what_is_like_nothing() -> None:
    assert nearest("zzzzzz", KNOWN, count=3) == []
    assert nearest("", KNOWN, count=3) == []


def test_alternatives_are_listed_as_people_do() -> None:
    assert alternatives(["a"]) == "a"
    assert alternatives(["a", "b"]) == "a or b"
    assert alternatives(["a", "b", "c"]) == "a, b or c"


def test_quoted_text_stays_on_one_line_and_is_cut_when_long() -> None:
    assert quoted("a\nb") == r"'a\nb'"
    assert quoted("x" * 61) == f"{'x' * 60!r}…"
