"""Who a reply says is at fault."""

from __future__ import annotations

import re
from collections.abc import Iterator

from casebook.acts import Act
from casebook.findings import Code
from responders.guard.acts import Place, done
from responders.guard.reading import Reading


def admissions(
    reading: Reading, confirmed: bool, own: tuple[str, ...]
) -> Iterator[tuple[Code, Place]]:
    """`admits_fault`: the company's fault or liability, while it is not `confirmed`; `own` are
    expressions that the company itself forbids."""
    if confirmed:
        return
    for place in sorted({*done(reading, Act.ADMITS), *_forbidden(reading, own)}):
        yield Code.ADMITS_FAULT, place


def blame(reading: Reading) -> Iterator[tuple[Code, Place]]:
    """`blame_shifting`: onto a partner, another department, the customer, or one's ignorance."""
    for place in done(reading, Act.BLAMES):
        yield Code.BLAME_SHIFTING, place


def _forbidden(reading: Reading, patterns: tuple[str, ...]) -> Iterator[Place]:
    for pattern in patterns:
        for match in re.finditer(pattern, reading.text, re.IGNORECASE):
            if match[0] and not reading.quoted(*match.span()):
                yield match.span()
