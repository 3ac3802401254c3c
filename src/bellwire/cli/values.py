"""How options' values are read that click has no type for."""

import click

from bellwire.model.duration import parse_duration


def read_statuses(context: click.Context, parameter: click.Parameter, written: str) -> tuple[int, ...]:
    """`503,503,200` as statuses from 200 to 599."""
    parts = written.split(",")
    if not all(
        len(part) == len("200") and part.isascii() and part.isdigit() and "200" <= part < "600" for part in parts
    ):
        raise click.BadParameter(
            f"{written!r} is no list of statuses from 200 to 599; write it as 503,503,200", context, parameter
        )
    return tuple(int(part) for part in parts)


def read_duration_ms(context: click.Context, parameter: click.Parameter, written: str) -> int:
    """`250ms`, `2s`, `1m30s` in milliseconds."""
    try:
        return parse_duration(written)
    except ValueError as problem:
        raise click.BadParameter(str(problem), context, parameter) from problem
