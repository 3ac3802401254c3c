"""What a page shows or does, as a command and as a call of the API, filled in with what the page is about."""

import fnmatch
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import quote, urlencode

import msgspec
from starlette.requests import Request

from bellwire.model.principal import Principal
from bellwire.rules.permitting import may
from bellwire.service import Bellwire
from bellwire.web.app import OPERATIONS
from bellwire.web.operation import Operation
from bellwire.web.schemas.live import STREAM_TYPE

VALUE_LENGTH_MAX: Final = 256
VALUES_MAX: Final = 100
"""Of a filter: as long, and as many, as a parameter of the API may be given."""

_PART: Final = re.compile(r"\{(\w+)\}")
_OPERATIONS: Final = {f"{method} {path.replace(':path', '')}": each for (path, method), each in OPERATIONS.items()}


class Equivalent(msgspec.Struct, frozen=True, kw_only=True):
    """A command without `bellwire`, a call as method, path and query, or both; names in braces are parts of paths.

    filters: by the name of a field of the page's form, what the parameter of the call and the option are called.
    """

    title: str
    command: str
    call: str
    body: str
    filters: Mapping[str, str]

    @property
    def operation(self) -> Operation | None:
        """What the call is; None where there is only a command."""
        return _OPERATIONS[self.call.partition("?")[0]] if self.call else None


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """An equivalent as it is shown and copied. call: method and path; curl: the same for a shell."""

    title: str
    command: str
    call: str
    curl: str


def same(
    call: str = "",
    command: str = "",
    *,
    title: str = "",
    body: str = "",
    filters: Sequence[str] | Mapping[str, str] = (),
) -> Equivalent:
    """An entry of the table; a call brings its title. filters: names alone where they are the same on both sides.

    Raises LookupError for a call that the API does not have.
    """
    operation = _OPERATIONS.get(call.partition("?")[0])
    if call and operation is None:
        raise LookupError(f"the API has no operation {call.partition('?')[0]!r}; write it as docs/api.md does")
    return Equivalent(
        title=title or (operation.summary if operation else ""),
        command=command,
        call=call,
        body=body,
        filters=filters if isinstance(filters, Mapping) else dict(zip(filters, filters, strict=True)),
    )


def shown_to(
    principal: Principal, equivalents: Sequence[Equivalent], request: Request, service: Bellwire
) -> tuple[Shown, ...]:
    """Those that the visitor may use, about what the request was about; what the path does not name is in capitals."""
    base = f"{request.url.scheme}://{request.url.netloc}"
    return tuple(
        _shown(each, base, request, service)
        for each in equivalents
        if each.operation is None or each.operation.needs is None or may(principal, each.operation.needs)
    )


def _shown(equivalent: Equivalent, base: str, request: Request, service: Bellwire) -> Shown:
    parts: dict[str, str] = {name: str(value) for name, value in request.path_params.items()}
    filters = [
        (name, value)
        for field, name in equivalent.filters.items()
        for value in _values(name, request.query_params.get(field, "").strip(), service)
    ]
    method, _, path = _filled(equivalent.call, parts).partition(" ")
    if filters and path:
        path += ("&" if "?" in path else "?") + urlencode(filters)
    return Shown(
        title=equivalent.title,
        command=_command(equivalent.command, parts, filters) if equivalent.command else "",
        call=f"{method} {path}",
        curl=_curl(equivalent, method, base + path) if path else "",
    )


def _values(name: str, written: str, service: Bellwire) -> Sequence[str]:
    """What a filter is set to. Only pages take patterns, here the types that they stand for, and names of webhooks,
    here their ids.
    """
    if name == "type" and "*" in written and len(written) <= VALUE_LENGTH_MAX:
        return [each for each in service.catalogue.ids() if fnmatch.fnmatchcase(each, written.lower())][:VALUES_MAX]
    if name == "webhook" and written:
        meant = written.casefold()
        ids = [each.id for each in service.webhooks() if each.object.name.casefold() == meant]
        return ids[:1] or [written[:VALUE_LENGTH_MAX]]
    return [written[:VALUE_LENGTH_MAX]] if written else []


def _filled(template: str, parts: Mapping[str, str]) -> str:
    return _PART.sub(lambda part: quote(_value(part[1], parts), safe=""), template)


def _value(name: str, parts: Mapping[str, str]) -> str:
    return parts.get(name) or name.rpartition("_")[0].upper()


def _command(template: str, parts: Mapping[str, str], filters: Sequence[tuple[str, str]]) -> str:
    return shlex.join(
        ["bellwire", *_words(template, parts), *(word for name, value in filters for word in (f"--{name}", value))]
    )


def _words(template: str, parts: Mapping[str, str]) -> Iterator[str]:
    for word in template.split():
        part = _PART.fullmatch(word)
        value = _value(part[1], parts) if part else word
        if part and value.startswith("-"):
            yield "--"  # or it would be taken for an option
        yield value


def _curl(equivalent: Equivalent, method: str, url: str) -> str:
    operation = equivalent.operation
    words = ["curl"]
    if operation and any(each.media_type == STREAM_TYPE for answer in operation.answers for each in answer.contents):
        words.append("-N")
    if method not in {"GET", "POST" if equivalent.body else "GET"}:
        words += ["-X", method]
    if operation and operation.needs is not None:
        words += ["-H", '"Authorization: Bearer $BELLWIRE_TOKEN"']
    if equivalent.body:
        words += ["-H", shlex.quote("Content-Type: application/json"), "-d", shlex.quote(equivalent.body)]
    return " ".join([*words, shlex.quote(url)])
