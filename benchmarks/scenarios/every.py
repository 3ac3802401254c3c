"""All scenarios, in the order in which they are measured and reported."""

from typing import Final

from benchmarks.scenarios import delivering, disk, latency, many_webhooks, pages, publishing, starting
from benchmarks.stage import Scenario

ALL: Final[tuple[Scenario, ...]] = (
    publishing.publish_one_by_one,
    publishing.publish_hundreds,
    publishing.publish_lines,
    delivering.end_to_end,
    delivering.one_request_per_event,
    delivering.one_request_per_event_to_100,
    delivering.drain,
    latency.latency_at_500,
    latency.latency_at_2000,
    many_webhooks.one_type_each,
    many_webhooks.everything_to_all,
    many_webhooks.a_third_hanging,
    many_webhooks.idle,
    starting.start_with_much,
    disk.bytes_on_disk,
    pages.pages_with_much,
)
