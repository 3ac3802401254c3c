"""The session keeper: begins and ends the sessions of browsers, and makes the links that let people in once."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
import uuid_utils

from bellwire.clock import Clock
from bellwire.directory import Directory, DirectoryChange, PutSession, RemoveSession
from bellwire.engine.auditor import Auditor
from bellwire.engine.secret_maker import hash_of, make_secret
from bellwire.errors import UnknownThing
from bellwire.model.access_limits import AccessLimits
from bellwire.model.audit import Action, MemberChange
from bellwire.model.credentials import BROWSER_LENGTH_MAX, SESSIONS_MAX, SecretHash, Session, SessionId
from bellwire.model.principal import Principal, PrincipalKind, Scope
from bellwire.rules.permitting import check_scope

USE_NOTED_MS: Final = 60_000
"""The last use of a session is stored so often at most."""

LINK_MS: Final = 300_000
"""For how long a link lets somebody in."""

LINKS_MAX: Final = 100
"""Of links that wait to be used; the oldest gives way to another."""


class Begun(NamedTuple):
    """A session, and what its cookie carries."""

    session: Session
    secret: str


class Link(NamedTuple):
    """What lets somebody in once, until then (steady time)."""

    code: str
    expires_at_ms: int


class _Link(msgspec.Struct, frozen=True):
    name: str
    kind: PrincipalKind
    until_ms: int


class SessionKeeper:
    """Holds all sessions in memory, found by the hash of what their cookies carry. Links do not survive a restart."""

    def __init__(self, directory: Directory, *, clock: Clock, auditor: Auditor, limits: AccessLimits) -> None:
        self._directory = directory
        self._clock = clock
        self._auditor = auditor
        self._limits = limits
        self._sessions: dict[SecretHash, Session] = {}
        self._noted: dict[SessionId, int] = {}
        self._links: dict[SecretHash, _Link] = {}

    async def load(self) -> None:
        """Take over what is stored."""
        self._sessions = {session.hash: session for session in await self._directory.sessions()}
        self._noted = {session.id: session.last_used_at_ms for session in self._sessions.values()}

    def all(self) -> tuple[Session, ...]:
        """Those that have not ended, the oldest first."""
        now_ms = self._clock.steady_ms()
        going_on = [session for session in self._sessions.values() if not self._has_ended(session, now_ms)]
        return tuple(sorted(going_on, key=lambda session: session.created_at_ms))

    def find(self, secret: str) -> Session | None:
        """The session whose cookie carries that, unless it has ended; it is used by this."""
        session = self.look_up(secret)
        if session is None:
            return None
        used = msgspec.structs.replace(session, last_used_at_ms=self._clock.steady_ms())
        self._sessions[session.hash] = used
        return used

    def look_up(self, secret: str) -> Session | None:
        """The session whose cookie carries that, unless it has ended; it is not used by this."""
        session = self._sessions.get(hash_of(secret))
        return None if session is None or self._has_ended(session, self._clock.steady_ms()) else session

    async def begin(self, principal: Principal, *, instead_of: Session | None = None, browser: str = "") -> Begun:
        """Begin a session of the caller, who has shown who they are, from their address. instead_of: ends by it.

        browser: what it says that it is; the first BROWSER_LENGTH_MAX characters are kept.
        """
        secret, now_ms = make_secret(), self._clock.steady_ms()
        session = Session(
            id=SessionId(str(uuid_utils.uuid7())),
            hash=hash_of(secret),
            name=principal.name,
            kind=principal.kind,
            address=principal.address,
            browser=browser[:BROWSER_LENGTH_MAX],
            created_at_ms=now_ms,
            last_used_at_ms=now_ms,
        )
        own = [each for each in self.all() if (each.name, each.kind) == (session.name, session.kind)]
        ended = own[: max(0, len(own) - SESSIONS_MAX + 1)] + ([] if instead_of is None else [instead_of])
        audit = self._auditor.entry(principal, Action.SESSION_BEGIN, session.id)
        changes: list[DirectoryChange] = [PutSession(session), *(RemoveSession(each.id) for each in ended)]
        await self._directory.change(changes, audit=audit)
        for each in ended:
            self._drop(each)
        self._sessions[session.hash] = session
        self._noted[session.id] = now_ms
        return Begun(session, secret)

    async def end(self, session_id: SessionId, *, by: Principal) -> None:
        """End a session: one's own, or as an administrator any. Raises UnknownThing, Forbidden."""
        session = next((each for each in self._sessions.values() if each.id == session_id), None)
        if session is None or (session.name, session.kind) != (by.name, by.kind):
            check_scope(by, Scope.ADMIN)
        if session is None:
            raise UnknownThing("session", session_id)
        changes = (MemberChange("name", session.name), MemberChange("address", session.address))
        audit = self._auditor.entry(by, Action.SESSION_END, session_id, changes)
        await self._directory.change([RemoveSession(session_id)], audit=audit)
        self._drop(session)

    def endings_of(self, name: str, kind: PrincipalKind, *, but: SessionId | None = None) -> Sequence[RemoveSession]:
        """What ends every session of that caller, to be stored with whatever ends them. but: the one that goes on."""
        return [RemoveSession(each.id) for each in self._of(name, kind) if each.id != but]

    def drop_all_of(self, name: str, kind: PrincipalKind, *, but: SessionId | None = None) -> None:
        """Forget the sessions and links of that caller, whose ends are stored."""
        for session in self._of(name, kind):
            if session.id != but:
                self._drop(session)
        self._links = {key: link for key, link in self._links.items() if (link.name, link.kind) != (name, kind)}

    async def make_link(self, name: str, kind: PrincipalKind, *, by: Principal) -> Link:
        """What lets that caller in once, within LINK_MS. Raises Forbidden."""
        check_scope(by, Scope.ADMIN)
        await self._directory.change([], audit=self._auditor.entry(by, Action.LOGIN_LINK_MAKE, name))
        code, now_ms = make_secret(), self._clock.steady_ms()
        self._links = {key: link for key, link in self._links.items() if link.until_ms > now_ms}
        while len(self._links) >= LINKS_MAX:
            del self._links[next(iter(self._links))]
        self._links[hash_of(code)] = _Link(name, kind, now_ms + LINK_MS)
        return Link(code, now_ms + LINK_MS)

    def use_link(self, code: str) -> tuple[str, PrincipalKind] | None:
        """Whom the link lets in; None for one that is unknown, too old or was used. It can be used no more."""
        link = self._links.pop(hash_of(code), None)
        if link is None or link.until_ms <= self._clock.steady_ms():
            return None
        return link.name, link.kind

    def take_uses(self) -> list[Session]:
        """Those that were used since their use was last stored, as they are to be stored now."""
        used = [
            session
            for session in self._sessions.values()
            if session.last_used_at_ms >= self._noted[session.id] + USE_NOTED_MS
        ]
        self._noted |= {session.id: session.last_used_at_ms for session in used}
        return used

    async def forget_ended(self) -> None:
        """Remove what has ended by itself."""
        now_ms = self._clock.steady_ms()
        ended = [session for session in self._sessions.values() if self._has_ended(session, now_ms)]
        if ended:
            await self._directory.forget_sessions([session.id for session in ended])
        for session in ended:
            self._drop(session)

    def _of(self, name: str, kind: PrincipalKind) -> list[Session]:
        return [each for each in self._sessions.values() if (each.name, each.kind) == (name, kind)]

    def _drop(self, session: Session) -> None:
        self._sessions.pop(session.hash, None)
        self._noted.pop(session.id, None)

    def _has_ended(self, session: Session, now_ms: int) -> bool:
        limits = self._limits
        return (
            now_ms >= session.created_at_ms + limits.session_age_ms
            or now_ms >= session.last_used_at_ms + limits.session_idle_ms
        )
