"""What a monitoring system reads of Bellwire: metrics, as Prometheus has them."""

import enum

import msgspec


class MetricKind(enum.Enum):
    """counter: only grows, until the process ends. gauge: goes up and down. histogram: counts by how long it took."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One value. ending: what follows the metric's name (`_bucket`, `_sum`, `_count` of a histogram)."""

    value: float
    labels: tuple[tuple[str, str], ...] = ()
    ending: str = ""


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """A name and its values. means: in a sentence, for a person."""

    name: str
    kind: MetricKind
    means: str
    samples: tuple[Sample, ...]
