import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from bellwire.errors import Stopping
from bellwire.model.attempt import Answer, NoAnswer, Trouble
from contracts.sender_worlds import WORLDS, World
from senders.requesting import make_request


@pytest.fixture(params=WORLDS)
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    make_world: Callable[[], World] = request.param
    made = make_world()
    yield made
    await made.close()


async def test_an_answer_comes_back_with_its_status_headers_and_body(world: World) -> None:
    world.answer_with(503, (("Retry-After", "120"), ("X-Odd", "a: b")), b"busy")
    answer = await world.sender.send(make_request(world.url))
    assert isinstance(answer, Answer)
    assert (answer.status, answer.body) == (503, b"busy")
    assert [header for header in answer.headers if header[0] != "content-length"] == [
        ("retry-after", "120"),
        ("x-odd", "a: b"),
    ]


async def test_the_endpoint_gets_the_headers_in_their_order_and_the_exact_body(world: World) -> None:
    headers = (("Content-Type", "application/json"), ("webhook-id", "b-1"), ("A", "1"), ("a2", "x y"), ("Empty", ""))
    body = bytes(range(256))
    await world.sender.send(make_request(world.url, headers=headers, body=body))
    (arrived,) = await world.arrivals(1)
    assert arrived == (headers, body)


async def test_an_endpoint_that_hangs_up_is_a_value_and_no_exception(world: World) -> None:
    world.answer_nothing()
    response = await world.sender.send(make_request(world.url))
    assert isinstance(response, NoAnswer)
    assert response.trouble is Trouble.RESET


async def test_requests_that_are_under_way_together_get_their_own_answers(world: World) -> None:
    world.answer_with(200, (), b"")
    release = world.hold()
    sending = [asyncio.create_task(world.sender.send(make_request(world.url, body=b"%d" % i))) for i in range(8)]
    arrived = await world.arrivals(8)
    assert not any(task.done() for task in sending)
    release()
    answers = await asyncio.gather(*sending)
    assert sorted(each.body for each in arrived) == [b"%d" % i for i in range(8)]
    assert [answer.status for answer in answers if isinstance(answer, Answer)] == [200] * 8


async def test_cancelling_a_request_leaves_the_others_alone(world: World) -> None:
    release = world.hold()
    first, second = (asyncio.create_task(world.sender.send(make_request(world.url))) for _ in range(2))
    await world.arrivals(2)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    release()
    assert isinstance(await second, Answer)
    assert isinstance(await world.sender.send(make_request(world.url)), Answer)


async def test_closing_ends_what_is_under_way(world: World) -> None:
    world.hold()
    sending = [asyncio.create_task(world.sender.send(make_request(world.url))) for _ in range(3)]
    await world.arrivals(3)
    await world.sender.close()
    for task in sending:
        with pytest.raises(Stopping):
            await task


async def test_a_closed_sender_sends_nothing_more(world: World) -> None:
    await world.sender.send(make_request(world.url))
    await world.sender.close()
    with pytest.raises(Stopping):
        await world.sender.send(make_request(world.url))
    assert len(await world.arrivals(1)) == 1


async def test_closing_again_does_nothing(world: World) -> None:
    await world.sender.close()
    await world.sender.close()
