"""The gatekeeper: who may come in. Wires tokens, people and sessions; makes those wait who guess or call too often."""

from typing import Final, NamedTuple

import msgspec

from bellwire.clock import Clock
from bellwire.directory import Directory
from bellwire.engine.auditor import Auditor
from bellwire.engine.auth_announcer import Announce, AuthAnnouncer
from bellwire.engine.failure_counter import FailureCounter
from bellwire.engine.password_checker import PasswordChecker
from bellwire.engine.people_registrar import PeopleRegistrar
from bellwire.engine.routine import Routine
from bellwire.engine.session_keeper import Begun, Link, SessionKeeper
from bellwire.engine.token_issuer import TokenIssuer
from bellwire.errors import Fault, InvalidObject, StorageUnavailable, UnknownThing
from bellwire.model.access_limits import AccessLimits
from bellwire.model.credentials import Session
from bellwire.model.principal import Principal, PrincipalKind
from bellwire.rules.granting import OwnPassword
from bellwire.rules.limiting import Bucket, take

ROUND_MS: Final = 10_000
"""Between two rounds in which uses are noted and what is over is forgotten."""


class Signed(NamedTuple):
    """A caller whom a session's cookie has let in."""

    principal: Principal
    session: Session


class Pause(NamedTuple):
    """Nobody may try again before so many milliseconds have passed."""

    wait_ms: int


class Gatekeeper:
    """tokens, people, sessions, auditor: for whoever administers them."""

    def __init__(self, directory: Directory, *, clock: Clock, announce: Announce, limits: AccessLimits) -> None:
        self._directory = directory
        self._clock = clock
        self._limits = limits
        self._announcer = AuthAnnouncer(announce, clock=clock)
        self._failures = FailureCounter(clock)
        self._buckets: dict[tuple[PrincipalKind, str], Bucket] = {}
        self._passwords = PasswordChecker()
        self._routine = Routine(self._run, clock=clock)
        self.auditor = Auditor(directory, clock)
        self.sessions = SessionKeeper(directory, clock=clock, auditor=self.auditor, limits=limits)
        self.tokens = TokenIssuer(directory, clock=clock, auditor=self.auditor, sessions=self.sessions)
        self.people = PeopleRegistrar(
            directory, clock=clock, auditor=self.auditor, passwords=self._passwords, sessions=self.sessions
        )

    async def load(self) -> None:
        """Take over what is stored."""
        await self.tokens.load()
        await self.people.load()
        await self.sessions.load()

    def start(self) -> None:
        """Begin to keep what is stored up to date; once, and not after stop()."""
        self._routine.start()

    async def stop(self) -> None:
        """Note the last uses and leave; also before start(), and again."""
        await self._routine.stop()
        self._passwords.close()

    def admit_token(self, secret: str, *, address: str) -> Principal | None:
        """Whose token it is; None for one that lets nobody in."""
        principal = self.tokens.principal(secret)
        if principal is None:
            return None
        principal = msgspec.structs.replace(principal, address=address)
        self._announcer.used(principal)
        return principal

    def admit_session(self, secret: str, *, address: str) -> Signed | None:
        """Whose session it is, with what is granted to them now; None for one that has ended."""
        session = self.sessions.find(secret)
        if session is None:
            return None
        principal = self._principal(session.name, session.kind)
        return None if principal is None else Signed(msgspec.structs.replace(principal, address=address), session)

    def session_principal(self, secret: str) -> Principal | None:
        """Whose session it is, as admit_session, but it is not used: what goes on by itself keeps none alive."""
        session = self.sessions.look_up(secret)
        return None if session is None else self._principal(session.name, session.kind)

    def wait_ms(self, principal: Principal) -> int:
        """Count one more call; for how many milliseconds the caller has to wait instead, 0 if they need not."""
        per_second = self._limits.requests_per_second
        if per_second is None:
            return 0
        key = (principal.kind, principal.name)
        self._buckets[key], wait_ms = take(
            self._buckets.get(key),
            now_ms=self._clock.steady_ms(),
            per_second=per_second,
            burst=self._limits.requests_burst,
        )
        return wait_ms

    def refuse_token(self, *, address: str) -> int:
        """Count a wrong token; for how many milliseconds its address has to wait, 0 if it is still told so."""
        self._announcer.failed(address=address, how="token")
        return self._failures.refuse(address)

    async def sign_in(
        self, name: str, password: str, *, address: str, instead_of: Session | None = None, browser: str = ""
    ) -> Begun | Pause | None:
        """Begin a session with a name and a password; None where they do not go together. Raises Overloaded."""
        shown = await self._check_password(name, password, address=address)
        if not isinstance(shown, Principal):
            return shown
        return await self._begin(shown, "password", instead_of=instead_of, browser=browser)

    async def change_own_password(self, wish: OwnPassword, *, address: str, session: Session | None) -> bool | Pause:
        """Give a person who shows their password another one; False where name and password do not go together. Their
        sessions end, but for the one, if it is theirs, that the call was made in. Raises Overloaded.
        """
        shown = await self._check_password(wish.name, wish.old, address=address)
        if not isinstance(shown, Principal):
            return False if shown is None else shown
        try:
            await self.people.change_own(wish.new, by=shown, keeping=None if session is None else session.id)
        except UnknownThing:
            return False
        return True

    async def make_link(self, person: str | None, *, by: Principal) -> Link:
        """What lets a person in once, or (None) whoever asks for it. Raises UnknownThing, InvalidObject, Forbidden."""
        if person is not None:
            return await self.sessions.make_link(self.people.get(person).name, PrincipalKind.PERSON, by=by)
        if by.kind is PrincipalKind.PROGRAM:
            raise InvalidObject((Fault("person", "is needed: name the person whom the link is to let in"),))
        return await self.sessions.make_link(by.name, by.kind, by=by)

    async def use_link(
        self, code: str, *, address: str, instead_of: Session | None = None, browser: str = ""
    ) -> Begun | None:
        """Begin a session by a link; None for one that lets nobody in."""
        let_in = self.sessions.use_link(code)
        principal = None if let_in is None else self._principal(*let_in)
        if principal is None:
            self._announcer.failed(address=address, how="link")
            return None
        principal = msgspec.structs.replace(principal, address=address)
        return await self._begin(principal, "link", instead_of=instead_of, browser=browser)

    async def renew(self, signed: Signed) -> Begun:
        """Begin a session in place of one that was ended by what its owner has changed."""
        principal = self._principal(signed.session.name, signed.session.kind)
        if principal is None:
            raise UnknownThing(signed.session.kind.value, signed.session.name)
        principal = msgspec.structs.replace(principal, address=signed.principal.address)
        return await self.sessions.begin(principal, browser=signed.session.browser)

    async def _check_password(self, name: str, password: str, *, address: str) -> Principal | Pause | None:
        """Who has shown their password; each attempt is counted before it is looked at."""
        if wait_ms := self._failures.wait_ms(name, address):
            return Pause(wait_ms)
        self._failures.begin(name, address)
        principal = await self.people.check_password(name, password)
        if principal is None:
            known = self.people.principal_named(name)
            self._announcer.failed(address=address, how="password", name=None if known is None else name)
            return None
        self._failures.forgive(name, address)
        return msgspec.structs.replace(principal, address=address)

    async def _begin(self, principal: Principal, how: str, *, instead_of: Session | None, browser: str) -> Begun:
        begun = await self.sessions.begin(principal, instead_of=instead_of, browser=browser)
        self._announcer.signed_in(principal, how)
        return begun

    def _principal(self, name: str, kind: PrincipalKind) -> Principal | None:
        return self.people.principal_named(name) if kind is PrincipalKind.PERSON else self.tokens.principal_named(name)

    async def _run(self) -> None:
        while not self._routine.stopping:
            await self._routine.rest(until_ms=self._clock.steady_ms() + ROUND_MS)
            self._announcer.tell_failures()
            try:
                await self._keep()
            except StorageUnavailable:
                continue  # the next round does it

    async def _keep(self) -> None:
        tokens, sessions = self.tokens.take_uses(), self.sessions.take_uses()
        if tokens or sessions:
            await self._directory.note_uses(tokens, sessions)
        await self.sessions.forget_ended()
        before_ms = self._clock.wall_ms() - self._limits.audit_age_ms
        while await self._directory.remove_entries(before_ms=before_ms, most=self._limits.audit_entries):
            if self._routine.stopping:
                return
