"""The auth announcer: says in the event log who came in and who was turned away, at a bounded rate."""

from collections.abc import Callable, Mapping
from typing import Final

from bellwire.clock import Clock
from bellwire.engine.token_issuer import ADMIN
from bellwire.model.event import EventTypeId
from bellwire.model.principal import Principal
from bellwire.rules.limiting import is_loopback

SUCCESS: Final = EventTypeId("bellwire.auth-success")
FAILED: Final = EventTypeId("bellwire.auth-failed")

FAILED_PAUSE_MS: Final = 10_000
"""Between two events about failures; the later one counts all that came meanwhile."""

TOLD_AGAIN_MS: Final = 3_600_000
"""A token that is used again and again from one address is told so often."""

REMEMBERED_MAX: Final = 10_000
"""Tokens with addresses of which it is known when they were told."""

Announce = Callable[[EventTypeId, Mapping[str, object]], None]


class AuthAnnouncer:
    """Nobody waits for it."""

    def __init__(self, announce: Announce, *, clock: Clock) -> None:
        self._announce = announce
        self._clock = clock
        self._failures = 0
        self._last_failure: dict[str, object] = {}
        self._failures_from_ms = 0
        self._told_at_ms: dict[tuple[str, str], int] = {}

    def signed_in(self, principal: Principal, how: str) -> None:
        """Somebody came in. how: by `password`, `link` or `token`."""
        told = {"name": principal.name, "kind": principal.kind.value, "address": principal.address, "by": how}
        self._announce(SUCCESS, told)

    def used(self, principal: Principal) -> None:
        """A token was used; told for the first time in an hour from its address. Of the data folder's own token on this
        machine, with which the command line makes every call, nothing is told.
        """
        if principal.name == ADMIN and is_loopback(principal.address):
            return
        key, now_ms = (principal.name, principal.address), self._clock.steady_ms()
        told_at_ms = self._told_at_ms.get(key)
        if told_at_ms is not None and now_ms - told_at_ms < TOLD_AGAIN_MS:
            return
        self._told_at_ms.pop(key, None)
        self._told_at_ms[key] = now_ms
        if len(self._told_at_ms) > REMEMBERED_MAX:
            del self._told_at_ms[next(iter(self._told_at_ms))]
        self.signed_in(principal, "token")

    def failed(self, *, address: str, how: str, name: str | None = None) -> None:
        """Somebody was turned away. name: only of a person who is known, as some write their password there."""
        self._failures += 1
        self._last_failure = {"address": address, "by": how, **({} if name is None else {"name": name})}
        self.tell_failures()

    def tell_failures(self) -> None:
        """Tell those that were not told yet, if the last ones are long enough ago."""
        now_ms = self._clock.steady_ms()
        if self._failures and now_ms >= self._failures_from_ms:
            self._announce(FAILED, {"count": self._failures, **self._last_failure})
            self._failures = 0
            self._failures_from_ms = now_ms + FAILED_PAUSE_MS
