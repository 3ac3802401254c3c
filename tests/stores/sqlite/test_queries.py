import importlib.resources
import re
from pathlib import Path

import apsw
import pytest

from bellwire.stores.sqlite.migrating import migrate, schema_steps

QUERIES = sorted(
    (file.name, file.read_text(encoding="utf-8"))
    for file in (importlib.resources.files("bellwire.stores.sqlite") / "queries").iterdir()
)
OF_WHOLE_TABLES = {
    "count_schema_objects.sql",
    "find_leavings.sql",
    "find_log_end.sql",
    "list_attempt_tallies.sql",
    "list_cursors.sql",
    "list_declared_types.sql",
    "list_logged_types.sql",
    "list_people.sql",
    "list_replays.sql",
    "list_sessions.sql",
    "list_tokens.sql",
    "list_sources.sql",
    "list_webhooks.sql",
    "move_log_end.sql",
}
IN_THE_ORDER_OF_A_KEY = {
    "find_latest_discard.sql",
    "list_attempts.sql",
    "list_blocks.sql",
    "list_discards.sql",
    "list_oldest_attempts.sql",
    "list_oldest_blocks.sql",
    "remove_audit_entries.sql",
}
"""They read on from one end, as far as they are asked to."""

IN_ORDER = re.compile(r"USING|SCAN (?:attempts|audit_entries|blocks|discards|\(subquery.*)$")


@pytest.fixture
def connection(path: Path) -> apsw.Connection:
    opened = apsw.Connection(str(path))
    migrate(opened, schema_steps())
    return opened


@pytest.mark.parametrize(
    ("name", "sql"), [(name, sql) for name, sql in QUERIES if name not in OF_WHOLE_TABLES and "PRAGMA" not in sql]
)
def test_no_query_goes_through_a_whole_table_or_sorts_one(connection: apsw.Connection, name: str, sql: str) -> None:
    parameters = max([0, *map(int, re.findall(r"\?(\d)", sql))]) or sql.count("?")
    plan = [str(row[3]) for row in connection.execute(sql, (None,) * parameters, explain=2)]
    scans = [step for step in plan if step.startswith("SCAN") and not re.search("VIRTUAL TABLE|CONSTANT ROW", step)]
    if name in IN_THE_ORDER_OF_A_KEY:
        scans = [step for step in scans if not IN_ORDER.search(step)]
    assert scans == []
    assert [step for step in plan if "TEMP B-TREE" in step and "carray" not in sql] == []
