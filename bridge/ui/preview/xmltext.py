"""XML as the names and values of its elements and attributes. Nothing is expanded, fetched or executed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from bridge.signatures.xml import DS, parse_xml
from bridge.ui.preview.layout import Writer
from bridge.ui.preview.wire import Caution, Line, Run

_SIGNATURE = f"{{{DS}}}Signature"
_WHITE = " \t\r\n"  # XML 1.0, section 2.3
_SOURCE = ("http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg")
"""Vocabularies that other programs draw: what is written in them is not what is seen there."""


def lines(content: bytes, writer: Writer) -> Iterator[Line]:
    """One line an element; attributes, text and elements that are in it indented below.

    Raises:
        DocumentUnreadable: see `bridge.signatures.xml.parse_xml`.
        ValueError: too deep.
    """
    tree = parse_xml("", content)
    for node in _before(tree.getroot()):
        yield from _aside(node, 0, writer)
    yield from _walk(tree.getroot(), writer)
    node = tree.getroot().getnext()
    while node is not None:
        yield from _aside(node, 0, writer)
        node = node.getnext()


def _before(root: Any) -> list[Any]:
    return list(reversed(list(root.itersiblings(preceding=True))))


def _walk(root: Any, writer: Writer) -> Iterator[Line]:
    level = -1
    whole: Any = None  # the element whose content has been written in its own line
    for event, node in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        if whole is not None:
            if not (event == "end" and node is whole):
                continue
            whole = None
            level -= 1
        elif event == "start":
            level += 1
            if node.tag == _SIGNATURE:
                writer.found.add("signed")
            if _is_value(node):
                whole = node
                yield from _value(node, level, writer)
                continue
            yield from _opened(node, level, writer)
        elif event == "end":
            level -= 1
        else:
            yield from _aside(node, level + 1, writer)
            if _has_words(node.tail) and _has_words(_text_before(node)):
                writer.found.add(_kind(node))
        if event != "start" and node is not root and _has_words(node.tail):
            yield from writer.lines(level + 1, node.tail.strip(_WHITE))


def _is_value(element: Any) -> bool:
    """Whether no other element is in it."""
    return all(not isinstance(child.tag, str) for child in element)


def _value(element: Any, level: int, writer: Writer) -> Iterator[Line]:
    parts: list[Run | str] = [element.text or ""]
    for child in element:
        parts += [_aside_run(child, writer), child.tail or ""]
    if len(parts) > 1 and any(isinstance(part, str) and part.strip() for part in parts):
        writer.found.update(map(_kind, element))
    if len(parts) == 1:
        parts = [(element.text or "").strip(_WHITE) or writer.note("empty")]
    yield from writer.lines(level, *parts, name=_name(element))
    yield from _attributes(element, level + 1, writer)


def _opened(element: Any, level: int, writer: Writer) -> Iterator[Line]:
    yield from writer.lines(level, name=_name(element))
    yield from _attributes(element, level + 1, writer)
    if _has_words(element.text):
        yield from writer.lines(level + 1, element.text.strip(_WHITE))


def _attributes(element: Any, level: int, writer: Writer) -> Iterator[Line]:
    parent = element.getparent()
    known = {} if parent is None else parent.nsmap
    for prefix, namespace in element.nsmap.items():
        if known.get(prefix) != namespace:
            if namespace in _SOURCE:
                writer.found.add("source")
            kind = writer.note("namespace")
            yield from writer.lines(level, namespace or writer.note("empty"), name=prefix or "", kind=kind)
    for name, value in element.attrib.items():
        yield from writer.lines(
            level,
            value or writer.note("empty"),
            name=_qualified(name, element),
            kind=writer.note("attribute"),
        )


def _aside(node: Any, level: int, writer: Writer) -> Iterator[Line]:
    """A comment or a processing instruction between elements."""
    if node.tag is etree.PI:
        writer.found.add("instructions")
    yield from writer.lines(level, _aside_run(node, writer))


def _aside_run(node: Any, writer: Writer) -> Run:
    text = "".join(run.text for run in writer.text((node.text or "").strip(_WHITE)))
    if node.tag is etree.Comment:
        return writer.note("comment", text=text)
    return writer.note("instruction", text=f"{node.target} {text}".rstrip())


def _name(element: Any) -> str:
    return _qualified(element.tag, element)


def _qualified(tag: str, element: Any) -> str:
    """The name with its prefix, as it is written."""
    name = etree.QName(tag)
    if tag == element.tag:
        prefix = element.prefix
    else:
        prefix = next(
            (p for p, namespace in element.nsmap.items() if p and namespace == name.namespace), None
        )
    local: str = name.localname
    return f"{prefix}:{local}" if prefix and name.namespace else local


def _has_words(text: str | None) -> bool:
    return bool(text and text.strip(_WHITE))


def _text_before(node: Any) -> str | None:
    before = node.getprevious()
    text: str | None = node.getparent().text if before is None else before.tail
    return text


def _kind(node: Any) -> Caution:
    return "comments" if node.tag is etree.Comment else "instructions"
