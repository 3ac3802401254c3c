"""The network policy, held at the socket: by the address that is connected to, not by the name."""

import asyncio
import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pycurl  # type: ignore[import-untyped] # it brings no types
import pytest

from bellwire.errors import Stopping
from bellwire.model.attempt import AddressRefused, Answer, NoAnswer, Trouble
from bellwire.senders.http import HttpSender, _Handle
from receivers import Receiver, Reply
from senders.requesting import allow_all, make_request


def forbidding(*addresses: str) -> Callable[[str, int], str]:
    return lambda host, _port: f"{host} is forbidden" if host in addresses else ""


async def test_nothing_is_sent_to_an_address_that_is_forbidden() -> None:
    sender = HttpSender(forbidding("127.0.0.1"))
    with Receiver() as receiver:
        response = await sender.send(make_request(receiver.url))
        assert receiver.connections == 0
    assert response == AddressRefused("127.0.0.1 is forbidden")
    await sender.close()


async def test_what_is_asked_is_the_address_with_its_port() -> None:
    asked = []

    def note(host: str, port: int) -> str:
        asked.append((host, port))
        return ""

    sender = HttpSender(note)
    with Receiver() as receiver:
        await sender.send(make_request(receiver.url))
    assert asked == [("127.0.0.1", receiver.port)]
    await sender.close()


async def test_of_several_addresses_of_a_name_those_that_are_allowed_are_used() -> None:
    sender = HttpSender(forbidding("::1"))
    with Receiver(url_host="localhost") as receiver:
        assert isinstance(await sender.send(make_request(receiver.url)), Answer)
    await sender.close()


async def test_a_name_with_forbidden_addresses_only_tells_all_of_them() -> None:
    sender = HttpSender(forbidding("127.0.0.1", "::1"))
    with Receiver(url_host="localhost") as receiver:
        response = await sender.send(make_request(receiver.url))
        assert receiver.connections == 0
    assert isinstance(response, AddressRefused)
    assert "127.0.0.1 is forbidden" in response.reason
    await sender.close()


async def test_an_allowed_address_that_does_not_answer_is_a_failure_and_no_refusal(
    free_port: Callable[[str], int],
) -> None:
    sender = HttpSender(forbidding("::1"))
    response = await sender.send(make_request(f"http://localhost:{free_port('127.0.0.1')}/"))
    assert isinstance(response, NoAnswer)
    assert response.trouble is Trouble.CONNECT
    assert response.detail.endswith("; ::1 is forbidden")
    await sender.close()


async def test_a_name_that_changes_between_two_connections_is_judged_by_what_it_means_then() -> None:
    """DNS rebinding: libcurl looks the name up, and what it found is what is judged."""
    objection = forbidding("127.0.0.2")
    sender = HttpSender(objection)
    with Receiver(Reply(close=True)) as good, Receiver(host="127.0.0.2", port=good.port) as forbidden:
        url = f"http://rebound.example:{good.port}/"
        _mean(sender, objection, f"rebound.example:{good.port}:127.0.0.1")
        assert isinstance(await sender.send(make_request(url)), Answer)
        await good.until(lambda: good.open_connections == 0)
        _mean(sender, objection, f"-rebound.example:{good.port}", f"rebound.example:{good.port}:127.0.0.2")
        assert isinstance(await sender.send(make_request(url)), AddressRefused)
        assert forbidden.connections == 0
    await sender.close()


def _mean(sender: HttpSender, objection: Callable[[str, int], str], *entries: str) -> None:
    """Let a name mean something for the next request."""
    handle = _Handle(objection)
    handle._curl.setopt(pycurl.RESOLVE, list(entries))
    sender._idle = [handle]


@pytest.mark.parametrize("host", ["2130706433", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "127.1", "127.0.0.1."])
async def test_no_spelling_of_an_address_gets_past(host: str) -> None:
    sender = HttpSender(forbidding("127.0.0.1"))
    with Receiver(url_host=host) as receiver:
        response = await sender.send(make_request(receiver.url))
        assert receiver.connections == 0
    assert isinstance(response, AddressRefused | NoAnswer)
    await sender.close()


async def test_a_kept_connection_is_used_no_more_once_another_policy_counts() -> None:
    forbidden: list[str] = []
    sender = HttpSender(lambda host, _port: "now it is forbidden" if host in forbidden else "")
    with Receiver() as receiver:
        assert isinstance(await sender.send(make_request(receiver.url)), Answer)
        forbidden.append("127.0.0.1")
        sender.drop_connections()
        await receiver.until(lambda: receiver.open_connections == 0)
        assert await sender.send(make_request(receiver.url)) == AddressRefused("now it is forbidden")
    await sender.close()


async def test_a_request_under_way_is_finished_when_connections_are_dropped() -> None:
    gate = threading.Event()
    sender = HttpSender(allow_all)
    with Receiver(Reply(hold=gate)) as receiver:
        sending = asyncio.create_task(sender.send(make_request(receiver.url)))
        await receiver.arrival(1)
        sender.drop_connections()
        gate.set()
        assert isinstance(await sending, Answer)
        await receiver.until(lambda: receiver.open_connections == 0)
        assert isinstance(await sender.send(make_request(receiver.url)), Answer)
        assert receiver.connections == 2
    await sender.close()


async def test_closing_ends_what_is_under_way_over_connections_that_were_dropped() -> None:
    sender = HttpSender(allow_all)
    with Receiver(Reply(hold=threading.Event())) as receiver:
        sending = asyncio.create_task(sender.send(make_request(receiver.url)))
        await receiver.arrival(1)
        sender.drop_connections()
        await sender.close()
        with pytest.raises(Stopping):
            await sending
    sender.drop_connections()
    with pytest.raises(Stopping):
        await sender.send(make_request(receiver.url))


async def test_a_program_that_is_started_meanwhile_inherits_no_connection() -> None:
    sender = HttpSender(allow_all)
    with Receiver() as receiver:
        before = {name: os.get_inheritable(int(name)) for name in _descriptors()}
        await sender.send(make_request(receiver.url))
        opened = [int(name) for name in _descriptors() if name not in before]
        assert opened
        assert not any(os.get_inheritable(number) for number in opened)
    await sender.close()


def _descriptors() -> list[str]:
    """The open descriptors of this process, without that of the listing itself."""
    return [path.name for path in Path("/dev/fd").iterdir() if path.exists()]


async def test_without_a_socket_to_be_had_there_is_no_answer_and_it_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    sender = HttpSender(allow_all)
    with Receiver() as receiver:
        monkeypatch.setattr("bellwire.senders.address_gate.socket.socket", refuse)
        response = await sender.send(make_request(receiver.url))
        monkeypatch.undo()
    assert isinstance(response, NoAnswer)
    assert "Too many open files" in response.detail
    await sender.close()
