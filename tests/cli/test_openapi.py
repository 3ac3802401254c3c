import json

import pytest

from bellwire.cli.main import run
from bellwire.web.app import OPERATIONS


def test_the_description_is_printed_without_a_server(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["openapi"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["openapi"].startswith("3.1")
    assert sum(map(len, document["paths"].values())) == len(OPERATIONS)
