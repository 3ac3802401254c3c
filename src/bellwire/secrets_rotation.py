"""Gives secrets at rest another key, while no server runs."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from bellwire.engine.vault import Vault
from bellwire.errors import InvalidSetting
from bellwire.folder import DataFolder, write_private
from bellwire.key_file import KEY_VARIABLE, Keys, make_key, obtain_keys
from bellwire.model.secrecy import Secrecy
from bellwire.model.secrets_key import show_keys
from bellwire.model.source import SourceName
from bellwire.model.webhook import WebhookId
from bellwire.stores.sqlite.store import open_sqlite_store


class Rotated(NamedTuple):
    """file: where the new key stands. key_id: its name. unread, unread_sources: the webhooks and sources with secrets
    that no key opened.
    """

    file: Path
    key_id: str
    webhooks: int
    unread: tuple[WebhookId, ...]
    unread_sources: tuple[SourceName, ...]


async def rotate_secrets_key(data_dir: Path, secrecy: Secrecy, environ: Mapping[str, str]) -> Rotated:
    """Make a key, seal every secret with it, and forget the keys before.

    Until all is sealed anew the file holds both keys, so that a crash at any point loses nothing; the next start, or
    another rotation, goes on. Raises InvalidSetting where the key is in no file that can be written, DataFolderInUse,
    IncompatibleStore, StorageUnavailable.
    """
    folder = DataFolder.claim(data_dir)
    try:
        keys = obtain_keys(folder, secrecy, environ)
        if keys.file is None:
            raise InvalidSetting(
                f"{KEY_VARIABLE} holds the key, which no program can change; put what `bellwire secrets make-key` "
                "shows before it, with a space between, start the server, then take the old one away"
            )
        return await _rotate(folder, keys, keys.file)
    finally:
        folder.release()


async def _rotate(folder: DataFolder, keys: Keys, file: Path) -> Rotated:
    fresh = make_key()
    _write(file, show_keys((fresh, *keys.all)))
    store = await open_sqlite_store(folder.store_path)
    try:
        vault = Vault((fresh, *keys.all))
        sources = await vault.open_sources(store.registry)
        opened = await vault.open_all(store.registry)
        await store.registry.wipe()
    finally:
        await store.close()
    await asyncio.to_thread(_write, file, show_keys((fresh,)))
    kept = sum(not webhook.deleted for webhook in opened.webhooks)
    unread_sources = tuple(source.object.name for source in sources if source.sealed)
    return Rotated(file, fresh.id, kept, opened.unread, unread_sources)


def _write(file: Path, text: str) -> None:
    try:
        write_private(file, text)
    except OSError as problem:
        raise InvalidSetting(
            f"{file} cannot be written: {problem.strerror}; put what `bellwire secrets make-key` shows on a line "
            "before the old key yourself, start the server, then take the old key away"
        ) from problem
