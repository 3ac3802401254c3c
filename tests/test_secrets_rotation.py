import shutil
from pathlib import Path

import pytest
import structlog.testing

from bellwire.engine.keyring import Unreadable
from bellwire.errors import DataFolderInUse, InvalidSetting, SecretUnreadable
from bellwire.key_file import make_key
from bellwire.model.principal import PROGRAM
from bellwire.model.secrecy import Secrecy
from bellwire.model.secret import Value
from bellwire.model.secrets_key import parse_keys, show_keys
from bellwire.model.webhook import WebhookId
from bellwire.secrets_rotation import Rotated, rotate_secrets_key
from bellwire.service import Bellwire
from builders import URL
from web.endpoints import closed_endpoint

OBJECT = {"url": URL, "enable": False, "signatureKey": {"@type": "Value", "secret": "marker-key"}}


async def rotate(data: Path, secrecy: Secrecy | None = None, **environ: str) -> Rotated:
    return await rotate_secrets_key(data, secrecy or Secrecy(), environ)


async def registered(data: Path, secrecy: Secrecy | None = None) -> WebhookId:
    async with Bellwire.open(data, secrecy=secrecy or Secrecy()) as bellwire:
        return (await bellwire.create_webhook(OBJECT)).webhook.id


async def key_of(data: Path, webhook_id: WebhookId, secrecy: Secrecy | None = None) -> object:
    async with Bellwire.open(data, secrecy=secrecy or Secrecy()) as bellwire:
        return bellwire.webhook(webhook_id).object.signature_key


async def test_after_a_rotation_the_new_key_opens_everything_and_the_old_one_nothing(tmp_path: Path) -> None:
    webhook_id = await registered(tmp_path)
    file = tmp_path / "secrets.key"
    old = file.read_text()
    rotated = await rotate(tmp_path)
    (key,) = parse_keys(file.read_text())
    assert rotated == Rotated(file, key.id, 1, (), ())
    assert file.read_text() != old
    assert await key_of(tmp_path, webhook_id) == Value("marker-key")
    file.write_text(old)
    assert await key_of(tmp_path, webhook_id) == Value("****")
    assert (await rotate(tmp_path)).unread == (webhook_id,)


@pytest.mark.parametrize("rewritten", [False, True])
async def test_a_rotation_that_was_cut_off_is_finished_by_the_next_start(tmp_path: Path, *, rewritten: bool) -> None:
    webhook_id = await registered(tmp_path)
    file, kept = tmp_path / "secrets.key", tmp_path / "kept"
    (old,) = parse_keys(file.read_text())
    new = make_key()
    file.write_text(show_keys((new, old)))
    if rewritten:
        assert await key_of(tmp_path, webhook_id) == Value("marker-key")
        file.write_text(show_keys((new, old)))
    shutil.copytree(tmp_path, kept, ignore=shutil.ignore_patterns("kept"))
    assert await key_of(tmp_path, webhook_id) == Value("marker-key")
    assert parse_keys(file.read_text()) == (new,)
    assert await key_of(tmp_path, webhook_id) == Value("marker-key")
    await rotate(kept)
    assert await key_of(kept, webhook_id) == Value("marker-key")
    assert len(parse_keys((kept / "secrets.key").read_text())) == 1


async def test_a_rotation_needs_the_folder_for_itself(tmp_path: Path) -> None:
    async with Bellwire.open(tmp_path):
        with pytest.raises(DataFolderInUse):
            await rotate(tmp_path)
    before = (tmp_path / "secrets.key").read_text()
    await rotate(tmp_path)
    assert (tmp_path / "secrets.key").read_text() != before


async def test_a_key_in_a_file_elsewhere_is_rotated_there(tmp_path: Path) -> None:
    own = tmp_path / "own.key"
    own.touch(0o600)
    own.write_text(show_keys((make_key(),)))
    secrecy = Secrecy(key_file=own)
    webhook_id = await registered(tmp_path / "data", secrecy)
    before = own.read_text()
    await rotate(tmp_path / "data", secrecy)
    assert own.read_text() != before
    assert await key_of(tmp_path / "data", webhook_id, secrecy) == Value("marker-key")


async def test_a_key_that_no_program_can_change_is_left_with_the_way_to_do_it(tmp_path: Path) -> None:
    key = show_keys((make_key(),))
    with pytest.raises(InvalidSetting, match=r"BELLWIRE_SECRETS_KEY holds the key, .* before it, with a space between"):
        await rotate(tmp_path, BELLWIRE_SECRETS_KEY=key)
    sealed_off = tmp_path / "sealed-off"
    sealed_off.mkdir()
    own = sealed_off / "own.key"
    own.touch(0o600)
    own.write_text(key)
    (sealed_off / "own.key.new").mkdir()
    with pytest.raises(InvalidSetting, match=r"cannot be written: .* on a line before the old key yourself"):
        await rotate(tmp_path / "data", Secrecy(key_file=own))
    assert own.read_text() == key


async def test_webhooks_with_secrets_that_no_key_opens_are_blocked_alone_until_they_are_written_anew(
    tmp_path: Path,
) -> None:
    async with Bellwire.open(tmp_path) as bellwire:
        lost = (await bellwire.create_webhook(OBJECT | {"enable": True})).webhook.id
        other = (await bellwire.create_webhook({"url": closed_endpoint()})).webhook.id
    (tmp_path / "secrets.key").rename(tmp_path / "lost.key")
    async with Bellwire.open(tmp_path) as bellwire:
        unreadable = await bellwire.test_webhook(lost)
        assert isinstance(unreadable, Unreadable)
        assert "cannot be decrypted; write it anew" in unreadable.reason
        assert not isinstance(await bellwire.test_webhook(other), Unreadable)
        edited = await bellwire.patch_webhook(lost, {"name": "still blocked"})
        assert edited.webhook.object.signature_key == Value("****")
    new = (tmp_path / "secrets.key").read_text()
    (tmp_path / "secrets.key").write_text(new + (tmp_path / "lost.key").read_text())
    assert await key_of(tmp_path, lost) == Value("marker-key")
    async with Bellwire.open(tmp_path) as bellwire:
        await bellwire.patch_webhook(lost, {"signatureKey": {"secret": "anew"}})
    assert await key_of(tmp_path, lost) == Value("anew")


async def test_sources_with_secrets_that_no_key_opens_are_told_at_the_start_and_take_nothing(tmp_path: Path) -> None:
    async with Bellwire.open(tmp_path) as bellwire:
        for name in ("mail", "open"):
            key = {"allowAnyone": True} if name == "open" else {"signatureKey": {"@type": "Value", "secret": "marker"}}
            await bellwire.sources.create({"name": name} | key, by=PROGRAM)
    (tmp_path / "secrets.key").rename(tmp_path / "lost.key")
    with structlog.testing.capture_logs() as logged:
        async with Bellwire.open(tmp_path) as bellwire:
            told = [entry["sources"] for entry in logged if "these sources take nothing" in entry["event"]]
            assert told == [["mail"]]
            with pytest.raises(SecretUnreadable):
                bellwire.relayer.admit("mail", {b"x-signature": b"MDA="})
    assert (await rotate(tmp_path)).unread_sources == ("mail",)


async def test_a_deleted_webhook_leaves_no_secrets(tmp_path: Path) -> None:
    async with Bellwire.open(tmp_path) as bellwire:
        webhook = (await bellwire.create_webhook(OBJECT)).webhook
        await bellwire.delete_webhook(webhook.id)
        (stored,) = await bellwire._backends.store.registry.webhooks()
    assert stored.deleted
    assert stored.sealed == {}
