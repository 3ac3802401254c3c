"""`bellwire config`: which settings are in force, and where each was set."""

import click
import msgspec

from bellwire.cli.helping import examples
from bellwire.cli.locating import folder_options, settings
from bellwire.cli.tables import Column, Cut, print_json_lines, print_table


@click.command(epilog=examples("bellwire config", "bellwire --config /etc/bellwire.toml config --json"))
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each setting, a line each.")
@folder_options
@click.pass_context
def config(context: click.Context, as_json: bool) -> None:
    """Show each setting in force and where it was set.

    Flags win over environment variables (BELLWIRE_LOG_LEVEL), these over the file, and the file over defaults.
    """
    rows = settings(context).explain()
    if as_json:
        print_json_lines(msgspec.json.encode(row._asdict()) for row in rows)
        return
    columns = (Column(heading="setting"), Column(heading="value"), Column(heading="set by", cut=Cut.END))
    print_table(columns, rows)
