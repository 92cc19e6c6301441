"""What must not be read by everybody, and the way to where it may be said."""

from __future__ import annotations

import re
from collections.abc import Iterator

from casebook.acts import Act
from casebook.findings import Code
from casebook.types import Visibility
from responders.guard.acts import WARY, Place, done
from responders.guard.reading import Reading

_WAY = re.compile(r"https?://|[\w.]@[\w-]+\.|(?<![0-9])0[0-9]{2,3}-[0-9]{2,4}-[0-9]")
_HINTED = 0.1
"""The probability from which an invitation is meant where such an address stands."""


def publicity(
    reading: Reading, visibility: Visibility, *, invited: bool
) -> Iterator[tuple[Code, Place]]:
    """`details_in_public` and `no_private_channel`; who is `invited` needs not be so twice."""
    if visibility is not Visibility.PUBLIC:
        return
    for place in done(reading, Act.PARTICULARS):
        yield Code.DETAILS_IN_PUBLIC, place
    # Where an address stands, less need be said.
    sure = _HINTED if _WAY.search(reading.text) else WARY
    if not invited and not done(reading, Act.INVITES, sure=sure, quoted=True):
        yield Code.NO_PRIVATE_CHANNEL, (0, len(reading.text))
