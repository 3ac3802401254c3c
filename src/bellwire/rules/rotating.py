"""Which key rotation is asked for?"""

from typing import Final

import msgspec

from bellwire.errors import InvalidObject
from bellwire.model.duration import DurationMs
from bellwire.rules.reading import Findings, Place, kind_of, read_duration, refuse_unknown

OVERLAP_MS: Final = DurationMs(86_400_000)
"""For which a replaced key goes on signing unless somebody says otherwise: 24 h."""

OVERLAP_MAX_MS: Final = DurationMs(30 * 86_400_000)

MEMBERS: Final = ("signatureKey", "overlap")


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """key: the next one in its JSON form, not checked yet; None: one is to be made."""

    key: str | dict[str, object] | None
    overlap_ms: DurationMs


def read_rotation(document: dict[str, object]) -> Rotation:
    """Read `{"signatureKey": …, "overlap": "24h"}`, both optional. Raises InvalidObject with all faults."""
    faults = Findings()
    place = Place(document, "", faults)
    refuse_unknown(document, MEMBERS, place=place, owner="a key rotation")
    overlap_ms = read_duration(
        place.at("overlap", document.get("overlap")), least_ms=0, most_ms=OVERLAP_MAX_MS, default=OVERLAP_MS
    )
    key = _read_key(place.at("signatureKey", document.get("signatureKey")))
    if faults.all():
        raise InvalidObject(faults.all())
    return Rotation(key=key, overlap_ms=overlap_ms)


def _read_key(place: Place) -> str | dict[str, object] | None:
    match place.value:
        case None | str() | dict() as key:
            return key
        case other:
            place.fault(f'must be a key, as in {{"@type": "Value", "secret": …}}, or text, not {kind_of(other)}')
            return None
