"""Who may do what with the secrets of a webhook, from the call to the request."""

from typing import Any

import pytest

from bellwire.engine.tester import Exchange
from bellwire.errors import InvalidObject
from bellwire.model.attempt import Answer, Failed, Timings
from bellwire.model.principal import Principal, PrincipalKind, Scope
from bellwire.model.secret import Value
from bellwire.model.webhook import Basic
from bellwire.rules.presenting import present_registered
from bellwire.rules.sealing import secrets_of
from bellwire.store import AttemptSearch
from bellwire.stores.memory import MemoryStore
from builders import URL, make_document
from engine.manual_clock import ManualClock
from engine.world import World

WRITER = Principal(name="writer", kind=PrincipalKind.TOKEN, scopes=frozenset({Scope.WRITE}))
READER = Principal(name="reader", kind=PrincipalKind.TOKEN, scopes=frozenset({Scope.READ}))
OTHER_URL = "https://elsewhere.example/in"
SECRETS: dict[str, Any] = {
    "signatureKey": {"@type": "Value", "secret": "the-key"},
    "httpAuth": {"@type": "Basic", "username": "account", "secret": "the-password"},
    "httpHeaders": {"X-Api-Key": "the-api-key", "X-Colour": "the-colour"},
}


@pytest.fixture
def world() -> World:
    return World(MemoryStore(), ManualClock())


async def test_a_store_never_gets_a_secret_in_clear_whatever_is_done(world: World) -> None:
    await world.bellwire.start()
    webhook_id = await world.create(**SECRETS)
    await world.bellwire.patch_webhook(webhook_id, {"name": "other"})
    await world.bellwire.rotate_key(webhook_id, "the-next-key")
    await world.bellwire.pause_webhook(webhook_id)
    await world.bellwire.resume_webhook(webhook_id)
    (stored,) = await world.store.registry.webhooks()
    assert set(secrets_of(stored).values()) == {"****"}
    assert stored.sealed.keys() == secrets_of(stored).keys()
    assert "previousKey/secret" in stored.sealed
    await world.bellwire.delete_webhook(webhook_id)
    (stored,) = await world.store.registry.webhooks()
    assert (secrets_of(stored), stored.sealed) == ({}, {})
    await world.bellwire.close()


async def test_what_a_reader_was_shown_can_be_written_back_by_a_writer(world: World) -> None:
    await world.bellwire.start()
    webhook_id = await world.create(**SECRETS)
    webhook = world.bellwire.webhook(webhook_id)
    for shown_to in (READER, WRITER):
        shown = present_registered(webhook, by=shown_to)
        assert "the-key" not in repr(shown)
        edited = await world.bellwire.replace_webhook(webhook_id, shown, by=WRITER)
        assert edited.webhook == webhook
    patched = await world.bellwire.patch_webhook(
        webhook_id, {"httpHeaders": {"X-Colour": "blue", "X-New": "new", "X-Api-Key": "****"}}, by=WRITER
    )
    assert patched.webhook.object.http_headers == {"X-Api-Key": "the-api-key", "X-Colour": "blue", "X-New": "new"}
    assert patched.webhook.object.http_auth == Basic("account", Value("the-password"))
    await world.bellwire.close()


async def test_a_writer_chooses_no_file_in_any_way(world: World) -> None:
    await world.bellwire.start()
    file = {"@type": "File", "filePath": "/run/key"}
    webhook_id = await world.create()
    document = make_document(signatureKey=file)
    with pytest.raises(InvalidObject, match="only an administrator"):
        world.bellwire.check_webhook(document, by=WRITER)
    with pytest.raises(InvalidObject, match="only an administrator"):
        await world.bellwire.create_webhook(document, by=WRITER)
    with pytest.raises(InvalidObject, match="only an administrator"):
        await world.bellwire.replace_webhook(webhook_id, document, by=WRITER)
    with pytest.raises(InvalidObject, match="only an administrator"):
        await world.bellwire.patch_webhook(webhook_id, {"signatureKey": file}, by=WRITER)
    with pytest.raises(InvalidObject, match="only an administrator"):
        await world.bellwire.rotate_key(webhook_id, file, by=WRITER)
    assert len(world.bellwire.webhooks()) == 1
    assert world.bellwire.webhook(webhook_id).revision == 1
    await world.bellwire.close()


async def test_a_writer_sends_secrets_elsewhere_only_by_giving_them_again(world: World) -> None:
    await world.bellwire.start()
    webhook_id = await world.create(**SECRETS)
    await world.bellwire.rotate_key(webhook_id, "the-next-key")
    with pytest.raises(InvalidObject) as caught:
        await world.bellwire.patch_webhook(webhook_id, {"url": OTHER_URL}, by=WRITER)
    paths = [fault.path for fault in caught.value.faults]
    assert paths == ["signatureKey/secret", "httpAuth/secret/secret", "httpHeaders/X-Api-Key"]
    await world.bellwire.patch_webhook(webhook_id, {"url": f"{URL}/deeper"}, by=WRITER)
    given = {
        "signatureKey": {"secret": "the-next-key"},
        "httpAuth": {"secret": {"secret": "the-password"}},
        "httpHeaders": {"X-Api-Key": "the-api-key"},
    }
    assert world.bellwire.webhook(webhook_id).previous_key is not None
    edited = await world.bellwire.patch_webhook(webhook_id, {"url": OTHER_URL} | given, by=WRITER)
    assert edited.webhook.object.url == OTHER_URL
    assert edited.webhook.previous_key is None
    await world.bellwire.close()


async def test_an_administrator_moves_an_endpoint_with_its_secrets(world: World) -> None:
    await world.bellwire.start()
    webhook_id = await world.create(**SECRETS)
    await world.bellwire.rotate_key(webhook_id, "the-next-key")
    edited = await world.bellwire.patch_webhook(webhook_id, {"url": OTHER_URL, "allowInvalidCerts": True})
    assert edited.webhook.object.signature_key == Value("the-next-key")
    assert edited.webhook.previous_key is not None
    await world.bellwire.close()


async def test_what_an_endpoint_repeats_is_masked_in_the_attempt_its_reason_and_the_test() -> None:
    said = "the-key the-password the-api-key the-colour YWNjb3VudDp0aGUtcGFzc3dvcmQ="
    echo = Answer(status=302, headers=(("location", f"/?{said}"),), body=said.encode(), timings=Timings(total_us=1))
    world = World(MemoryStore(), ManualClock(), echo, echo)
    await world.bellwire.start()
    webhook_id = await world.create(**SECRETS)
    await world.publish("a")
    await world.pass_time()
    (attempt,) = await world.bellwire.attempts(AttemptSearch(webhook_id=webhook_id))
    tested = await world.bellwire.test_webhook(webhook_id)
    assert isinstance(tested, Exchange)
    for response, outcome in ((attempt.response, attempt.outcome), (tested.response, tested.outcome)):
        assert isinstance(response, Answer)
        assert response.body == b"**** **** **** **** ****"
        assert response.headers == (("location", "/?**** **** **** **** ****"),)
        assert isinstance(outcome, Failed)
        assert "the-" not in outcome.reason.replace("the final address", "")
    sent = dict(tested.request.headers)
    assert (sent["X-Api-Key"], sent["X-Colour"], sent["Authorization"]) == ("****", "the-colour", "Basic ****")
    status = await world.bellwire.webhook_status(webhook_id)
    assert "the-key" not in repr(status)
    await world.bellwire.close()
