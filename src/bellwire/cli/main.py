"""The command line: every command, how their help is ordered, and how what goes wrong is told."""

import importlib
import os
import sys
from typing import Final

import click

from bellwire.cli.client import Refused
from bellwire.cli.locating import program_options
from bellwire.cli.refusing import tell, tell_refusal
from bellwire.cli.terminal import note

INTERRUPTED: Final = 130
"""128 + SIGINT, as shells report it."""
PIPE_CLOSED: Final = 141
"""128 + SIGPIPE: who reads our output has read enough (`bellwire events | head`)."""


SECTIONS: Final = {
    "Start": {"demo": "demo", "serve": "serve", "config": "config", "secrets": "secrets"},
    "Webhooks": {
        "webhook": "webhook",
        "attempts": "attempt",
        "dead-letters": "attempt",
        "replay": "replay",
        "figures": "figures",
        "status": "attempt",
    },
    "Events": {
        "emit": "emit",
        "events": "event",
        "tail": "tail",
        "why": "why",
        "event-types": "event",
        "event-type": "event_type",
        "source": "source",
    },
    "Receivers": {"receive": "receive", "verify": "verify"},
    "Access": {
        "token": "token",
        "person": "person",
        "login-link": "session",
        "session": "session",
        "audit": "audit",
    },
    "Programs": {"openapi": "openapi", "completion": "completion"},
}
"""Each command and the module of this package that has it, in the order in which one meets them."""


class SectionedGroup(click.Group):
    """Shows its commands under headings, and loads the one that is called: the server's parts are slow to import."""

    modules: Final = {name: module for section in SECTIONS.values() for name, module in section.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        """All names."""
        return list(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's own signature
        """The command of that name, which its module has under the same name."""
        if cmd_name not in self.modules:
            return None
        module = importlib.import_module(f"bellwire.cli.{self.modules[cmd_name]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands of each section, aligned over all of them."""
        width = max(map(len, self.modules))
        limit = formatter.width - width - len("    ")
        for heading, names in SECTIONS.items():
            commands = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(heading):
                formatter.write_dl(
                    [(name.ljust(width), each.get_short_help_str(limit)) for name, each in commands if each is not None]
                )


@click.group(
    cls=SectionedGroup,
    # Only their names, which click suggests for a wrong one.
    commands=[click.Command(name) for name in SectionedGroup.modules],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="bellwire COMMAND --help says more, with examples. Exit codes: 0 done, 1 not done, 2 called wrongly, "
    "128 + n ended by signal n.",
)
@click.version_option(package_name="bellwire", message="bellwire %(version)s")
@program_options
def cli() -> None:
    """Durable webhook delivery: takes events in, keeps them, delivers them signed.

    Commands find a server on this machine by its data folder, and one elsewhere by its URL. The options below may also
    follow the command.
    """


def main() -> None:
    """Run the program; exits with 0 when all went well, 1 when it did not, 2 when it was called wrongly."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; every expected error is one clear line on standard error."""
    try:
        code = cli.main(arguments, prog_name="bellwire", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as problem:
        return _tell_problem(problem)
    except (click.Abort, KeyboardInterrupt):
        note("stopped")
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    return code if isinstance(code, int) else 0


def _tell_problem(problem: click.ClickException) -> int:
    match problem:
        case click.exceptions.NoArgsIsHelpError():
            click.echo(problem.format_message(), err=True)
        case click.UsageError():
            tell(problem.format_message().rstrip(".") + _usage_hint(problem))
        case Refused():
            tell_refusal(problem)
        case _:
            tell(problem.format_message())
    return problem.exit_code


def _usage_hint(problem: click.UsageError) -> str:
    return f" (see {problem.ctx.command_path} --help)" if problem.ctx else ""
