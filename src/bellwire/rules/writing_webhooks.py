"""What does a Python program mean by a WebHook object that it writes?"""

import enum
from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import islice
from pathlib import PurePath
from typing import Any, Final

import msgspec

from bellwire.errors import Fault, InvalidObject
from bellwire.model.event_type import TracingLevel
from bellwire.model.secret import SecretKeyOptional
from bellwire.model.webhook import CatchUp, EventPolicy, HttpAuth
from bellwire.rules.checking_events import EVENTS_LISTED_MAX
from bellwire.rules.reading import Findings, Place, read_choice

Duration = str | int | timedelta
"""A length of time: `"1m30s"`, a whole number of milliseconds, or a timedelta."""

Key = str | SecretKeyOptional | Mapping[str, object]
"""A signature key; text is short for a Value. A mapping is in its JSON form."""

_MILLISECOND: Final = timedelta(milliseconds=1)


class WebHook:
    """A WebHook object as it is written, sound or not: what is wrong with it is told by whoever takes it, all at once.

    The fields are those of the page in Python's spelling; None, or leaving one out, stands for its default. What a
    webhook is registered with in the end is model.webhook.WebHook, which is checked and complete.

    document: the JSON form. It holds secrets in clear.
    """

    def __init__(  # noqa: PLR0913 - one argument for each field of the object
        self,
        *,
        url: str,
        name: str | None = None,
        events: Iterable[str] | None = None,
        events_policy: EventPolicy | str | None = None,
        timeout: Duration | None = None,
        throttle: Duration | None = None,
        discard_after: Duration | None = None,
        signature_key: Key | None = None,
        http_auth: HttpAuth | None = None,
        http_headers: Mapping[str, str] | None = None,
        allow_invalid_certs: bool | None = None,
        lossy: bool | None = None,
        enable: bool | None = None,
        level: TracingLevel | str | None = None,
        max_batch_events: int | None = None,
        max_batch_bytes: int | str | None = None,
        catch_up: CatchUp | str | None = None,
    ) -> None:
        """signature_key: text is short for a Value. events: read once. max_batch_bytes: a number, or `"1MiB"`."""
        written = {
            "url": url,
            "name": name,
            "events": events,
            "eventsPolicy": events_policy,
            "timeout": timeout,
            "throttle": throttle,
            "discardAfter": discard_after,
            "signatureKey": None if signature_key is None else write_key(signature_key),
            "httpAuth": http_auth,
            "httpHeaders": http_headers,
            "allowInvalidCerts": allow_invalid_certs,
            "lossy": lossy,
            "enable": enable,
            "level": level,
            "maxBatchEvents": max_batch_events,
            "maxBatchBytes": max_batch_bytes,
            "catchUp": catch_up,
        }
        self.document = json_form({name: value for name, value in written.items() if value is not None})

    @classmethod
    def from_json(cls, written: str | bytes | Mapping[str, object]) -> "WebHook":
        """The object from its JSON form, as text or decoded. Raises InvalidObject for text that is no JSON."""
        webhook = cls.__new__(cls)
        try:
            webhook.document = msgspec.json.decode(written) if isinstance(written, str | bytes) else json_form(written)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as problem:
            reason = str(problem).removeprefix("JSON is malformed: ")
            raise InvalidObject((Fault("", f"is not JSON: {reason}"),)) from problem
        return webhook

    def __repr__(self) -> str:
        """Without its members, which may be secrets."""
        url = self.document.get("url") if isinstance(self.document, dict) else None
        return f"WebHook(url={url!r}, …)"


Written = WebHook | Mapping[str, object]
"""A WebHook object as a program may hand it in; a mapping is in its JSON form."""


def json_form(value: object) -> Any:  # noqa: ANN401 - JSON of any kind
    """The JSON form of what a program wrote. What has none is left as it is, for the checks to find."""
    match value:
        case None | bool() | int() | float() | str() | bytes() | bytearray():
            return value
        case WebHook():
            return value.document
        case enum.Enum():
            return json_form(value.value)
        case timedelta():
            whole, rest = divmod(value, _MILLISECOND)
            return whole + rest / _MILLISECOND if rest else whole
        case PurePath():
            return str(value)
        case msgspec.Struct():
            return _struct_form(value)
        case Mapping():
            return {str(name): json_form(member) for name, member in value.items()}
        case set() | frozenset():
            return sorted(map(json_form, value), key=str)
        case Iterable():
            return [json_form(member) for member in islice(value, EVENTS_LISTED_MAX + 1)]
        case _:
            return value


def write_key(key: Key) -> Any:  # noqa: ANN401 - as json_form
    """The JSON form of a signature key; text is short for a Value."""
    return {"@type": "Value", "secret": key} if isinstance(key, str) else json_form(key)


def read_level(level: TracingLevel | str) -> TracingLevel:
    """The level of that name. Raises InvalidObject."""
    faults = Findings()
    read = read_choice(Place(json_form(level), "level", faults), TracingLevel)
    if read is None:
        raise InvalidObject(faults.all() or (Fault("level", "is required and missing"),))
    return read


def _struct_form(value: msgspec.Struct) -> dict[str, Any]:
    tag_field, tag = value.__struct_config__.tag_field, value.__struct_config__.tag
    form: dict[str, Any] = {} if tag_field is None else {tag_field: tag}
    return form | {field.encode_name: json_form(getattr(value, field.name)) for field in msgspec.structs.fields(value)}
