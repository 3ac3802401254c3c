"""The metrics of one service: what there is to read, under which names."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from bellwire.model.metric import Metric, MetricKind, Sample
from bellwire.model.rollup import NOTHING, Figures
from bellwire.model.status import ServiceStatus
from bellwire.model.webhook import RegisteredWebhook, WebhookId
from bellwire.rules.exposing import histogram
from bellwire.service import Bellwire

WEBHOOKS_MAX: Final = 1_000
"""That have values of their own, the oldest ones; those of all together have every webhook."""

STATES: Final = ("healthy", "retrying", "failing", "blocked", "paused", "gone", "disabled")

_OUTCOMES: Final[dict[str, Callable[[Figures], int]]] = {
    "delivered": lambda figures: figures.delivered,
    "failed": lambda figures: figures.failed,
    "refused": lambda figures: figures.refused,
    "retry-later": lambda figures: figures.retry_later,
    "gone": lambda figures: figures.gone,
}
_MS_PER_S: Final = 1_000


async def metrics_of(service: Bellwire) -> tuple[Metric, ...]:
    """All metrics with their present values."""
    whole = await service.status()
    since_start, waiting = service.figures.since_start(), service.figures.waiting
    webhooks = service.webhooks()[:WEBHOOKS_MAX]
    return (
        *_of_process(whole),
        *_of_events(since_start.get(None, NOTHING)),
        *_of_webhooks(webhooks, since_start),
        *_of_waiting(webhooks, waiting),
    )


def _of_process(whole: ServiceStatus) -> Iterable[Metric]:
    room = whole.room
    yield _gauge("bellwire_info", "Always 1; the label has the version that runs.", 1, version=whole.version)
    yield _gauge("bellwire_start_time_seconds", "When the process started.", whole.started_at_ms / _MS_PER_S)
    yield _gauge("bellwire_store_bytes", "The store's files.", whole.store_bytes)
    yield _gauge("bellwire_room_used_bytes", "Of the log, from the first event that waits.", room.used_bytes)
    if room.limit_bytes is not None:
        yield _gauge("bellwire_room_limit_bytes", "How many may be used for what waits.", room.limit_bytes)
    if room.free_bytes is not None:
        yield _gauge("bellwire_disk_free_bytes", "What the file system has left.", room.free_bytes)
    yield _counter("bellwire_dispatcher_restarts_total", "Dispatchers that were begun anew.", whole.restarts.count)
    yield _counter(
        "bellwire_announcements_lost_total", "Own events that could not be published.", whole.announcements_lost
    )
    yield Metric(
        name="bellwire_webhooks",
        kind=MetricKind.GAUGE,
        means="How many webhooks are in each state.",
        samples=tuple(Sample(value=whole.states.get(state, 0), labels=(("state", state),)) for state in STATES),
    )


def _of_events(figures: Figures) -> Iterable[Metric]:
    yield _counter("bellwire_events_accepted_total", "Events taken in.", figures.accepted)
    yield _counter("bellwire_events_accepted_bytes_total", "Of those, as encoded.", figures.accepted_bytes)
    yield _counter("bellwire_events_delivered_total", "Events delivered, to each webhook.", figures.events)
    yield _counter("bellwire_events_discarded_total", "Events given up, for each webhook.", figures.discarded)
    yield _counter("bellwire_sent_bytes_total", "Of the bodies of all attempts.", figures.sent_bytes)
    yield Metric(
        name="bellwire_attempts_total",
        kind=MetricKind.COUNTER,
        means="Attempts, by their outcome.",
        samples=tuple(Sample(value=count(figures), labels=(("outcome", word),)) for word, count in _OUTCOMES.items()),
    )
    yield Metric(
        name="bellwire_attempt_duration_seconds",
        kind=MetricKind.HISTOGRAM,
        means="How long attempts took; the sum is estimated from the buckets.",
        samples=histogram(figures.latencies),
    )


def _of_webhooks(
    webhooks: Iterable[RegisteredWebhook], since_start: Mapping[WebhookId | None, Figures]
) -> Iterable[Metric]:
    active = [(webhook, since_start[webhook.id]) for webhook in webhooks if webhook.id in since_start]
    yield Metric(
        name="bellwire_webhook_attempts_total",
        kind=MetricKind.COUNTER,
        means="Attempts of each webhook, by their outcome.",
        samples=tuple(
            Sample(value=count(figures), labels=(*_labels(webhook), ("outcome", word)))
            for webhook, figures in active
            for word, count in _OUTCOMES.items()
        ),
    )
    for name, means, count in (
        ("bellwire_webhook_events_delivered_total", "Events delivered to each webhook.", _delivered),
        ("bellwire_webhook_events_discarded_total", "Events given up for each webhook.", _discarded),
    ):
        samples = tuple(Sample(value=count(figures), labels=_labels(webhook)) for webhook, figures in active)
        yield Metric(name=name, kind=MetricKind.COUNTER, means=means, samples=samples)


def _of_waiting(webhooks: Iterable[RegisteredWebhook], waiting: Mapping[WebhookId, Figures]) -> Iterable[Metric]:
    yield _gauge(
        "bellwire_backlog_events",
        "Events waiting for all webhooks, each counted for each; looked at once a minute.",
        sum(figures.backlog_max for figures in waiting.values()),
    )
    found = [(webhook, waiting.get(webhook.id, NOTHING)) for webhook in webhooks]
    for name, means, value in (
        ("bellwire_webhook_backlog_events", "Events waiting for each webhook.", _backlog),
        ("bellwire_webhook_lag_seconds", "Age of the oldest event waiting for each webhook.", _lag_s),
    ):
        samples = tuple(Sample(value=value(figures), labels=_labels(webhook)) for webhook, figures in found)
        yield Metric(name=name, kind=MetricKind.GAUGE, means=f"{means[:-1]}; looked at once a minute.", samples=samples)


def _delivered(figures: Figures) -> int:
    return figures.events


def _discarded(figures: Figures) -> int:
    return figures.discarded


def _backlog(figures: Figures) -> float:
    return figures.backlog_max


def _lag_s(figures: Figures) -> float:
    return figures.lag_max_ms / _MS_PER_S


def _labels(webhook: RegisteredWebhook) -> tuple[tuple[str, str], ...]:
    return (("webhook", webhook.id), ("name", webhook.object.name))


def _gauge(name: str, means: str, value: float, **labels: str) -> Metric:
    return Metric(
        name=name, kind=MetricKind.GAUGE, means=means, samples=(Sample(value=value, labels=tuple(labels.items())),)
    )


def _counter(name: str, means: str, value: float) -> Metric:
    return Metric(name=name, kind=MetricKind.COUNTER, means=means, samples=(Sample(value=value),))
