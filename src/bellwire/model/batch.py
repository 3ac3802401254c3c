"""A batch: consecutive wanted events that travel in one request."""

from typing import NewType

import msgspec

from bellwire.model.positions import Positions

BatchId = NewType("BatchId", str)


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """An open batch, stored before its request leaves; every attempt of it sends the same bytes under the same id.

    attempts: how many were settled so far. aside: it carries one event that was set aside, beside the cursor.
    """

    id: BatchId
    members: Positions
    attempts: int = 0
    aside: bool = False
