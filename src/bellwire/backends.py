"""The parts that reach outside, as a data folder has them: opened together, closed in reverse."""

import os
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec

from bellwire.clock import Clock
from bellwire.clocks.system import SystemClock
from bellwire.engine.guard import Guard
from bellwire.engine.keyring import Keyring
from bellwire.folder import DataFolder
from bellwire.model.network import DEFAULT_POLICY, NetworkPolicy
from bellwire.reporter import Reporter
from bellwire.reporters.log import LogReporter
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
    dice: Callable[[], float]


@asynccontextmanager
async def open_backends(
    data_dir: Path, network: NetworkPolicy = DEFAULT_POLICY
) -> AsyncIterator[tuple[DataFolder, Backends]]:
    """Claim the folder and open what lives in it, until the block ends. Where that is in a forked child, nothing is
    closed: sockets, files and the event loop's selector are its parent's.

    Raises DataFolderInUse, IncompatibleStore, StorageUnavailable.
    """
    owner = os.getpid()
    async with AsyncExitStack() as parts:
        folder = DataFolder.claim(data_dir)
        parts.callback(folder.release)
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
            keyring=Keyring(environ=os.environ, forbidden_folder=folder.path),
            guard=guard,
            dice=random.random,
        )
        try:
            yield folder, backends
        finally:
            if os.getpid() != owner:
                parts.pop_all()
