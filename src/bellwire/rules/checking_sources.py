"""Is this source object sound?"""

from typing import Final

import msgspec

from bellwire.errors import ConflictingName, Fault, InvalidObject
from bellwire.model.secret import NoSecret
from bellwire.model.source import SOURCE_NAME_LENGTH_MAX, Source, SourceName, is_source_name
from bellwire.model.webhook import Unauthenticated
from bellwire.rules.checking_secrets import read_http_auth, read_signature_key
from bellwire.rules.entrusting import FULL_TRUST, Trust, check_entrusted
from bellwire.rules.presenting_sources import SERVER_FIELDS
from bellwire.rules.reading import Findings, Place, kind_of, read_flag, read_text, refuse_unknown
from bellwire.rules.suggesting import quoted

FIELDS: Final = tuple(field.encode_name for field in msgspec.structs.fields(Source))


def read_source(
    document: object, *, name: str | None = None, stored: Source | None = None, trust: Trust = FULL_TRUST
) -> Source:
    """Make a Source from its decoded JSON form; absent fields, and null, get their defaults.

    name: what the object is called by other means; it need not say so itself then. stored: what it replaces; secrets
    written as `"****"` are taken over from it. What the server sets is passed over. trust: in the writer. Raises
    InvalidObject with all faults, and ConflictingName for a sound object that says another name than the given one.
    """
    if not isinstance(document, dict):
        raise InvalidObject((Fault("", f"a source is a JSON object, not {kind_of(document)}"),))
    faults = Findings()
    root = Place(document, "", faults)
    refuse_unknown(document, (*FIELDS, *SERVER_FIELDS), place=root, owner="a source")
    members = {field: root.at(field, document.get(field)) for field in FIELDS}
    source = Source(
        name=_read_name(members["name"], name),
        signature_key=read_signature_key(
            members["signatureKey"], stored=stored.signature_key if stored is not None else NoSecret()
        ),
        http_auth=read_http_auth(
            members["httpAuth"], stored=stored.http_auth if stored is not None else Unauthenticated()
        ),
        allow_anyone=read_flag(members["allowAnyone"], default=False),
        enable=read_flag(members["enable"], default=True),
    )
    if not faults.touch("signatureKey", "httpAuth", "allowAnyone"):
        _check_protection(source, root, members)
    check_entrusted(source, stored, document, trust=trust, faults=faults)
    if found := faults.all():
        raise InvalidObject(found)
    if name is not None and source.name != name:
        raise ConflictingName(f"is {quoted(source.name)}, but the source is called {quoted(name)}; leave the name out")
    return source


def _read_name(place: Place, given: str | None) -> SourceName:
    if place.value is None and given is not None:
        place = Place(given, place.path, place.faults)
    name = read_text(place, length_max=SOURCE_NAME_LENGTH_MAX)
    if name and not is_source_name(name):
        place.fault(f"{quoted(name)} is no name of a source; write lower case letters, digits and hyphens: mail-1")
    return SourceName(name)


def _check_protection(source: Source, root: Place, members: dict[str, Place]) -> None:
    protected = not isinstance(source.signature_key, NoSecret) or not isinstance(source.http_auth, Unauthenticated)
    if source.allow_anyone and protected:
        members["allowAnyone"].fault("contradicts signatureKey and httpAuth, which not everybody has; leave it out")
    if not source.allow_anyone and not protected:
        root.fault(
            "has neither signatureKey nor httpAuth, so anybody who reaches this server could publish by it; give one "
            "of them, as in the upstream server's own settings, or say so: allowAnyone: true"
        )
