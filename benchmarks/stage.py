"""What every scenario is set up with: how long and how often it measures, a server, webhooks, a load."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.checking import Wrong
from benchmarks.loader import Load, Loaded
from benchmarks.measuring import Result
from benchmarks.programs import Loading, Receiver, Server, scratch
from benchmarks.registering import register_all

TYPE: Final = "auth.success"
KEY: Final = "a-key-of-the-usual-length-for-a-webhook"
EVERY_EVENT: Final = {"level": "trace", "discardAfter": "1d"}


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """How long and how often. is_quick: only whether all works. source: the src folder of the Bellwire to measure, None
    for this one.
    """

    repeats: int
    seconds: float
    is_quick: bool = False
    source: Path | None = None


class Run:
    """One scenario at work."""

    def __init__(self, setting: Setting) -> None:
        self.repeats = setting.repeats
        self.seconds = setting.seconds
        self.source = setting.source
        self.memory_bytes_max = 0
        self._setting = setting

    def sized(self, whole: int, *, quick: int) -> int:
        """How much of something; less where only whether it works is asked."""
        return quick if self._setting.is_quick else whole

    @contextlib.contextmanager
    def bellwire(self, *options: str, folder: Path | None = None, settings: str = "") -> Iterator[Server]:
        """A server that has just started. folder: for its data folder, None for a fresh one."""
        with contextlib.ExitStack() as stack:
            parent = stack.enter_context(scratch()) if folder is None else folder
            server = Server(parent / "data", source=self.source, options=options, settings=settings)
            try:
                with server:
                    yield server
            finally:
                self.memory_bytes_max = max(self.memory_bytes_max, server.memory_bytes_max)


Scenario = Callable[[Run], Sequence[Result]]
"""Its docstring is what the report calls it, its name what one asks for it by."""


def webhook(receiver: Receiver, path: str = "/hook", **members: object) -> dict[str, object]:
    """One that wants every event at once, signed, with these members besides."""
    signed = {"signatureKey": {"@type": "Value", "secret": KEY}}
    return {"url": receiver.url(path), "throttle": 0, **EVERY_EVENT, **signed, **members}


def register(server: Server, receiver: Receiver, path: str = "/hook", **members: object) -> str:
    """Register that webhook; its id."""
    return register_all(server, [webhook(receiver, path, **members)]).ids[0]


def load(server: Server, plan: Load) -> Loaded:
    """Publish, and wait for the end; raises Wrong where anything is refused."""
    with Loading(msgspec.structs.replace(plan, port=server.port, token=server.token)) as loading:
        loaded = loading.result()
    if loaded.refused:
        raise Wrong(f"{loaded.refused:,} of {loaded.requests:,} requests were refused")
    return loaded


def filling(events: int) -> Load:
    """So many events as fast as one connection takes them."""
    return Load(types=[TYPE], per_request=1_000, form="ndjson", events=events)


def types_named(count: int) -> list[str]:
    """So many types that Bellwire does not come with."""
    return [f"benchmark.type-{number:05}" for number in range(count)]


def declaring(types: Sequence[str]) -> str:
    """The text of a settings file that declares them."""
    return "\n".join(f'[event-types."{type_id}"]\nlevel = "info"' for type_id in types)
