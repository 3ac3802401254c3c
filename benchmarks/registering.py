"""Registers many webhooks, as a program would that has many: through the API, over several connections at once."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from benchmarks.programs import Server

CONNECTIONS: Final = 16


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """ids: of the webhooks, in the order of what was registered. seconds: how long that took."""

    ids: tuple[str, ...]
    seconds: float

    def __str__(self) -> str:
        return f"{self.seconds * 1000 / len(self.ids):.2f} ms each, over {CONNECTIONS} connections"


def register_all(server: Server, documents: Sequence[dict[str, object]]) -> Registered:
    """Register these; raises RuntimeError for one that is refused."""
    begun = time.perf_counter()
    answers = asyncio.run(_asked(server, [("/v1/webhooks", document) for document in documents]))
    return Registered(ids=tuple(str(answer["id"]) for answer in answers), seconds=time.perf_counter() - begun)


def do_all(server: Server, ids: Sequence[str], action: str) -> None:
    """Pause or resume all of these."""
    asyncio.run(_asked(server, [(f"/v1/webhooks/{webhook_id}/{action}", {}) for webhook_id in ids]))


async def _asked(server: Server, calls: Sequence[tuple[str, dict[str, object]]]) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = [{} for _ in calls]
    waiting = iter(enumerate(calls))
    await asyncio.gather(*(_ask(server, waiting, answers) for _ in range(min(CONNECTIONS, len(calls)))))
    return answers


async def _ask(
    server: Server, waiting: Iterator[tuple[int, tuple[str, dict[str, object]]]], answers: list[dict[str, Any]]
) -> None:
    """One connection: the next call that waits, its answer, and so on. An HTTP client would take longer than the
    server does.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    for place, (path, document) in waiting:
        body = msgspec.json.encode(document)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAuthorization: Bearer {server.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        told = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        content = await reader.readexactly(int(told.partition("content-length:")[2].partition("\r\n")[0]))
        if told.split(" ", 2)[1] not in {"200", "201"}:
            raise RuntimeError(f"{path} was refused: {content.decode()}")
        answers[place] = msgspec.json.decode(content)
    writer.close()
    await writer.wait_closed()
