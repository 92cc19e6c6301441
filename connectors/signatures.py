"""What stands below the words of a mail: signature, device lines, disclaimer, left-over quotes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from connectors import quote_marks as marks

_WIDTH = 400
"""Characters of a line that are judged."""
_ROUNDS = 4
"""How often the end is looked at again: a disclaimer below a device line below a signature."""
_SIGNATURE_LINES = 15
"""Lines that a signature has at most."""


class Kind(Enum):
    """What one line is."""

    EMPTY = auto()
    TEXT = auto()
    QUOTE = auto()
    ATTRIBUTION = auto()


@dataclass(slots=True)
class Line:
    """One line of a mail's text and what it is."""

    text: str
    kind: Kind


def without_signature(lines: list[Line]) -> list[Line]:
    """`lines` without what stands below the author's words; never without all of them."""
    kept = _without_dashed(lines)
    for _ in range(_ROUNDS):
        before = len(kept)
        kept = _without_disclaimer(_without_frame(_trimmed(kept)))
        if len(kept) == before:
            break
    return kept


def _ends_with_mark(line: Line) -> bool:
    if line.kind is not Kind.TEXT:
        return True
    short = line.text[:_WIDTH]
    return bool(marks.RULE.match(short) or marks.DEVICE.match(short) or marks.DASHES.match(short))


def _trimmed(lines: list[Line]) -> list[Line]:
    """Without quotes, device lines and drawn lines at the end."""
    end = len(lines)
    while end and _ends_with_mark(lines[end - 1]):
        end -= 1
    return lines[:end] if any(line.kind is Kind.TEXT for line in lines[:end]) else lines


def _without_dashed(lines: list[Line]) -> list[Line]:
    """Without the block below `-- `, up to the next quote or the end."""
    start = next(
        (
            index
            for index, line in enumerate(lines)
            if line.kind is Kind.TEXT and marks.DASHES.match(line.text)
        ),
        None,
    )
    if start is None:
        return lines
    end = _region_end(lines, start)
    words = [line.text for line in lines[start + 1 : end] if line.kind is Kind.TEXT]
    long = len(words) > 2 * _SIGNATURE_LINES or sum(map(len, words)) > 2_000
    return lines if long else lines[:start] + lines[end:]


def _region_end(lines: Sequence[Line], start: int) -> int:
    for index in range(start, len(lines)):
        if lines[index].kind in (Kind.QUOTE, Kind.ATTRIBUTION):
            return index
    return len(lines)


def _without_frame(lines: list[Line]) -> list[Line]:
    """Without a signature that a drawn line sets off at the end."""
    for index in range(max(len(lines) - 2 * _SIGNATURE_LINES, 1), len(lines)):
        line = lines[index]
        if line.kind is Kind.TEXT and marks.RULE.match(line.text[:_WIDTH]):
            block = [item.text for item in lines[index + 1 :] if item.kind is Kind.TEXT]
            if _is_signature(block, underscored=bool(marks.UNDERSCORES.match(line.text))):
                return lines[:index]
    return lines


def _is_signature(block: Sequence[str], *, underscored: bool) -> bool:
    words = [line for line in block if not marks.RULE.match(line[:_WIDTH])]
    if len(words) > _SIGNATURE_LINES or any(len(line) > 120 for line in words):
        return False
    if any(marks.SENTENCE.search(line) or marks.MATTER.search(line) for line in words):
        return False
    contact = any(marks.CONTACT.search(line) for line in words)
    return contact or (underscored and len(words) <= 1)


def _without_disclaimer(lines: list[Line]) -> list[Line]:
    """Without a last paragraph that forbids, warns or asks to delete."""
    start = first = len(lines)
    while start and lines[start - 1].kind is Kind.TEXT and len(lines) - start < 30:
        start -= 1
        if marks.DISCLAIMER_START.match(lines[start].text[:_WIDTH]):
            first = start
    said = " ".join(line.text[:2_000] for line in lines[first:])
    stems = {found.lower() for found in marks.DISCLAIMER_STEMS.findall(said)}
    if len(stems) < 2 or not marks.DISCLAIMER_CORE.search(said):
        return lines
    return lines[:first] if any(line.kind is Kind.TEXT for line in lines[:first]) else lines
