"""The vault: seals the secrets of webhooks and sources before they are stored, and opens them when they are read."""

import base64
import binascii
import secrets
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec.structs import replace

from bellwire.errors import StorageUnavailable
from bellwire.model.secret import MASK
from bellwire.model.secrets_key import SecretsKey
from bellwire.model.source import RegisteredSource
from bellwire.model.webhook import RegisteredWebhook, WebhookId
from bellwire.reporter import Reporter
from bellwire.rules.sealing import Holder, changed, owner_of, secrets_of, with_secrets
from bellwire.store import Registry

NONCE_BYTES: Final = 12
"""96 bits (NIST SP 800-38D §8.2.2), drawn anew for each secret that is sealed."""

_FORM: Final = "1"
_NOTHING: Final[dict[str, str]] = {}


class _Sealed(msgspec.Struct, frozen=True):
    """Of `1.<key id>.<base64 of nonce and ciphertext>`."""

    key_id: str
    nonce: bytes
    ciphertext: bytes


class Opened(NamedTuple):
    """The webhooks as they are used. unread: those with secrets that no key opens."""

    webhooks: tuple[RegisteredWebhook, ...]
    unread: tuple[WebhookId, ...]


class Vault:
    """AES-256-GCM. The first key seals, all of them open. What is sealed is bound to its webhook or source and to its
    place in it, so that it opens nowhere else.
    """

    def __init__(self, keys: Sequence[SecretsKey]) -> None:
        self._key_id = keys[0].id
        self._ciphers = {key.id: AESGCM(key.secret) for key in keys}

    def seal(self, holder: Holder) -> Holder:
        """The webhook or source as it is stored: the mask in the place of each secret, beside it what was sealed."""
        sealed = {
            place: holder.sealed[place]
            if secret == MASK and place in holder.sealed  # still closed, as no key opens it
            else self._seal(secret, owner_of(holder), place)
            for place, secret in secrets_of(holder).items()
        }
        return replace(with_secrets(holder, {}), sealed=sealed)

    def open(self, holder: Holder) -> Holder:
        """The webhook or source as it is used. What no key opens stays sealed, with the mask in its place."""
        return self._opened(holder)[0]

    def needs_sealing(self, stored: RegisteredWebhook | RegisteredSource) -> bool:
        """Whether something of it is stored in clear, or sealed with a key that is no longer the first."""
        return any(place not in stored.sealed for place in secrets_of(stored)) or self._is_sealed_otherwise(stored)

    def _is_sealed_otherwise(self, stored: RegisteredWebhook | RegisteredSource) -> bool:
        key_ids = {_key_id_of(token) for token in stored.sealed.values()}
        return any(key_id in self._ciphers for key_id in key_ids - {self._key_id})

    async def take_up(self, registry: Registry, reporter: Reporter) -> tuple[RegisteredWebhook, ...]:
        """Every webhook that is stored, opened and stored as it should be; what could not be done is reported. To be
        called before anything else is asked of the store.
        """
        webhooks, unread = await self.open_all(registry)
        if unread:
            reporter.secrets_unread(unread)
        try:
            await registry.wipe()
        except StorageUnavailable as problem:
            reporter.wiping_failed(problem)
        return webhooks

    async def open_all(self, registry: Registry) -> Opened:
        """Every webhook that is stored, opened. What is not sealed as it should be is sealed and stored anew, all of it
        or none; the form before is left to Registry.wipe. Raises StorageUnavailable.
        """
        opened: list[RegisteredWebhook] = []
        stale: list[RegisteredWebhook] = []
        waiting = list(reversed(await registry.webhooks()))
        while waiting:
            stored = waiting.pop()  # so that of many webhooks each is there in one form only
            webhook, in_clear = self._opened(stored)
            opened.append(webhook)
            if in_clear or self._is_sealed_otherwise(stored):
                stale.append(self.seal(webhook))
        if stale:
            await registry.rewrite_webhooks(stale)
        return Opened(tuple(opened), tuple(webhook.id for webhook in opened if webhook.sealed and not webhook.deleted))

    async def open_sources(self, registry: Registry) -> tuple[RegisteredSource, ...]:
        """Every source that is stored, opened, and stored anew where it is not sealed as it should be."""
        stored = await registry.sources()
        opened = tuple(self.open(source) for source in stored)
        stale = [self.seal(after) for before, after in zip(stored, opened, strict=True) if self.needs_sealing(before)]
        if stale:
            await registry.rewrite_sources(stale)
        return opened

    def _opened(self, holder: Holder) -> tuple[Holder, bool]:
        """The holder as it is used, and whether something of it was stored in clear."""
        owner, closed, in_clear = owner_of(holder), dict(holder.sealed), False

        def opened(place: str, secret: str) -> str:
            nonlocal in_clear
            token = holder.sealed.get(place)
            if token is None:
                in_clear = True
                return secret
            found = self._open(token, owner, place)
            if found is None:
                return MASK
            del closed[place]
            return found

        made = changed(holder, opened)
        return (replace(made, sealed=closed or _NOTHING) if holder.sealed else holder), in_clear

    def _seal(self, secret: str, owner: str, place: str) -> str:
        nonce = secrets.token_bytes(NONCE_BYTES)
        ciphertext = self._ciphers[self._key_id].encrypt(nonce, secret.encode(), _bound_to(owner, place))
        return f"{_FORM}.{self._key_id}.{base64.b64encode(nonce + ciphertext).decode()}"

    def _open(self, token: str, owner: str, place: str) -> str | None:
        sealed = _read(token)
        cipher = self._ciphers.get(sealed.key_id) if sealed is not None else None
        if sealed is None or cipher is None:
            return None
        try:
            return cipher.decrypt(sealed.nonce, sealed.ciphertext, _bound_to(owner, place)).decode()
        except InvalidTag:
            return None


def _bound_to(owner: str, place: str) -> bytes:
    return f"bellwire\0{owner}\0{place}".encode()


def _key_id_of(token: str) -> str:
    """Empty for what was not written by a vault of this version."""
    form, _, rest = token.partition(".")
    return rest.partition(".")[0] if form == _FORM else ""


def _read(token: str) -> _Sealed | None:
    """None for what was not written by a vault of this version."""
    form, _, rest = token.partition(".")
    key_id, _, encoded = rest.partition(".")
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    return _Sealed(key_id, content[:NONCE_BYTES], content[NONCE_BYTES:]) if form == _FORM else None
