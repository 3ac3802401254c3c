"""What became of the events of a test."""

import json
from typing import Any

from bellwire import Bellwire, EventSearch
from receivers import ReceivedRequest


async def logged(bellwire: Bellwire) -> list[dict[str, Any]]:
    """Every event of the log, the oldest first."""
    events = await bellwire.events(EventSearch(limit=1000))
    return [json.loads(event.encoded) for event in reversed(events)]


def events_of(*requests: ReceivedRequest) -> list[dict[str, Any]]:
    """The events that the requests carry."""
    return [event for request in requests for event in json.loads(request.body)["events"]]
