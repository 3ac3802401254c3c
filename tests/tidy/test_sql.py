import ast
import re

from tidy.repository import SOURCE, files, modules

STATEMENT = re.compile(
    r"\s*(?:SELECT\s|INSERT\s+(?:OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|REPLACE\s+INTO\s"
    r"|CREATE\s+(?:TABLE|INDEX|UNIQUE|VIEW|TRIGGER)\b|ALTER\s+TABLE\s|DROP\s+(?:TABLE|INDEX)\s|WITH\s+\w+\s+AS\s)",
    re.IGNORECASE,
)
PLACES = (SOURCE / "stores" / "sqlite" / "schema", SOURCE / "stores" / "sqlite" / "queries")


def test_every_sql_file_stands_where_it_is_looked_for() -> None:
    assert [str(path) for path in files() if path.suffix == ".sql" and path.parent not in PLACES] == []


def test_every_query_is_asked_for_by_its_name() -> None:
    queries = [path for path in files() if path.suffix == ".sql" and path.parent.name == "queries"]
    python = "\n".join(module.text for module in modules("src/bellwire/stores"))
    assert queries
    assert [path.name for path in queries if not re.search(rf"\b{path.stem}\b", python)] == []


def test_every_query_that_is_asked_for_is_named_by_verb_and_noun() -> None:
    queries = [path.stem for path in files() if path.suffix == ".sql" and path.parent.name == "queries"]
    assert [name for name in queries if not re.fullmatch(r"[a-z]+(?:_[a-z]+)+", name)] == []


def test_every_query_is_one_statement() -> None:
    queries = [path for path in files() if path.suffix == ".sql" and path.parent.name == "queries"]
    statements = {path.name: _without_comments(path.read_text(encoding="utf-8")).rstrip("; \n") for path in queries}
    assert [name for name, statement in statements.items() if not statement or ";" in statement] == []


def test_every_version_of_the_schema_follows_the_one_before() -> None:
    versions = [path.name for path in files() if path.suffix == ".sql" and path.parent.name == "schema"]
    assert versions
    assert [int(name[:4]) for name in versions] == list(range(1, len(versions) + 1))


def test_no_statement_of_sql_stands_in_python() -> None:
    found = [
        f"{module.at(node.lineno)} {node.value[:40]!r}"
        for module in modules("src")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.match(node.value)
    ]
    assert found == []


def _without_comments(sql: str) -> str:
    return re.sub(r"--.*", "", sql)
