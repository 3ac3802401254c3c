import pytest
from msgspec.structs import replace

from bellwire.model.cursor import Blockage, Cursor
from bellwire.model.event import Position
from bellwire.model.webhook import Gap, WebhookId
from bellwire.rules.diagnosing import Diagnosis, diagnose
from builders import make_registered_webhook

WELL = Cursor(webhook_id=WebhookId("wh-1"), position=Position(1), since_ms=10)
RETRYING = replace(WELL, failures=2, failure="answered 500")
FAILING = replace(RETRYING, failures=3)
BLOCKED = replace(FAILING, blocked=Blockage(reason="no key", since_ms=20))
GONE = replace(BLOCKED, gone=True, failure="answered 410")


@pytest.mark.parametrize(
    ("cursor", "state", "reason", "since_ms"),
    [
        (WELL, "healthy", "", 10),
        (RETRYING, "retrying", "answered 500", 10),
        (FAILING, "failing", "answered 500", 10),
        (BLOCKED, "blocked", "no key", 20),
        (GONE, "gone", "answered 410", 10),
    ],
)
def test_the_gravest_hindrance_is_the_state(cursor: Cursor, state: str, reason: str, since_ms: int) -> None:
    assert diagnose(make_registered_webhook(), cursor) == Diagnosis(state=state, reason=reason, since_ms=since_ms)


def test_what_an_operator_did_counts_more_than_what_the_endpoint_does() -> None:
    paused = make_registered_webhook(paused_at_ms=30, switched_at_ms=30)
    disabled = replace(paused, gaps=(Gap(since=Position(1)),))
    assert (diagnose(paused, GONE).state, diagnose(paused, GONE).since_ms) == ("paused", 30)
    assert diagnose(disabled, GONE).state == "disabled"
    enabled_again = make_registered_webhook(gaps=(Gap(since=Position(1), until=Position(2)),))
    assert diagnose(enabled_again, WELL).state == "healthy"
