import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import structlog

from bellwire.backends import open_backends
from bellwire.engine import failure_counter
from bellwire.engine.token_issuer import ADMIN
from bellwire.model.network import NetworkPolicy
from bellwire.model.principal import PROGRAM
from bellwire.model.secrecy import Secrecy
from bellwire.rules import limiting
from bellwire.service import Bellwire
from bellwire.web.server import serve_api
from engine.scripted_sender import ScriptedSender

HERE = Path(__file__).parent
TOKEN = "a token of this test"
EXAMPLES = 6
"""For each operation and way of making requests; as many as take about a minute. More are for `make hunt`."""


@pytest.fixture
async def server_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A server that sends nothing to the endpoints of webhooks, whose names and addresses are made up.

    Wrong tokens, names and signatures are shown on purpose, more often than a guesser may; our own token is one that no
    call can revoke.
    """
    monkeypatch.setattr(failure_counter, "REFUSALS_PER_MINUTE", 1_000_000)
    monkeypatch.setattr(limiting, "FAILURES_FREE", 1_000_000)
    async with open_backends(tmp_path, secrecy=Secrecy(), network=NetworkPolicy()) as (_, _, backends):
        service = Bellwire(msgspec.structs.replace(backends, sender=ScriptedSender(backends.clock)))
        await service.start()
        await service.access.tokens.admit(ADMIN, TOKEN, by=PROGRAM)
        server = await serve_api(service, host="127.0.0.1", port=0)
        try:
            yield f"http://127.0.0.1:{server.port}"
        finally:
            await server.stop()
            await service.close()


@pytest.mark.timeout(0)  # it ends by itself: what is asked is counted
async def test_the_server_does_what_its_description_says_whatever_it_is_asked(server_url: str, tmp_path: Path) -> None:
    hunt = os.environ.get("HUNT_EXAMPLES")
    options = [f"--max-examples={hunt or EXAMPLES}", *([] if hunt else ["--generation-deterministic"])]
    with structlog.testing.capture_logs() as logged:
        asking = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("schemathesis")),
            f"--config-file={HERE / 'schemathesis.toml'}",
            "run",
            f"{server_url}/openapi.json",
            f"--header=Authorization: Bearer {TOKEN}",
            *options,
            cwd=tmp_path,  # where it leaves what it remembers
            env={**os.environ, "PYTHONPATH": str(HERE.parent), "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told, _ = await asking.communicate()
    assert asking.returncode == 0, told.decode()
    assert [line for line in logged if line["log_level"] == "error"] == []
