"""How help looks: examples below it, and commands in an order with a meaning."""

import click


def examples(*lines: str) -> str:
    """The epilog that shows the lines as they are typed."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


class OrderedGroup(click.Group):
    """Lists its commands in the order in which they were given."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        """All names."""
        return list(self.commands)
