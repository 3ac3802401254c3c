import pytest

from bellwire.model.batch import Batch, BatchId
from bellwire.model.cursor import Cursor, SetAside, Splitting
from bellwire.model.event import EventTypeId, Position
from bellwire.model.positions import Positions, runs_of
from bellwire.model.status import Explanation, Verdict
from bellwire.model.webhook import Gap, WebhookId
from bellwire.rules.explaining import Evidence, explain
from bellwire.rules.settling import REQUESTS_MAX
from builders import make_catalogue, make_event, make_registered_webhook, make_webhook

CATALOGUE = make_catalogue()


def positions(*numbers: int) -> Positions:
    return runs_of(map(Position, numbers))


def told(
    position: int,
    *,
    cursor_at: int,
    type_id: str = "auth.success",
    splitting: Splitting | None = None,
    opened: tuple[int, ...] = (),
    gaps: tuple[Gap, ...] = (),
    gone: bool = False,
) -> Explanation:
    batch = Batch(id=BatchId("b"), members=positions(*opened)) if opened else None
    cursor = Cursor(
        webhook_id=WebhookId("wh-1"), position=Position(cursor_at), open=batch, splitting=splitting, gone=gone
    )
    evidence = Evidence(
        event=make_event(position, type_id),
        webhook=make_registered_webhook(make_webhook(), gaps=gaps),
        cursor=cursor,
        deliveries=(),
        discard=None,
        level_changes=(),
        deadline_ms=77,
    )
    return explain(evidence, {None: CATALOGUE})


def test_an_event_that_was_passed_long_ago_was_delivered_by_an_attempt_that_is_no_longer_kept() -> None:
    explanation = told(3, cursor_at=9)
    assert (explanation.verdict, explanation.attempt_id) == (Verdict.DELIVERED, None)
    assert "no longer kept" in explanation.because


def test_parts_of_a_split_batch_wait() -> None:
    splitting = Splitting(parts=(positions(5, 6),), requests_left=REQUESTS_MAX)
    explanation = told(6, cursor_at=4, splitting=splitting, opened=(4,))
    assert (explanation.verdict, explanation.until_ms) == (Verdict.WAITING, 77)
    assert "in parts" in explanation.because


def test_an_event_in_flight_when_the_webhook_was_disabled_waits_for_its_answer() -> None:
    gaps = (Gap(since=Position(4)),)
    assert told(5, cursor_at=5, opened=(5,), gaps=gaps).verdict is Verdict.WAITING
    assert told(6, cursor_at=5, opened=(5,), gaps=gaps).verdict is Verdict.WHILE_DISABLED


def test_an_endpoint_that_is_gone_tells_how_to_go_on() -> None:
    assert "resume the webhook" in told(5, cursor_at=5, gone=True).because


@pytest.mark.parametrize("type_id", ["bellwire.webhook-failing"])
def test_events_about_bellwire_go_to_those_who_list_them(type_id: str) -> None:
    explanation = told(5, cursor_at=5, type_id=type_id)
    assert explanation.verdict is Verdict.NOT_WANTED
    assert "only to webhooks that list them" in explanation.because


def test_an_event_refused_alone_waits_for_what_the_next_ones_show() -> None:
    refused = SetAside(
        position=Position(5), type=EventTypeId("auth.success"), accepted_at_ms=0, failures=1, retry_at_ms=0
    )
    splitting = Splitting(parts=(), requests_left=REQUESTS_MAX, refused=(refused,))
    explanation = told(5, cursor_at=5, splitting=splitting, opened=(6,))
    assert explanation.verdict is Verdict.WAITING
    assert "whether only it is" in explanation.because
