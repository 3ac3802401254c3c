"""A batch: consecutive wanted events that travel in one request."""

from typing import NewType

import msgspec

from bellwire.model.positions import Positions

BatchId = NewType("BatchId", str)


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """An open batch, stored before its request leaves; every attempt of it sends the same bytes under the same id.

    filter_revision: that of the webhook as its filter chose the members; under another one the batch is closed.
    attempts: how many were settled so far.
    """

    id: BatchId
    members: Positions
    filter_revision: int
    attempts: int = 0
