"""Stretches of the log: what is removed whole or not at all."""

import msgspec

from bellwire.model.event import Position


class Stretch(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Neighbours at first ≤ position < behind, accepted at one time.

    bytes_before: of all events that were ever logged before them, as they are encoded.
    """

    first: Position
    behind: Position
    accepted_at_ms: int
    bytes_before: int
