"""`bellwire completion`: what a shell needs to complete commands, options and ids."""

import click
from click.shell_completion import get_completion_class

from bellwire.cli.helping import examples
from bellwire.cli.terminal import OUT


@click.command(
    epilog=examples(
        "source <(bellwire completion bash)",
        "bellwire completion zsh > ~/.zfunc/_bellwire",
        "bellwire completion fish > ~/.config/fish/completions/bellwire.fish",
    )
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a shell's completion script."""
    complete = get_completion_class(shell)
    if complete is None:
        raise click.ClickException(f"there is no completion for {shell}")
    OUT.out(complete(context.find_root().command, {}, "bellwire", "_BELLWIRE_COMPLETE").source())
