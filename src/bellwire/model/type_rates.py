"""How often events of each type came lately, and what of that a webhook would get."""

import msgspec

from bellwire.model.event import EventTypeId
from bellwire.model.event_type import TracingLevel


class TypeRates(msgspec.Struct, frozen=True, kw_only=True):
    """Measured on the newest part of the log. per_hour: events of each type as it was published; types that did not
    come are left out. events: how many were counted, over span_ms. event_bytes: what one has on average, encoded.
    """

    per_hour: dict[EventTypeId, float]
    events: int
    span_ms: int
    event_bytes: float


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """What an endpoint would get an hour, if events go on as they came. batch_events: in one request, on average."""

    events: float
    requests: float
    batch_events: float
    by_level: dict[TracingLevel, float]
