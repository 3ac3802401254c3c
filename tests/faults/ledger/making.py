"""Which event is this publisher's n-th? A pure function of the seed, so that the audit can make every event again."""

import json
import random
import zlib
from typing import Final, NamedTuple

TYPES: Final = {
    "auth.success": "info",
    "auth.failed": "debug",
    "auth.error": "error",
    "message-ingest.ham": "info",
    "security.ip-blocked": "info",
    "smtp.raw-input": "trace",
    "shop.order-paid": "info",
}
"""The types that are published, with the levels that they have in Bellwire; the last is nowhere declared."""

_VALUES: Final = (
    ("1.10",), ("332248442443137537",), ("-0.0",), ("1E400",), ("0.1000000000000000055511151231257827",),
    ("true",), ("null",), ('""',), ('"two  blanks, a \\t tab, a \\" quote"',), ('"\\u00e9 is é, \\/ is /"',),
    ('"🔔 ü € \\ud83d\\udd14"',), ("[", "]"), ("{", "}"), ("[", "1", ",", "2.50", ",", "[", "]", "]"),
    ("{", '"a b"', ":", "{", '"ü"', ":", "[", "false", "]", "}", "}"), ('"' + "x" * 700 + '"',),
)  # fmt: skip
_BLANKS: Final = ("", "", " ", "\t", "  ")
_TIMES: Final = (
    ("2026-09-29T19:00:04Z", "2026-09-29T19:00:04.000Z"),
    ("2026-09-29T21:00:04.5+02:00", "2026-09-29T19:00:04.500Z"),
)


class MadeEvent(NamedTuple):
    """One event. created_at: as receivers must see it, or None where Bellwire takes its own time.

    published: what is sent to Bellwire, with white space between tokens; data: what receivers must get of it.
    """

    id: str
    type: str
    created_at: str | None
    published: str
    data: bytes

    def encoded(self, created_at: str) -> bytes:
        """The bytes that receivers must get."""
        head = f'{{"id":{_text(self.id)},"createdAt":{_text(created_at)},"type":{_text(self.type)},"data":'
        return head.encode() + self.data + b"}"


def make_event(seed: int, publisher: int, number: int) -> MadeEvent:
    """The event of that number, counted from 0, of that publisher."""
    dice = random.Random(f"{seed}/{publisher}/{number}")  # noqa: S311 - chance, not secrecy
    tokens = ["{", '"number"', ":", str(number)]
    for member in range(dice.randrange(4)):
        tokens += [",", f'"member {member}"', ":", *dice.choice(_VALUES)]
    tokens.append("}")
    event_id = f"{publisher}.{number}" + dice.choice(("", "", "/ü", '"'))
    type_id = dice.choice(tuple(TYPES))
    given, shown = dice.choice((*_TIMES, (None, None)))
    members = [f'"id": {_text(event_id)}', f'"type":{_text(type_id)}', f'"data" :{_blanked(tokens, dice)}']
    if given is not None:
        members.append(f'"createdAt": {_text(given)}')
    dice.shuffle(members)
    published = "{" + ", ".join(members) + "}"
    return MadeEvent(id=event_id, type=type_id, created_at=shown, published=published, data="".join(tokens).encode())


def is_poisoned(event_id: str) -> bool:
    """Whether a picky receiver refuses the event, alone or with others: one of 40."""
    return zlib.crc32(event_id.encode()) % 40 == 0


def origin(event_id: str) -> tuple[int, int] | None:
    """Which publisher made the event of that id, and as which; None if none can have."""
    publisher, _, rest = event_id.partition(".")
    number = rest.rstrip('/ü"')
    return (int(publisher), int(number)) if publisher.isdecimal() and number.isdecimal() else None


def _blanked(tokens: list[str], dice: random.Random) -> str:
    return "".join(token + dice.choice(_BLANKS) for token in tokens)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
