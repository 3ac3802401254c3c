"""The WebHook object as fields of a form, and back: both ways are exact, faults are left for the service to find."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from bellwire.errors import Fault
from bellwire.model.duration import UNITS_MS, parse_duration
from bellwire.model.secret import MASK
from bellwire.model.size import UNITS, parse_size
from bellwire.web.pages.visit import Fields

DURATIONS: Final = ("timeout", "throttle", "discardAfter")
SWITCHES: Final = ("allowInvalidCerts", "lossy", "enable")
SECRETS: Final = {"signatureKey": "signatureKey", "Basic": "httpAuth.secret", "Bearer": "httpAuth.bearerToken"}
"""Where each secret stands in the form."""

BYTES: Final = "bytes"

_VARIANTS: Final = {"Value": "secret", "EnvironmentVariable": "variableName", "File": "filePath"}
_CHOICES: Final = ("eventsPolicy", "level", "catchUp")
_TEXTS: Final = ("url", "name")
_WHOLE: Final = re.compile(r"[0-9]{1,15}", re.ASCII)

Values = dict[str, list[str]]


def fields_of(document: Mapping[str, Any]) -> Fields:
    """The form that shows this object, in its JSON form as it is read: secrets masked."""
    values: Values = {name: [str(document[name])] for name in (*_TEXTS, *_CHOICES) if document.get(name)}
    values |= {name: ["on"] for name in SWITCHES if document.get(name)}
    for name in DURATIONS:
        number, unit = _in_one_unit(parse_duration(document[name]))
        values |= {name: [number], f"{name}.unit": [unit]}
    size, unit = _in_one_size(parse_size(document["maxBatchBytes"]))
    values |= {"maxBatchBytes": [size], "maxBatchBytes.unit": [unit]}
    values["maxBatchEvents"] = [str(document["maxBatchEvents"])]
    values["events"] = list(document["events"])
    values["header.name"] = list(document["httpHeaders"])
    values["header.value"] = list(document["httpHeaders"].values())
    values |= fields_of_secret("signatureKey", document["signatureKey"])
    return Fields(values | fields_of_auth(document["httpAuth"]))


def document_of(fields: Fields) -> dict[str, Any]:
    """The object in its JSON form, as it was written; what was left empty is left out and gets its default."""
    document: dict[str, Any] = {name: fields.text(name).strip() for name in _TEXTS if fields.text(name).strip()}
    document |= {name: fields.text(name) for name in _CHOICES if fields.text(name)}
    document |= {name: fields.on(name) for name in SWITCHES}
    document["url"] = fields.text("url").strip()
    document["events"] = fields.texts("events")
    for name in (*DURATIONS, "maxBatchBytes"):
        written = fields.text(name).strip()
        if written:
            document[name] = _with_unit(written, fields.text(f"{name}.unit"))
    if written := fields.text("maxBatchEvents").strip():
        document["maxBatchEvents"] = int(written) if _WHOLE.fullmatch(written) else written
    document["httpHeaders"] = dict(_headers(fields))
    document["signatureKey"] = secret_of(fields, "signatureKey")
    document["httpAuth"] = auth_of(fields)
    return document


def auth_of(fields: Fields) -> dict[str, Any]:
    """The credentials that were written, in their JSON form."""
    match kind := fields.text("httpAuth") or "Unauthenticated":
        case "Basic":
            secret = secret_of(fields, SECRETS[kind])
            return {"@type": kind, "username": fields.text("httpAuth.username"), "secret": secret}
        case "Bearer":
            return {"@type": kind, "bearerToken": secret_of(fields, SECRETS[kind])}
        case _:
            return {"@type": kind}


def secret_of(fields: Fields, place: str) -> dict[str, Any]:
    """The secret that was written there, in its JSON form; a stored value is kept where nothing was written instead."""
    default = "None" if place == "signatureKey" else "Value"
    kind = fields.text(place) or default
    member = _VARIANTS.get(kind)
    if member is None:
        return {"@type": kind}
    written = fields.text(f"{place}.{member}")
    if kind == "Value" and not written and fields.on(f"{place}.kept"):
        written = MASK
    return {"@type": kind, member: written}


def fields_of_auth(auth: Mapping[str, Any]) -> Values:
    """The fields that show these credentials, in their JSON form."""
    values: Values = {"httpAuth": [auth["@type"]]}
    if auth["@type"] == "Basic":
        values["httpAuth.username"] = [auth["username"]]
        values |= fields_of_secret(SECRETS["Basic"], auth["secret"])
    if auth["@type"] == "Bearer":
        values |= fields_of_secret(SECRETS["Bearer"], auth["bearerToken"])
    return values


def fields_of_secret(place: str, secret: Mapping[str, Any]) -> Values:
    """The fields that show this secret, in its JSON form."""
    kind = secret["@type"]
    values: Values = {place: [kind]}
    if kind == "Value":
        values[f"{place}.kept" if secret["secret"] == MASK else f"{place}.secret"] = [secret["secret"]]
    elif kind in _VARIANTS:
        values[f"{place}.{_VARIANTS[kind]}"] = [secret[_VARIANTS[kind]]]
    return values


def repeated_headers(fields: Fields) -> tuple[Fault, ...]:
    """A fault for each header that stands in the form twice, which the object cannot say."""
    names = [name for name, _ in _headers(fields)]
    twice = dict.fromkeys(name for name in names if names.count(name) > 1)
    return tuple(Fault(f"httpHeaders/{name}", f"{name} is given twice; a header may stand once") for name in twice)


def faults_by_field(faults: Iterable[Fault], *, whole: str = "url") -> dict[str, list[str]]:
    """What is wrong with each field, by the first member of its path. whole: where faults of the whole are told."""
    found: dict[str, list[str]] = {}
    for fault in faults:
        field, _, rest = fault.path.partition("/")
        inner = rest.rsplit("/", 1)[-1] if field == "httpHeaders" else ""
        message = fault.message if not inner or inner in fault.message else f"{inner}: {fault.message}"
        found.setdefault(field or whole, []).append(message)
    return found


def _headers(fields: Fields) -> list[tuple[str, str]]:
    """The rows that have anything in them."""
    rows = zip(fields.texts("header.name"), fields.texts("header.value"), strict=False)
    return [(name.strip(), value.strip()) for name, value in rows if name.strip() or value.strip()]


def _with_unit(written: str, unit: str) -> str | int:
    """A number with its unit; anything else as it was written: `1m30s` may stand in the field too."""
    if not _WHOLE.fullmatch(written):
        return written
    return int(written) if unit == BYTES else written + unit


def _in_one_unit(duration_ms: int) -> tuple[str, str]:
    if duration_ms == 0:
        return "0", "s"
    unit = next(unit for unit, unit_ms in UNITS_MS.items() if duration_ms % unit_ms == 0)
    return str(duration_ms // UNITS_MS[unit]), unit


def _in_one_size(size: int) -> tuple[str, str]:
    for unit in ("MiB", "KiB"):
        if size % UNITS[unit] == 0:
            return str(size // UNITS[unit]), unit
    return str(size), BYTES
