"""Is an event of a known id the same event again?"""

from bellwire.model.event import NewEvent


def repeats(event: NewEvent, encoded: bytes) -> bool:
    """Whether the encoded event has the type and data of the new one; createdAt may differ.

    Comparing the end is enough: it reads `"type":…,"data":{…}}` and closes one brace more than it opens, so in a
    sound event it can only begin at the outermost level, where there is one member called type.
    """
    return encoded.endswith(event.encoded[event.content_at :])
