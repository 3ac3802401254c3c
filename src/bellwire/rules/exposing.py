"""How are metrics written so that a monitoring system can read them?

The text format of Prometheus, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from collections.abc import Iterable, Iterator
from typing import Final

from bellwire.model.metric import Metric, Sample
from bellwire.model.rollup import LATENCY_BOUNDS_MS

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_MS_PER_S: Final = 1_000


def expose(metrics: Iterable[Metric]) -> str:
    """All of them, a line for each value."""
    return "".join(f"{line}\n" for metric in metrics for line in _lines(metric))


def series_name(metric: Metric, sample: Sample) -> str:
    """A value's name with its labels, as queries have it."""
    labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in sample.labels)
    return f"{metric.name}{sample.ending}" + (f"{{{labels}}}" if labels else "")


def show_value(value: float) -> str:
    """Digits, without a fraction where there is none."""
    return str(int(value)) if value == int(value) else repr(value)


def histogram(latencies: tuple[int, ...]) -> tuple[Sample, ...]:
    """What the classes of roll-ups are as a histogram in seconds. Its sum is not known, only estimated: the middle of
    each class; of the last one, which has no end, its begin.
    """
    counts = [*latencies, *[0] * (len(LATENCY_BOUNDS_MS) + 1 - len(latencies))]
    samples, below, sum_ms, lower_ms = list[Sample](), 0, 0.0, 0
    for count, bound_ms in zip(counts, LATENCY_BOUNDS_MS, strict=False):
        below += count
        sum_ms += count * (lower_ms + bound_ms) / 2
        lower_ms = bound_ms
        samples.append(Sample(ending="_bucket", labels=(("le", show_value(bound_ms / _MS_PER_S)),), value=below))
    whole = sum(counts)
    sum_ms += counts[-1] * lower_ms
    samples.append(Sample(ending="_bucket", labels=(("le", "+Inf"),), value=whole))
    samples.append(Sample(ending="_sum", value=sum_ms / _MS_PER_S))
    samples.append(Sample(ending="_count", value=whole))
    return tuple(samples)


def _lines(metric: Metric) -> Iterator[str]:
    means = metric.means.replace("\\", r"\\").replace("\n", r"\n")
    yield f"# HELP {metric.name} {means}"
    yield f"# TYPE {metric.name} {metric.kind.value}"
    for sample in metric.samples:
        yield f"{series_name(metric, sample)} {show_value(sample.value)}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
