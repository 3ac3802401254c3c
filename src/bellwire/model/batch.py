"""A batch: consecutive wanted events that travel in one request."""

from typing import NewType

import msgspec

from bellwire.model.positions import Positions

BatchId = NewType("BatchId", str)


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """An open batch, stored before its request leaves; every attempt of it sends the same bytes under the same id.

    revision: that of the webhook whose filter chose the members; under another one the batch is closed.
    window_opened_at_ms: when its window opened, milliseconds since 1970.
    attempts: how many were settled so far.
    """

    id: BatchId
    members: Positions
    revision: int
    window_opened_at_ms: int
    attempts: int = 0
