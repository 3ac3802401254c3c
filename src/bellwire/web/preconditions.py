"""Entity tags, and requests that depend on them (RFC 9110 §8.8.3, §13)."""

import re
from typing import Final

from starlette.datastructures import Headers

from bellwire.errors import EditConflict
from bellwire.web.problem_kinds import BAD_CONDITION
from bellwire.web.problems import Problem, Refused

_TAGS: Final = re.compile(r'\s*(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"\s*(?:,\s*(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"\s*)*')
_TAG: Final = re.compile(r'(W/)?("[^"]*")')
_ANY: Final = "*"


def entity_tag(revision: int) -> str:
    """The ETag of a revision."""
    return f'"{revision}"'


def not_modified(headers: Headers, revision: int) -> bool:
    """Whether If-None-Match says that the client has this revision (weak comparison)."""
    return has_tag(headers, entity_tag(revision))


def has_tag(headers: Headers, tag: str) -> bool:
    """Whether If-None-Match names this ETag or any."""
    written = _condition(headers, "If-None-Match")
    if written is None:
        return False
    return written == _ANY or tag in {named for _, named in _TAG.findall(written)}


def revision_to_edit(headers: Headers, revision: int) -> int | None:
    """The revision that an edit was made from, given the present one; None where the client does not say.

    Raises EditConflict where If-Match or If-None-Match forbid to edit the present one (strong comparison).
    """
    if not_modified(headers, revision):
        raise EditConflict("the webhook is there, and If-None-Match forbids to change it")
    written = _condition(headers, "If-Match")
    if written is None or written == _ANY:
        return None
    if entity_tag(revision) not in {tag for weak, tag in _TAG.findall(written) if not weak}:
        raise EditConflict(
            f"the webhook was changed since it was read: it has the ETag {entity_tag(revision)}; "
            "read it again and repeat the edit"
        )
    return revision


def _condition(headers: Headers, name: str) -> str | None:
    values = headers.getlist(name)
    if not values:
        return None
    written = ", ".join(values).strip()
    if written != _ANY and not _TAGS.fullmatch(written):
        detail = f'{name} is neither * nor a list of ETags; write it as the ETag came: {name}: "1"'
        raise Refused(Problem.of(BAD_CONDITION, detail))
    return written
