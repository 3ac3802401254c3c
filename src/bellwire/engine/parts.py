"""What every dispatcher works with."""

from collections.abc import Callable

import msgspec

from bellwire.clock import Clock
from bellwire.engine.announcer import Announcer
from bellwire.engine.broadcaster import Broadcaster
from bellwire.engine.keyring import Keyring
from bellwire.engine.meter import Meter
from bellwire.engine.pacer import Pacer
from bellwire.engine.reader import Shelf
from bellwire.engine.replay_book import ReplayBook
from bellwire.engine.selector import Selector
from bellwire.reporter import Reporter
from bellwire.rules.expiring import Start
from bellwire.sender import Sender
from bellwire.store import EventLog, Ledger


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """One set for all of them. dice: gives an even chance from 0 to 1. pacer: lets them go on."""

    log: EventLog
    ledger: Ledger
    book: ReplayBook
    sender: Sender
    clock: Clock
    reporter: Reporter
    selector: Selector
    shelf: Shelf
    keyring: Keyring
    announcer: Announcer
    broadcaster: Broadcaster
    meter: Meter
    start: Start
    pacer: Pacer
    dice: Callable[[], float]
    user_agent: str
