"""The registrar: registers, edits and deletes webhooks; each change counts from the moment it is stored."""

import asyncio
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec
import uuid_utils
from msgspec.structs import replace

from bellwire.clock import Clock
from bellwire.engine.auditor import Auditor
from bellwire.engine.guard import Guard
from bellwire.engine.supervisor import Supervisor
from bellwire.engine.vault import Vault
from bellwire.errors import EditConflict, Fault, InvalidObject, UnknownThing
from bellwire.model.audit import Action
from bellwire.model.cursor import Cursor
from bellwire.model.duration import show_duration
from bellwire.model.event_type import Catalogue
from bellwire.model.principal import Principal, Scope
from bellwire.model.secrecy import Secrecy
from bellwire.model.secret import MASK, NoSecret, Value
from bellwire.model.webhook import Gap, PastFilter, PreviousKey, RegisteredWebhook, Resumption, WebHook, WebhookId
from bellwire.rules.auditing import webhook_changes
from bellwire.rules.entrusting import Trust, leads_elsewhere
from bellwire.rules.journalling import change_of_creation, changes_of_edit
from bellwire.rules.patching import merge_patch
from bellwire.rules.permitting import check_scope, may
from bellwire.rules.presenting import present_registered
from bellwire.rules.rotating import OVERLAP_MAX_MS
from bellwire.rules.sealing import without_secrets
from bellwire.rules.validating import Checked, read_webhook
from bellwire.store import Store

PAST_FILTERS_MAX: Final = 100
"""Of one webhook that are remembered to explain what became of events long ago."""

GAPS_MAX: Final = 1_000
"""Of one webhook; older ones than these many are forgotten, its cursor has passed them long ago."""


class Edited(NamedTuple):
    """A webhook as it is registered now, and what is odd about it: each warning with the field it concerns."""

    webhook: RegisteredWebhook
    warnings: tuple[Fault, ...]


class Safeguards(msgspec.Struct, frozen=True, kw_only=True):
    """What stands between a writer and what they write: what seals secrets, which addresses may be reached, from where
    secrets may be read, and who keeps the audit trail.
    """

    vault: Vault
    guard: Guard
    secrecy: Secrecy
    auditor: Auditor


class Registrar:
    """Knows all webhooks and is the only one that changes them, one change at a time."""

    def __init__(
        self,
        store: Store,
        safeguards: Safeguards,
        *,
        clock: Clock,
        catalogue: Catalogue,
        supervisor: Supervisor,
    ) -> None:
        self._registry = store.registry
        self._log = store.log
        self._vault = safeguards.vault
        self._secrecy = safeguards.secrecy
        self._guard = safeguards.guard
        self._auditor = safeguards.auditor
        self._clock = clock
        self._catalogue = catalogue
        self._supervisor = supervisor
        self._webhooks: dict[WebhookId, RegisteredWebhook] = {}
        self._one_at_a_time = asyncio.Lock()

    def load(self, webhooks: Iterable[RegisteredWebhook]) -> None:
        """Take over what is stored."""
        self._webhooks = {webhook.id: webhook for webhook in webhooks if not webhook.deleted}

    def all(self) -> tuple[RegisteredWebhook, ...]:
        """The webhooks that are not deleted, oldest first."""
        return tuple(self._webhooks.values())

    def get(self, webhook_id: WebhookId) -> RegisteredWebhook:
        """Raises UnknownThing."""
        webhook = self._webhooks.get(webhook_id)
        if webhook is None:
            raise UnknownThing("webhook", webhook_id)
        return webhook

    def standing_still(self) -> asyncio.Lock:
        """While it is held, no webhook is changed."""
        return self._one_at_a_time

    def check(self, document: object, webhook_id: WebhookId | None = None, *, by: Principal) -> Checked:
        """What creating this, or replacing that webhook's object by it, would store.

        Raises InvalidObject, UnknownThing.
        """
        stored = None if webhook_id is None else self.get(webhook_id)
        return self._read(document, stored=stored, trust=self._trust(by))

    async def create(self, document: object, *, by: Principal) -> tuple[RegisteredWebhook, Checked]:
        """Register a webhook, at the end of the log. Raises InvalidObject, and Forbidden as every change does."""
        check_scope(by, Scope.WRITE)
        checked = self.check(document, by=by)
        async with self._one_at_a_time:
            now_ms = self._clock.wall_ms()
            end = self._log.end
            webhook = RegisteredWebhook(
                id=WebhookId(str(uuid_utils.uuid7())),
                object=checked.webhook,
                revision=1,
                created_at_ms=now_ms,
                updated_at_ms=now_ms,
                switched_at_ms=now_ms,
                starts_at=end,
                gaps=() if checked.webhook.enable else (Gap(since=end),),
            )
            cursor = Cursor(webhook_id=webhook.id, position=end, since_ms=now_ms)
            with self._supervisor.keeping(end):
                audit = self._auditor.entry(
                    by, Action.WEBHOOK_CREATE, webhook.id, webhook_changes(None, webhook.object)
                )
                journal = [change_of_creation(webhook)]
                await self._registry.add_webhook(self._vault.seal(webhook), cursor, journal, audit=audit)
                self._webhooks[webhook.id] = webhook
                self._supervisor.add(webhook, cursor)
        return webhook, checked

    async def replace(
        self, webhook_id: WebhookId, document: object, *, revision: int | None, by: Principal
    ) -> tuple[RegisteredWebhook, Checked]:
        """Give a webhook another object. Raises UnknownThing, EditConflict, InvalidObject."""
        async with self._one_at_a_time:
            return await self._replace(self._to_change(webhook_id, revision=revision, by=by), document, by=by)

    async def patch(
        self, webhook_id: WebhookId, patch: object, *, revision: int | None, by: Principal
    ) -> tuple[RegisteredWebhook, Checked]:
        """Change members of a webhook's object by a merge patch (RFC 7396). Raises as replace does."""
        async with self._one_at_a_time:
            webhook = self._to_change(webhook_id, revision=revision, by=by)
            return await self._replace(webhook, merge_patch(present_registered(webhook), patch), by=by)

    async def delete(self, webhook_id: WebhookId, *, revision: int | None, by: Principal) -> None:
        """Delete a webhook; what waits is discarded. Raises UnknownThing, EditConflict."""
        async with self._one_at_a_time:
            webhook = self._to_change(webhook_id, revision=revision, by=by)
            disabled = self._edited(webhook, replace(webhook.object, enable=False))
            deleted = replace(without_secrets(disabled), deleted=True)
            await self._store(deleted, Action.WEBHOOK_DELETE, by=by)

    async def pause(self, webhook_id: WebhookId, *, revision: int | None, by: Principal) -> RegisteredWebhook:
        """Send nothing more and keep what waits; its deadlines stand still. Raises UnknownThing, EditConflict."""
        async with self._one_at_a_time:
            webhook = self._to_change(webhook_id, revision=revision, by=by)
            if webhook.paused_at_ms is not None:
                return webhook
            now_ms = self._clock.wall_ms()
            paused = replace(self._touched(webhook), paused_at_ms=now_ms, switched_at_ms=now_ms)
            return await self._store(paused, Action.WEBHOOK_PAUSE, by=by)

    async def resume(self, webhook_id: WebhookId, *, revision: int | None, by: Principal) -> RegisteredWebhook:
        """Send again, at once: what is paused, gone or waits for its backoff. Raises UnknownThing, EditConflict."""
        async with self._one_at_a_time:
            webhook = self._touched(self._to_change(webhook_id, revision=revision, by=by))
            resumption = Resumption(at_ms=self._clock.steady_ms(), log_end=self._log.end)
            resumed = replace(webhook, paused_at_ms=None, resumed=resumption, switched_at_ms=self._clock.wall_ms())
            return await self._store(resumed, Action.WEBHOOK_RESUME, by=by)

    async def rotate_key(
        self, webhook_id: WebhookId, key: object, *, overlap_ms: int, revision: int | None, by: Principal
    ) -> RegisteredWebhook:
        """Give a webhook another signature key, in its JSON form; the one before signs webhook-signature meanwhile too.

        Raises UnknownThing, EditConflict, InvalidObject.
        """
        async with self._one_at_a_time:
            webhook = self._to_change(webhook_id, revision=revision, by=by)
            if not 0 <= overlap_ms <= OVERLAP_MAX_MS:
                raise InvalidObject((Fault("overlap", f"must be between 0s and {show_duration(OVERLAP_MAX_MS)}"),))
            document = present_registered(webhook) | {"signatureKey": key}
            checked = read_webhook(document, catalogue=self._catalogue, stored=webhook, trust=self._trust(by))
            if isinstance(checked.webhook.signature_key, NoSecret):
                raise InvalidObject((Fault("signatureKey", "must be a key; to stop signing, edit the webhook"),))
            rotated = self._edited(webhook, checked.webhook)
            before = webhook.object.signature_key
            if overlap_ms and not isinstance(before, NoSecret) and before != Value(MASK):
                until_ms = self._clock.steady_ms() + overlap_ms
                rotated = replace(rotated, previous_key=PreviousKey(key=before, until_ms=until_ms))
            return await self._store(rotated, Action.WEBHOOK_ROTATE_KEY, by=by)

    def _to_change(self, webhook_id: WebhookId, *, revision: int | None, by: Principal) -> RegisteredWebhook:
        check_scope(by, Scope.WRITE)
        webhook = self.get(webhook_id)
        if revision is not None and revision != webhook.revision:
            raise EditConflict(
                f"the webhook {webhook_id} is at revision {webhook.revision}, the edit was made from {revision}; "
                "read it again and repeat the edit"
            )
        return webhook

    async def _replace(
        self, webhook: RegisteredWebhook, document: object, *, by: Principal
    ) -> tuple[RegisteredWebhook, Checked]:
        trust = self._trust(by)
        checked = self._read(document, stored=webhook, trust=trust)
        if checked.webhook == webhook.object:
            return webhook, checked
        edited = self._edited(webhook, checked.webhook)
        if not trust.is_administrator and leads_elsewhere(webhook.object, checked.webhook):
            edited = replace(edited, previous_key=None)
        return await self._store(edited, Action.WEBHOOK_EDIT, by=by), checked

    def _read(self, document: object, *, trust: Trust, stored: RegisteredWebhook | None = None) -> Checked:
        objection = self._guard.objection_to_url
        return read_webhook(document, catalogue=self._catalogue, stored=stored, objection=objection, trust=trust)

    def _trust(self, by: Principal) -> Trust:
        return Trust(is_administrator=may(by, Scope.ADMIN), secrecy=self._secrecy)

    async def _store(self, webhook: RegisteredWebhook, action: Action, *, by: Principal) -> RegisteredWebhook:
        audited = webhook_changes(self._webhooks[webhook.id].object, None if webhook.deleted else webhook.object)
        audit = self._auditor.entry(by, action, webhook.id, audited)
        with self._supervisor[webhook.id].held():  # from the place on that a past filter names
            if self._switches(webhook):
                webhook = self._switched(webhook)
            changes = changes_of_edit(self._webhooks[webhook.id], webhook, log_end=self._log.end)
            await self._registry.replace_webhook(self._vault.seal(webhook), changes, audit=audit)
            if webhook.deleted:
                del self._webhooks[webhook.id]
            else:
                self._webhooks[webhook.id] = webhook
            self._supervisor.apply(webhook)
        return webhook

    def _touched(self, webhook: RegisteredWebhook) -> RegisteredWebhook:
        return replace(webhook, revision=webhook.revision + 1, updated_at_ms=self._clock.wall_ms())

    def _edited(self, webhook: RegisteredWebhook, edited: WebHook) -> RegisteredWebhook:
        same_filter = (webhook.object.events_policy, webhook.object.events, webhook.object.level) == (
            edited.events_policy,
            edited.events,
            edited.level,
        )
        touched = self._touched(webhook)
        return replace(
            touched,
            object=edited,
            filter_revision=webhook.filter_revision if same_filter else touched.revision,
            past_filters=webhook.past_filters if same_filter else self._with_past_filter(webhook),
            previous_key=webhook.previous_key if edited.signature_key == webhook.object.signature_key else None,
        )

    def _with_past_filter(self, webhook: RegisteredWebhook) -> tuple[PastFilter, ...]:
        past = PastFilter(
            until=self._supervisor[webhook.id].waits_from,
            events=webhook.object.events,
            events_policy=webhook.object.events_policy,
            level=webhook.object.level,
            replaced_at_ms=self._clock.wall_ms(),
        )
        return (*webhook.past_filters, past)[-PAST_FILTERS_MAX:]

    def _switches(self, webhook: RegisteredWebhook) -> bool:
        return webhook.object.enable != self._webhooks[webhook.id].object.enable

    def _switched(self, webhook: RegisteredWebhook) -> RegisteredWebhook:
        """Disabled from the end of the log on, or enabled again from there on."""
        end = self._log.end
        if webhook.object.enable:
            gaps = (*webhook.gaps[:-1], Gap(since=webhook.gaps[-1].since, until=end))
        else:
            gaps = (*webhook.gaps, Gap(since=end))
        return replace(webhook, gaps=gaps[-GAPS_MAX:], switched_at_ms=webhook.updated_at_ms)
