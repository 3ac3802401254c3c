"""Passwords in forms, which nobody can see while they write them."""

from bellwire.errors import Fault
from bellwire.web.pages.visit import Fields


def unlike_twice(fields: Fields, name: str) -> tuple[Fault, ...]:
    """A fault where the field `again` has something else than the field of that name."""
    if fields.text("again") == fields.text(name):
        return ()
    return (Fault("again", "is not the same; write the new password twice"),)
