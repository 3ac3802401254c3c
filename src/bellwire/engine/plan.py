"""A plan: where a cursor should stand next, and what is given up on the way."""

import msgspec

from bellwire.model.cursor import Cursor, Discard


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A cursor as it should be stored next, and the discards that go with it."""

    cursor: Cursor
    discards: tuple[Discard, ...] = ()
