"""One word, one meaning: names that say nothing, and words that the glossary of docs/architecture.md has replaced."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

import pytest

from tidy.repository import ROOT, files, modules

EMPTY_NAMES = {"util", "utils", "helper", "helpers", "common", "manager", "base", "data", "info", "process", "misc"}

INSTEAD = {
    "ack": "settle",
    "checkpoint": "cursor",
    "consumer": "receiver",
    "dequeue": "deliver",
    "destination": "webhook",
    "enqueue": "publish",
    "inactive": "paused or disabled",
    "nack": "settle",
    "payload": "batch, or data of an event",
    "poison": "set aside",
    "priority": "level",
    "producer": "source",
    "quarantine": "set aside",
    "queue": "event log",
    "redeliver": "retry, or replay",
    "resend": "retry, or replay",
    "subscriber": "webhook",
    "subscription": "webhook",
    "suspend": "paused",
    "topic": "event type",
}
"""Only words that have no second, innocent meaning here: `message`, `index` or `target` are none of them."""

ALLOWED = {
    ("src/bellwire/cli/demo.py", "queue"): "the standard library's queue, between two threads",
    ("src/bellwire/cli/receiver.py", "queue"): "socketserver's name for what the system keeps of connections",
    ("src/bellwire/stores/sqlite/writer.py", "queue"): "the standard library's queue, between two threads",
    ("src/bellwire/stores/sqlite/connection.py", "checkpoint"): "SQLite's: its log copied into the file",
}

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def test_no_module_has_a_name_that_says_nothing() -> None:
    named = [
        str(path.relative_to(ROOT))
        for path in files()
        if path.suffix == ".py" and set(path.relative_to(ROOT).with_suffix("").parts) & EMPTY_NAMES
    ]
    assert named == []


def test_no_class_has_a_name_that_says_nothing() -> None:
    named = [
        f"{module.at(node.lineno)} {node.name}"
        for module in modules("src")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef) and re.search(r"(?:Util|Helper|Manager|Info|Processor)s?$", node.name)
    ]
    assert named == []


def test_the_program_speaks_in_the_words_of_the_glossary() -> None:
    used = {
        (str(module.path.relative_to(ROOT)), word): line
        for module in modules("src")
        for line, text in _names_and_prose(module.text)
        for word in words_to_avoid(text)
    }
    told = [f"{path}:{line} {word}; say {INSTEAD[word]}" for (path, word), line in used.items()]
    assert [line for line, place in zip(told, used, strict=True) if place not in ALLOWED] == []


def test_no_allowance_outlives_its_use() -> None:
    used = {
        (str(module.path.relative_to(ROOT)), word)
        for module in modules("src")
        for _, text in _names_and_prose(module.text)
        for word in words_to_avoid(text)
    }
    assert ALLOWED.keys() - used == set()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("enqueueEvent", {"enqueue"}),
        ("POISON_MAX", {"poison"}),
        ("the subscriptions of a topic", {"subscription", "topic"}),
        ("quarantined", {"quarantine"}),
        ("suspended", {"suspend"}),
        ("background, packed, acknowledged", set()),
    ],
)
def test_words_are_found_in_names_of_any_form_and_in_prose(text: str, words: set[str]) -> None:
    assert words_to_avoid(text) == words


def words_to_avoid(text: str) -> set[str]:
    written = (word.lower() for word in WORD.findall(text))
    return {INSTEAD_OF[word] for word in written if word in INSTEAD_OF}


INSTEAD_OF = {
    form: word
    for word in INSTEAD
    for form in (word, word + "s", word + "d", word + "ed", word.removesuffix("y") + "ies", word + "ing")
}


def _names_and_prose(text: str) -> Iterator[tuple[int, str]]:
    """Names, comments and strings of a module, docstrings among them, each with its line."""
    kinds = {tokenize.NAME, tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in kinds:
            yield token.start[0], token.string
