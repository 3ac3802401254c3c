"""The parts that reach outside, as a data folder has them: opened together, closed in reverse."""

import os
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec

from bellwire.clock import Clock
from bellwire.clocks.system import SystemClock
from bellwire.engine.announcer import Announcer
from bellwire.engine.broadcaster import Broadcaster
from bellwire.engine.guard import Guard
from bellwire.engine.keyring import Keyring
from bellwire.engine.meter import Meter
from bellwire.engine.pacer import Pacer
from bellwire.engine.parts import Parts
from bellwire.engine.reader import Shelf
from bellwire.engine.replay_book import ReplayBook
from bellwire.engine.selector import Selector
from bellwire.engine.vault import Vault
from bellwire.folder import DataFolder
from bellwire.key_file import Keys, obtain_keys
from bellwire.model.network import NetworkPolicy
from bellwire.model.secrecy import Secrecy
from bellwire.reporter import Reporter
from bellwire.reporters.log import LogReporter
from bellwire.rules.expiring import Start
from bellwire.sender import Sender
from bellwire.senders.http import HttpSender
from bellwire.store import Store
from bellwire.stores.sqlite.store import open_sqlite_store


class Backends(msgspec.Struct, frozen=True, kw_only=True):
    """One of each kind. dice: gives an even chance from 0 to 1."""

    store: Store
    sender: Sender
    clock: Clock
    reporter: Reporter
    keyring: Keyring
    guard: Guard
    vault: Vault
    dice: Callable[[], float]


def delivery_parts(backends: Backends, *, selector: Selector, announcer: Announcer, user_agent: str) -> Parts:
    """What every dispatcher works with, as the process starts now."""
    store, clock = backends.store, backends.clock
    return Parts(
        log=store.log,
        ledger=store.ledger,
        book=ReplayBook(store.replays),
        sender=backends.sender,
        clock=clock,
        reporter=backends.reporter,
        selector=selector,
        shelf=Shelf(),
        keyring=backends.keyring,
        announcer=announcer,
        broadcaster=Broadcaster(store, selector),
        meter=Meter(),
        start=Start(at_ms=clock.steady_ms(), log_end=store.log.end),
        dice=backends.dice,
        pacer=Pacer(),
        user_agent=user_agent,
    )


@asynccontextmanager
async def open_backends(
    data_dir: Path, *, secrecy: Secrecy, network: NetworkPolicy
) -> AsyncIterator[tuple[DataFolder, Keys, Backends]]:
    """Claim the folder and open what lives in it, until the block ends. Where that is in a forked child, nothing is
    closed: sockets, files and the event loop's selector are its parent's.

    Raises DataFolderInUse, InvalidSetting for a key that cannot be used, IncompatibleStore, StorageUnavailable.
    """
    owner = os.getpid()
    async with AsyncExitStack() as parts:
        folder = DataFolder.claim(data_dir)
        parts.callback(folder.release)
        keys = obtain_keys(folder, secrecy, os.environ)
        store = await open_sqlite_store(folder.store_path)
        parts.push_async_callback(store.close)
        guard = Guard(network)
        sender = HttpSender(guard.objection)
        parts.push_async_callback(sender.close)
        backends = Backends(
            store=store,
            sender=sender,
            clock=SystemClock(),
            reporter=LogReporter(),
            keyring=Keyring(
                environ=os.environ, forbidden_folder=folder.path, forbidden_file=keys.file, secrecy=secrecy
            ),
            guard=guard,
            vault=Vault(keys.all),
            dice=random.random,
        )
        try:
            yield folder, keys, backends
        finally:
            if os.getpid() != owner:
                parts.pop_all()
