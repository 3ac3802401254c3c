from typing import Any

import pytest

from bellwire.web import bodies
from bellwire.web.bodies import BodiesInHand, BodyReader
from bellwire.web.problems import ClientGone, Refused


def reader_of(in_hand: BodiesInHand, *parts: bytes, complete: bool = True) -> BodyReader:
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages.append({"type": "http.request"} if complete else {"type": "http.disconnect"})

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    return BodyReader({}, receive, in_hand)


async def test_bodies_of_all_requests_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODIES_BYTES_MAX", 100)
    in_hand = BodiesInHand()
    first, second = reader_of(in_hand, b"x" * 60), reader_of(in_hand, b"y" * 30, b"y" * 30)
    assert len(await first.whole(bytes_max=1000)) == 60
    with pytest.raises(Refused) as caught:
        await second.whole(bytes_max=1000)
    assert (caught.value.problem.status, caught.value.problem.headers) == (503, (("Retry-After", "1"),))
    second.close()
    first.close()
    assert len(await reader_of(in_hand, b"z" * 100).whole(bytes_max=1000)) == 100


async def test_closing_gives_back_what_a_lost_client_had_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODIES_BYTES_MAX", 100)
    in_hand = BodiesInHand()
    for _ in range(3):
        lost = reader_of(in_hand, b"x" * 90, complete=False)
        with pytest.raises(ClientGone):
            await lost.whole(bytes_max=1000)
        lost.close()
        lost.close()
