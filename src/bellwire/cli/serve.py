"""`bellwire serve`: the server, from its first line to the last batch."""

import asyncio
import contextlib
import gc
import os
import shlex
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import click
import uvloop

from bellwire.access_settings import ACCESS_SETTINGS
from bellwire.cli.helping import examples
from bellwire.cli.locating import folder_options, leave_address, remove_address, settings, url_of
from bellwire.cli.logs import set_up_logs
from bellwire.cli.tables import print_facts
from bellwire.cli.terminal import OUT, note, say
from bellwire.cli.wording import SECOND_MS
from bellwire.config import LIMIT_SETTINGS, Config
from bellwire.engine.supervisor import STOP_MS
from bellwire.engine.token_issuer import ADMIN
from bellwire.errors import BellwireError
from bellwire.folder import ADMIN_FILE
from bellwire.model.principal import PROGRAM, PrincipalKind
from bellwire.network_settings import NETWORK_SETTINGS
from bellwire.secret_settings import SECRET_SETTINGS
from bellwire.service import Bellwire
from bellwire.web.built_in_receiver import BuiltInReceiver
from bellwire.web.loopback import serve_on_loopback
from bellwire.web.server import RunningServer, serve_api
from bellwire.web.sign_in import link_target

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
API_END_S: Final = 2

Command = TypeVar("Command", bound=Callable[..., Any])


def _further_options(command: Command) -> Command:
    """Add an option for each setting that limits how much is kept or how long somebody is let in, says what may be
    reached, or concerns secrets.
    """
    for setting in reversed((*LIMIT_SETTINGS, *NETWORK_SETTINGS, *SECRET_SETTINGS, *ACCESS_SETTINGS)):
        command = click.option(setting.flag, metavar=setting.form, help=setting.help)(command)
    return command


@click.command(
    epilog=examples(
        "bellwire serve",
        "bellwire serve --data /var/lib/bellwire --listen 127.0.0.1:9000",
        "BELLWIRE_LOG_FORMAT=json bellwire serve",
    )
)
@click.option("--listen", metavar="HOST:PORT", help="Where the API listens; port 0 takes any free one.")
@click.option("--log-level", metavar="LEVEL", help="error, warn, info or debug.")
@click.option("--log-format", metavar="FORMAT", help="auto, text or json.")
@_further_options
@folder_options
@click.pass_context
def serve(
    context: click.Context,
    /,
    listen: str | None,
    log_level: str | None,
    log_format: str | None,
    **further: str | None,
) -> None:
    """Take events in and deliver them, until SIGTERM or Ctrl-C.

    The first signal ends in good order: no new events, a last batch to healthy webhooks, 8 s at most; exit code 0. A
    second signal stops at once, with 128 + its number; nothing that was acknowledged is lost by that.
    """
    config = settings(context, listen=listen, log_level=log_level, log_format=log_format, **further)
    set_up_logs(config.log_level, config.log_format)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(config))
    except BellwireError as problem:
        raise click.ClickException(str(problem)) from problem


async def _serve(config: Config) -> None:
    gc.disable()  # hardly anything of what a start makes is garbage
    with _stop_signals(config.data) as stop:
        opening = Bellwire.open(
            config.data,
            limits=config.limits,
            network=config.network,
            secrecy=config.secrecy,
            access=config.access,
        )
        async with opening as service:
            gc.freeze()  # nor will it be: whoever looks for garbage later need not go through all webhooks
            gc.enable()
            await service.declare_types(config.event_types)
            receiver = BuiltInReceiver(service, serve_on_loopback) if config.built_in_receiver else None
            server = await serve_api(
                service,
                host=config.listen.host,
                port=config.listen.port,
                reach=config.reach,
                receiver=receiver,
                settings=config.explain(),
            )
            try:
                if receiver is not None:
                    await receiver.resume()
                url = url_of(server.host, server.port, tls=config.reach.tls is not None)
                leave_address(config.data, url, certificate=config.tls_certificate)
                await _welcome(service, config.data, url)
                await stop.wait()
                note("stopping; what is under way is finished first (a second signal stops at once)")
            finally:
                await _stop(service, server)
                if receiver is not None:
                    await receiver.close()
                remove_address(config.data)


async def _stop(service: Bellwire, server: RunningServer) -> None:
    """End both within STOP_MS in all. The service first: while it ends, the API still tells publishers to come again,
    until API_END_S are left for its own end.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + STOP_MS / SECOND_MS
    closing = loop.create_task(service.close())
    await asyncio.wait({closing}, timeout=STOP_MS / SECOND_MS - API_END_S)
    await service.live.close()  # where the service takes longer: what is answered live ends by this only
    await server.stop(within_s=deadline - loop.time())
    await closing


@contextlib.contextmanager
def _stop_signals(data: Path) -> Iterator[asyncio.Event]:
    """An event that the first signal sets; the second ends the process."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def take(number: int) -> None:
        if stop.is_set():
            _stop_at_once(data, number)
        stop.set()

    for each in SIGNALS:
        loop.add_signal_handler(each, take, each)
    try:
        yield stop
    finally:
        for each in SIGNALS:
            loop.remove_signal_handler(each)


def _stop_at_once(data: Path, number: int) -> NoReturn:
    remove_address(data)
    note("stopped at once")
    os._exit(128 + number)


async def _welcome(service: Bellwire, data: Path, url: str) -> None:
    say("Bellwire is running", style="bold green")
    print_facts([("listens at", url), ("keeps its data in", str(data)), ("admin's token", str(data / ADMIN_FILE))])
    say()
    another = f"bellwire login-link --data {shlex.quote(str(data))}"
    if OUT.is_terminal and not service.access.people.all():  # elsewhere it would be kept: a log is no place for it
        link = await service.access.sessions.make_link(ADMIN, PrincipalKind.TOKEN, by=PROGRAM)
        say("Open this in a browser to sign in; it works once, within 5 minutes:")
        say(f"  {url}{link_target(link.code)}", style="cyan")
        say(f"Another such link, from another terminal: {another}")
    else:
        say(f"It has pages for the browser at {url}. A link that signs you in, from another terminal:")
        say(f"  {another}", style="cyan")
    if not service.webhooks():
        say()
        say("No webhook yet: the pages lead through the first one. Or, in another terminal:")
        say("  bellwire webhook create --url https://example.com/hook --event 'auth.*'", style="cyan")
        say("To see how it all works together: bellwire demo")
    OUT.file.flush()
