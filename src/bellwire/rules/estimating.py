"""How much would this webhook get, if events go on as they came?"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from bellwire.model.event import EventTypeId
from bellwire.model.event_type import Catalogue, TracingLevel
from bellwire.model.type_rates import Estimate, TypeRates
from bellwire.model.webhook import WebHook
from bellwire.rules.matching import wanted_types

HOUR_MS: Final = 3_600_000
_SECOND_MS: Final = 1_000


def rates_of(counts: Mapping[EventTypeId, int], *, total_bytes: int, span_ms: int, is_cut: bool) -> TypeRates:
    """The rates of events that came within span_ms. is_cut: whether there were more than were counted.

    Where all were counted the span is an hour at least: two events within a second are no 7,200 an hour.
    """
    events = sum(counts.values())
    span_ms = max(span_ms, _SECOND_MS if is_cut else HOUR_MS)
    return TypeRates(
        per_hour={type_id: count * HOUR_MS / span_ms for type_id, count in counts.items()},
        events=events,
        span_ms=span_ms,
        event_bytes=total_bytes / events if events else 0.0,
    )


def estimate(webhook: WebHook, rates: TypeRates, catalogue: Catalogue) -> Estimate:
    """Events, requests and the size of batches, for a healthy endpoint and events that come at random times."""
    by_level = _by_level(wanted_types(webhook, catalogue), rates, catalogue)
    events = sum(by_level.values())
    if not events:
        return Estimate(events=0.0, requests=0.0, batch_events=0.0, by_level=by_level)
    batch_events = min(_events_in_window(events / HOUR_MS, webhook.throttle_ms), _fitting(webhook, rates))
    return Estimate(events=events, requests=events / batch_events, batch_events=batch_events, by_level=by_level)


def _by_level(wanted: Iterable[EventTypeId], rates: TypeRates, catalogue: Catalogue) -> dict[TracingLevel, float]:
    found: dict[TracingLevel, float] = defaultdict(float)
    for type_id in wanted:
        if rate := rates.per_hour.get(type_id):
            found[catalogue.level(type_id)] += rate
    return {level: found[level] for level in TracingLevel if level in found}


def _events_in_window(events_per_ms: float, throttle_ms: int) -> float:
    """How many events one window takes on average.

    The next window opens a throttle after the one before if anything came meanwhile, else with the next event. By then
    throttle + P(nothing came) / rate have passed, and all that came in that time is in it.
    """
    expected = events_per_ms * throttle_ms
    return expected + math.exp(-expected)


def _fitting(webhook: WebHook, rates: TypeRates) -> float:
    """How many events of the usual size one request may carry."""
    return min(webhook.max_batch_events, max(1.0, webhook.max_batch_bytes / rates.event_bytes))
