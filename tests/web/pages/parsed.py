"""A page as a tree, for tests that look at what a browser would get; markup that does not nest is an error."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Self

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Element:
    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.children: list[Element | str] = []

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]

    def get(self, name: str) -> str | None:
        return self.attributes.get(name)

    @property
    def text(self) -> str:
        """All text in it, white space between words made one."""
        parts = [child if isinstance(child, str) else child.text for child in self.children]
        return " ".join(" ".join(parts).split())

    def every(self, tag: str = "", **attributes: str) -> list[Self]:
        """The elements below of that tag and with these attributes; class_ holds one of the classes."""
        return list(self._found(tag, attributes))

    def one(self, tag: str = "", **attributes: str) -> Self:
        """The only such element."""
        found = self.every(tag, **attributes)
        assert len(found) == 1, f"{len(found)} of {tag} {attributes}"
        return found[0]

    def _found(self, tag: str, attributes: dict[str, str]) -> Iterator[Self]:
        for child in self.children:
            if isinstance(child, type(self)):
                if (not tag or child.tag == tag) and all(child.has(name, value) for name, value in attributes.items()):
                    yield child
                yield from child._found(tag, attributes)

    def has(self, name: str, value: str) -> bool:
        if name == "class_":
            return value in (self.get("class") or "").split()
        return self.get(name) == value


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in VOID and not (self.get_starttag_text() or "").endswith("/>"):
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}> at {self.getpos()}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def parse(html: str) -> Element:
    """The tree of a page or of a part of one."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    assert [element.tag for element in builder._open] == [""]
    return builder.root


def values_of(form: Element) -> dict[str, list[str]]:
    """What a browser without scripts would send of a form."""
    values: dict[str, list[str]] = {}
    for field in form.every():
        name = field.get("name")
        if not name or field.tag == "button" or field.get("disabled") is not None:
            continue
        if field.tag == "select":
            options = field.every("option")
            chosen = next((option for option in options if option.get("selected") is not None), options[0])
            value = chosen.get("value")
            values.setdefault(name, []).append(chosen.text if value is None else value)
        elif field.get("type") in {"radio", "checkbox"}:
            if field.get("checked") is not None:
                value = field.get("value")
                values.setdefault(name, []).append("on" if value is None else value)
        elif field.tag in {"input", "textarea"}:
            values.setdefault(name, []).append(field.text if field.tag == "textarea" else field.get("value") or "")
    return values
