"""The description of the API as a page for people, which loads nothing and needs no script."""

import base64
import hashlib
import re
import shlex
from importlib.resources import files
from typing import Any, Final

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from bellwire.web.problems import PROBLEM_TYPE

_STATIC: Final = files("bellwire.web") / "static"
_FONTS: Final = {"Inter UI": "inter-ui.woff2", "JB Mono": "jbmono-ui.woff2"}
_SPAN: Final = re.compile(r"`([^`]+)`")
_TYPES: Final = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
_FORMATS: Final = {"date-time": "time", "uri": "URL"}
_LIMITS: Final = (
    ("minimum", "from {}"),
    ("maximum", "to {}"),
    ("maxLength", "at most {} characters"),
    ("maxItems", "at most {}"),
    ("maxProperties", "at most {}"),
)


class Words(msgspec.Struct, frozen=True):
    """A piece of text. code: it is written as in a program; schema: the named schema that it leads to."""

    text: str
    code: bool = False
    schema: str = ""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A member of an object, or a parameter. rows: of its own members, where they have no name elsewhere."""

    name: str
    required: bool
    type: list[Words]
    described: list[list[Words]]
    limits: list[str]
    default: str
    rows: list["Row"]


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """An example as it is sent."""

    summary: str
    text: str


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One content of a body or an answer, or one problem. name: its media type, or the kind of problem."""

    name: str
    type: list[Words]
    samples: list[Sample]


class AnswerShown(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of an operation."""

    status: str
    described: list[list[Words]]
    headers: list[str]
    parts: list[Part]


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """An operation as the page has it."""

    id: str
    method: str
    path: str
    summary: str
    described: list[list[Words]]
    scope: str
    parameters: list[Row]
    body: list[Part]
    answers: list[AnswerShown]
    problems: list[AnswerShown]
    call: str


def render(document: dict[str, Any]) -> tuple[str, str]:
    """The page, and the Content-Security-Policy that lets through what it has and nothing else."""
    style = _style()
    groups: dict[str, list[Shown]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups[operation["tags"][0]].append(_shown(path, method, operation))
    schemas = document["components"]["schemas"]
    page = _template().render(
        about=document["info"],
        described=told(document["info"]["description"]),
        groups=groups,
        schemas={
            name: (told(schema.get("description", "")), _type(schema), _rows(schema))
            for name, schema in schemas.items()
        },
        style=style,
    )
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; font-src data:; base-uri 'none'; form-action 'none'"
    return page, f"{policy}; frame-ancestors 'none'"


def told(text: str) -> list[list[Words]]:
    """Paragraphs and list items of a description, each as words of which some are code."""
    blocks = re.split(r"\n\s*\n|\n(?=\* )", text.strip())
    return [_words(" ".join(block.split()).replace("* ", "• ", 1)) for block in blocks if block]


def _words(text: str) -> list[Words]:
    return [Words(part, code=number % 2 == 1) for number, part in enumerate(_SPAN.split(text)) if part]


def _style() -> str:
    fonts = "".join(
        f'@font-face{{font-family:"{name}";font-weight:400 700;src:url(data:font/woff2;base64,{_encoded(file)}) '
        'format("woff2")}\n'
        for name, file in _FONTS.items()
    )
    return fonts + (_STATIC / "css" / "reference.css").read_text(encoding="utf-8")


def _encoded(font: str) -> str:
    return base64.b64encode((_STATIC / "fonts" / font).read_bytes()).decode()


def _shown(path: str, method: str, operation: dict[str, Any]) -> Shown:
    answers = {status: answer for status, answer in operation["responses"].items() if status < "400"}
    return Shown(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        described=told(operation["description"]),
        scope=next(iter(operation["security"]), {"token": [""]})["token"][0],
        parameters=[_parameter(parameter) for parameter in operation.get("parameters", ())],
        body=_parts(operation.get("requestBody", {}).get("content", {})),
        answers=[_answer(status, answer) for status, answer in answers.items()],
        problems=[
            _answer(status, answer) for status, answer in operation["responses"].items() if status not in answers
        ],
        call=_call(path, method, operation),
    )


def _parameter(parameter: dict[str, Any]) -> Row:
    return _row(
        parameter["name"] + (":" if parameter["in"] == "header" else ""),
        {**parameter["schema"], "description": parameter["description"]},
        required=parameter.get("required", False),
    )


def _answer(status: str, answer: dict[str, Any]) -> AnswerShown:
    return AnswerShown(
        status=status,
        described=told(answer["description"]),
        headers=list(answer.get("headers", ())),
        parts=_parts(answer.get("content", {})),
    )


def _parts(contents: dict[str, Any]) -> list[Part]:
    return [
        Part(
            name=media_type,
            type=[Words("ProblemDocument", schema="ProblemDocument")]
            if media_type == PROBLEM_TYPE
            else _type(content["schema"]),
            samples=[
                Sample(summary=example["summary"], text=_text(example["value"]))
                for example in content.get("examples", {}).values()
            ],
        )
        for media_type, content in contents.items()
    ]


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _rows(schema: dict[str, Any]) -> list[Row]:
    required = schema.get("required", ())
    return [_row(name, member, required=name in required) for name, member in schema.get("properties", {}).items()]


def _row(name: str, schema: dict[str, Any], *, required: bool) -> Row:
    return Row(
        name=name,
        required=required,
        type=_type(schema),
        described=told(schema.get("description", "")),
        limits=_limits(schema),
        default=msgspec.json.encode(schema["default"]).decode() if "default" in schema else "",
        rows=_rows(schema),
    )


def _limits(schema: dict[str, Any]) -> list[str]:
    limits = [words.format(f"{schema[key]:,}") for key, words in _LIMITS if key in schema]
    return [*(["not empty"] if schema.get("minLength") else []), *limits]


def _type(schema: dict[str, Any]) -> list[Words]:
    """What the schema allows, in a few words."""
    match schema:
        case {"$ref": str(reference)}:
            name = reference.rpartition("/")[2]
            return [Words(name, schema=name)]
        case {"const": value}:
            return [Words(msgspec.json.encode(value).decode(), code=True)]
        case {"enum": list(values)}:
            return _joined([[Words(str(value) if value is not None else "null", code=True)] for value in values])
        case {"oneOf": list(choices)} | {"anyOf": list(choices)} if all(
            "type" in one or "$ref" in one for one in choices
        ):
            return _joined([_type(choice) for choice in choices])
        case {"type": "array", "items": dict(items)}:
            return [Words("list of "), *_type(items)]
        case {"type": list(types)}:
            return _joined([_type({**schema, "type": one}) for one in types])
        case {"type": "object", "additionalProperties": dict(values)}:
            return [Words("names with "), *_type(values)]
        case {"type": str(kind), **rest}:
            return [Words(_FORMATS.get(str(rest.get("format")), _TYPES.get(kind, kind)))]
        case _:
            return []


def _joined(choices: list[list[Words]]) -> list[Words]:
    joined = list(choices[0])
    for choice in choices[1:]:
        joined += [Words(", " if choice is not choices[-1] else " or "), *choice]
    return joined


def _call(path: str, method: str, operation: dict[str, Any]) -> str:
    """The call as a command for a shell."""
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", parameter["example"])
    words = ["curl", *(["-X", method.upper()] if method != "get" else []), f'"$BELLWIRE_URL{path}"']
    if operation["security"]:
        words += ["\\\n  -H", '"Authorization: Bearer $BELLWIRE_TOKEN"']
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        example = next(iter(content["examples"].values()))["value"]
        option = "--data-binary" if isinstance(example, str) else "--json" if media_type.endswith("/json") else "--data"
        if option != "--json":
            words += ["\\\n  -H", f'"Content-Type: {media_type}"']
        words += ["\\\n ", option, shlex.quote(_text(example))]
        break
    return " ".join(words)


def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("bellwire.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("reference.html")
