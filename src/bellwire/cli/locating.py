"""Which server a command talks to, and the options that say so: `--data`, `--config`, `--server`."""

import json
import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import urlsplit

import click

from bellwire.cli.client import Client, ServerAddress
from bellwire.cli.misuse import Misuse
from bellwire.config import Config, load_config
from bellwire.errors import InvalidSetting
from bellwire.folder import ADMIN_FILE
from bellwire.model.secret import OWN_VARIABLES

URL_VARIABLE: Final = f"{OWN_VARIABLES}URL"
TOKEN_VARIABLE: Final = f"{OWN_VARIABLES}TOKEN"
SERVER_FILE: Final = "server.json"

Command = TypeVar("Command", bound=Callable[..., Any])

_META: Final = "bellwire.cli."


def _remember(context: click.Context, parameter: click.Parameter, given: object) -> None:
    """Keep an option for the whole command line: given after the command it wins over the same one before it."""
    if given is not None:
        context.meta[_META + str(parameter.name)] = given


def program_options(command: Command) -> Command:
    """Add the options that say which server a command talks to."""
    return _locating(command, hidden=False, server=True)


def server_options(command: Command) -> Command:
    """Add the same options to a command of the program, whose help need not repeat them."""
    return _locating(command, hidden=True, server=True)


def folder_options(command: Command) -> Command:
    """Add those that a command knows which runs on the server's own machine."""
    return _locating(command, hidden=False, server=False)


def settings(context: click.Context, **flags: object) -> Config:
    """The effective settings. flags: the command's own options by the names of the settings; None is not given."""
    given = {name: value for name, value in flags.items() if value is not None}
    if (data := context.meta.get(_META + "data")) is not None:
        given["data"] = data
    try:
        return load_config(given, os.environ, context.meta.get(_META + "config"))
    except InvalidSetting as problem:
        raise Misuse(str(problem)) from problem


def connect(context: click.Context, *, with_token: bool = True) -> Client:
    """A client of the server that the options, the environment or the data folder name; closed with the command.

    with_token: without, for calls that ask for none.
    """
    client = Client(_address(context, with_token=with_token))
    context.call_on_close(client.close)
    return client


def running_address(data: Path, *, pid: int) -> ServerAddress | None:
    """The address of the server that runs over this folder as this process; None until it listens."""
    left = _left_in(data)
    if left is None or left.pid != pid:
        return None
    hint = f"it has stopped; see {data}"
    return ServerAddress(
        url=left.url, token=_token_in(data, start_hint=hint), start_hint=hint, certificate=left.certificate
    )


def leave_address(data: Path, url: str, *, certificate: Path | None = None) -> None:
    """Write down where the server of this process listens, for commands that find it through its data folder.

    certificate: the file with the one that it shows, which they trust as such: its names are those for others.
    """
    file = data / SERVER_FILE
    draft = data / f"{SERVER_FILE}.new"
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        shown = {} if certificate is None else {"certificate": str(certificate)}
        json.dump({"url": url, "pid": os.getpid(), **shown}, stream)
    draft.replace(file)


def remove_address(data: Path) -> None:
    """Take back what leave_address wrote, unless it was written by another process since."""
    left = _left_in(data)
    if left is not None and left.pid == os.getpid():
        (data / SERVER_FILE).unlink(missing_ok=True)


def url_of(host: str, port: int, *, tls: bool = False) -> str:
    """The URL at which programs of this machine reach a server that listens there."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - compared only
    scheme = "https" if tls else "http"
    return f"{scheme}://[{reachable}]:{port}" if ":" in reachable else f"{scheme}://{reachable}:{port}"


def _locating(command: Command, *, hidden: bool, server: bool) -> Command:
    def option(name: str, **attributes: Any) -> None:  # noqa: ANN401 - click's own attributes
        nonlocal command
        command = click.option(name, callback=_remember, expose_value=False, hidden=hidden, **attributes)(command)

    if server:
        option("--server", metavar="URL", help=f"A server elsewhere, or {URL_VARIABLE}; its token in {TOKEN_VARIABLE}.")
    option("--config", metavar="FILE", type=click.Path(path_type=Path), help="The server's settings file.")
    option("--data", metavar="DIR", type=click.Path(path_type=Path), help="The server's data folder.")
    return command


def _address(context: click.Context, *, with_token: bool) -> ServerAddress:
    """Options win over variables: a folder that is named is meant, and so is its token."""
    data_given = _META + "data" in context.meta
    elsewhere = context.meta.get(_META + "server") or (None if data_given else os.environ.get(URL_VARIABLE))
    if elsewhere:
        return _named_address(elsewhere, with_token=with_token)
    config = settings(context)
    start_hint = f"start one with: bellwire serve --data {shlex.quote(str(config.data))}"
    token = None if data_given else os.environ.get(TOKEN_VARIABLE)
    running = _running_at(config.data)
    if running is None:
        running = _Left(url=url_of(*config.listen, tls=config.reach.tls is not None), pid=0, certificate=None)
        if config.tls_certificate is not None:
            running = running._replace(certificate=str(config.tls_certificate))
    return ServerAddress(
        url=running.url,
        token=(token or _token_in(config.data, start_hint=start_hint)) if with_token else "",
        start_hint=start_hint,
        certificate=running.certificate,
    )


def _named_address(url: str, *, with_token: bool) -> ServerAddress:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise Misuse(f"{url!r} is no URL of a server; write it as https://bellwire.example.org")
    token = os.environ.get(TOKEN_VARIABLE, "") if with_token else ""
    if with_token and not token:
        raise Misuse(f"{url} needs a token; put it into the environment variable {TOKEN_VARIABLE}")
    return ServerAddress(url=url.rstrip("/"), token=token, start_hint="check the URL, and that the server runs")


def _token_in(data: Path, *, start_hint: str) -> str:
    file = data / ADMIN_FILE
    try:
        return file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise click.ClickException(
            f"no server has run in {data} yet; {start_hint} (or name the one that runs: --data DIR, or {URL_VARIABLE} "
            f"and {TOKEN_VARIABLE} for one elsewhere)"
        ) from None
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or "it is no token"
        raise click.ClickException(
            f"cannot read {file}: {reason}; run this as the user the server runs as, or set {TOKEN_VARIABLE}"
        ) from problem


def _running_at(data: Path) -> "_Left | None":
    """What a running server left in its folder; None where none runs, or where it cannot be told."""
    left = _left_in(data)
    return left if left is not None and _is_alive(left.pid) else None


class _Left(NamedTuple):
    url: str
    pid: int
    certificate: str | None


def _left_in(data: Path) -> _Left | None:
    try:
        left = json.loads((data / SERVER_FILE).read_bytes())
        certificate = left.get("certificate")
        return _Left(str(left["url"]), int(left["pid"]), None if certificate is None else str(certificate))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True
