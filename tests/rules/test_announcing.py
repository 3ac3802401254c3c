import pytest
from msgspec.structs import replace

from bellwire.model.attempt import Answer, Failed, Timings
from bellwire.model.change import Change, Resumed, Unblocked
from bellwire.model.cursor import Cursor, CursorMove, DiscardReason
from bellwire.model.event import Position
from bellwire.model.webhook import WebhookId
from bellwire.rules.announcing import add_up, announcements_of, describe, discards_told
from bellwire.rules.judging import judge
from builders import make_event, make_registered_webhook, make_webhook

CURSOR = Cursor(webhook_id=WebhookId("wh-1"), position=Position(1))
WEBHOOK = make_registered_webhook(make_webhook(url="https://user-visible.example:8443/secret/path?token=x", name="crm"))


def test_of_the_url_only_the_host_is_told() -> None:
    told = describe(WEBHOOK, CURSOR)
    assert told == {
        "name": "crm",
        "host": "user-visible.example",
        "state": "healthy",
        "reason": "",
        "since": "1970-01-01T00:00:00.000Z",
        "failures": 0,
    }


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://user-visible.example/secret/path?token=x", "user-visible.example"),
        ("//user-visible.example/secret/path; x", "user-visible.example"),
        ("/secret/path", "another path"),
        ("http://[secret", "another address"),
    ],
)
def test_of_where_an_endpoint_leads_to_only_the_host_is_told(location: str, told: str) -> None:
    answer = Answer(status=308, headers=(("location", location),), body=b"", timings=Timings())
    outcome = judge(answer, now_ms=0)
    assert isinstance(outcome, Failed)
    reason = str(describe(WEBHOOK, replace(CURSOR, failures=1, failure=outcome.reason))["reason"])
    assert reason.startswith(f"answered 308 Permanent Redirect to {told}; redirects")
    assert "secret" not in reason


def test_an_address_within_a_reason_loses_its_path() -> None:
    failed = replace(CURSOR, failures=3, failure="see HTTPS://a.example/secret now")
    assert describe(WEBHOOK, failed)["reason"] == "see a.example now"


def test_changes_that_nobody_needs_to_hear_of_are_not_announced() -> None:
    changes = tuple(
        Change(subject="wh-1", position=Position(1), at_ms=1, what=what) for what in (Resumed(), Unblocked())
    )
    assert announcements_of(WEBHOOK, CursorMove(before=CURSOR, after=CURSOR, changes=changes)) == []


def test_discards_add_up_from_the_first_event_to_the_last() -> None:
    first, second, third = (make_event(position) for position in (1, 2, 3))
    tally = add_up(None, DiscardReason.EXPIRED, count=1, events=[first])
    tally = add_up(tally, DiscardReason.LOSSY, count=2, events=[second, third])
    tally = add_up(tally, DiscardReason.EXPIRED, count=4, events=[])
    told = discards_told(WEBHOOK, CURSOR, tally)
    assert (told["events"], told["discarded"]) == (7, {"expired": 5, "lossy": 2})
    assert (told["firstEvent"].id, told["lastEvent"].id) == ("event-1", "event-3")


def test_events_that_are_gone_already_are_not_named() -> None:
    tally = add_up(None, DiscardReason.EXPIRED, count=1, events=[])
    assert (tally.first, tally.last) == (None, None)
    assert add_up(tally, DiscardReason.EXPIRED, count=1, events=[make_event(4)]).first is not None


def test_a_state_of_the_operator_s_making_is_told_as_it_is() -> None:
    assert describe(replace(WEBHOOK, paused_at_ms=1), CURSOR)["state"] == "paused"
