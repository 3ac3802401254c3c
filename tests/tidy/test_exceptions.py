import io
import re
import tokenize

import pytest

from tidy.repository import modules

SILENCERS = re.compile(r"#\s*(?:noqa|type:\s*ignore|pragma:|ruff:|mypy:|pylint:|nosec)", re.IGNORECASE)
EXPLAINED = (
    re.compile(r"# noqa: [A-Z]+\d+(?:, [A-Z]+\d+)* - \S.{7,}"),
    re.compile(r"# type: ignore\[[a-z, -]+\] # \S.{7,}"),
    re.compile(r"# pragma: no (?:cover|branch) - \S.{7,}"),
)


def test_every_exception_from_a_rule_names_the_rule_and_a_reason() -> None:
    silent = [
        f"{module.at(line)} {comment}"
        for module in modules()
        for line, comment in _comments(module.text)
        if SILENCERS.search(comment) and not is_explained(comment)
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("comment", "explained"),
    [
        ("# noqa: TRY004 - a bad setting is one kind of error", True),
        ("# type: ignore[import-untyped] # it brings no types", True),
        ("# noqa", False),
        ("# noqa: TRY004", False),
        ("# type: ignore", False),
        ("# type: ignore[arg-type]", False),
        ("# pragma: no cover", False),
        ("# mypy: ignore-errors", False),
    ],
)
def test_a_code_without_a_reason_explains_nothing(comment: str, *, explained: bool) -> None:
    assert is_explained(comment) is explained


def is_explained(comment: str) -> bool:
    return any(form.search(comment) for form in EXPLAINED)


def _comments(text: str) -> list[tuple[int, str]]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]
