"""May this caller do that?"""

from collections.abc import Sequence
from typing import Final

from bellwire.errors import Fault, Forbidden, ForbiddenType
from bellwire.model.event import EventTypeId
from bellwire.model.principal import Principal, Scope
from bellwire.rules.suggesting import alternatives

_INCLUDED: Final = {
    Scope.PUBLISH: frozenset({Scope.PUBLISH}),
    Scope.READ: frozenset({Scope.READ}),
    Scope.WRITE: frozenset({Scope.WRITE, Scope.READ}),
    Scope.ADMIN: frozenset(Scope),
}


def may(principal: Principal, needed: Scope) -> bool:
    """Whether one of the caller's scopes is the needed one or includes it."""
    return any(needed in _INCLUDED[scope] for scope in principal.scopes)


def check_scope(principal: Principal, needed: Scope) -> None:
    """Raises Forbidden, which names the scope that is missing."""
    if may(principal, needed):
        return
    held = ", ".join(scope.value for scope in Scope if scope in principal.scopes) or "none"
    raise Forbidden(
        f"this needs the scope {needed.value}; the {principal.kind.value} {principal.name!r} has {held}",
        needed=needed.value,
    )


def check_types(principal: Principal, types: Sequence[EventTypeId]) -> None:
    """Raises ForbiddenType for the first of the types that the caller may not publish."""
    if principal.types is None:
        return
    for index, type_id in enumerate(types):
        if type_id not in principal.types:
            allowed = alternatives(sorted(principal.types))
            message = f"{principal.name!r} may not publish {type_id}; it may publish {allowed}"
            raise ForbiddenType(index, Fault(f"events/{index}/type", message))
