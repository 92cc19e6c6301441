"""Text as the AT Protocol writes it: annotated by byte offsets (facets), and its record keys.

Facets: https://atproto.com/lexicons/app-bsky-richtext; keys: https://atproto.com/specs/tid
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_FACET = "app.bsky.richtext.facet"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SORTABLE = "234567abcdefghijklmnopqrstuvwxyz"
_TID_LETTERS = 13
_NAME_BITS = 30
"""Bits of a key that tell things of one second apart."""
_CLOCK_BITS = 10
_SECOND = 1_000_000
# Japanese follows an address without a blank, so only what a URI may hold (RFC 3986) belongs to it.
_LINK = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]{1,2000}")
_AFTER = ".,;:!?'*"
_MENTION = re.compile(r"(?<![\w@./-])@((?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z][A-Za-z0-9-]{0,62})")
_FACETS = 100
_LONGEST_ADDRESS = 4000


def record_key(identity: str, begun_at: datetime) -> str:
    """The key (TID) of the post that a reply becomes: the same at every try, of no other reply.

    Its time is the second in which the reply was first tried.
    """
    mixed = int.from_bytes(hashlib.sha256(identity.encode("utf-8")).digest()[:8])
    within = (mixed % (1 << _NAME_BITS)) % (_SECOND << _CLOCK_BITS)
    second = (begun_at - _EPOCH) // timedelta(seconds=1)
    number = ((second * _SECOND) << _CLOCK_BITS) + within
    return "".join(_SORTABLE[number >> 5 * place & 31] for place in reversed(range(_TID_LETTERS)))


def facets(text: str, resolve: Callable[[str], str | None]) -> list[dict[str, Any]]:
    """What makes addresses and names in a text clickable. `resolve`: a handle's DID, if any."""
    found = [
        _facet(text, start, end, {"$type": f"{_FACET}#link", "uri": text[start:end]})
        for start, end in _links(text)
    ]
    covered = list(_links(text))
    for match in _MENTION.finditer(text):
        inside = any(start <= match.start() < end for start, end in covered)
        did = None if inside else resolve(match[1].lower())
        if did:
            feature = {"$type": f"{_FACET}#mention", "did": did}
            found.append(_facet(text, match.start(), match.end(), feature))
    return found[:_FACETS]


def in_full(text: str, annotations: object) -> str:
    """A text whose addresses stand in full where it shows a short form or other words for them.
    Annotations that do not fit the text are left out."""
    data = text.encode("utf-8", "surrogatepass")
    pieces: list[bytes] = []
    place = 0
    for start, end, uri in sorted(_annotated(annotations, len(data))):
        if start < place:
            continue
        shown = data[start:end].decode("utf-8", "replace")
        pieces += [data[place:start], _spelt(shown, uri).encode("utf-8", "surrogatepass")]
        place = end
    return b"".join([*pieces, data[place:]]).decode("utf-8", "replace")


def _links(text: str) -> Iterator[tuple[int, int]]:
    for match in _LINK.finditer(text):
        link = match[0].rstrip(_AFTER)
        while link.endswith(")") and link.count(")") > link.count("("):
            link = link[:-1].rstrip(_AFTER)
        if len(link) > len("https://"):
            yield match.start(), match.start() + len(link)


def _facet(text: str, start: int, end: int, feature: dict[str, str]) -> dict[str, Any]:
    first = len(text[:start].encode("utf-8"))
    last = first + len(text[start:end].encode("utf-8"))
    return {"index": {"byteStart": first, "byteEnd": last}, "features": [feature]}


def _annotated(annotations: object, size: int) -> Iterator[tuple[int, int, str]]:
    """The links among facets: first byte, byte after the last, address."""
    for facet in annotations[:_FACETS] if isinstance(annotations, list) else []:
        index = facet.get("index") if isinstance(facet, Mapping) else None
        features = facet.get("features") if isinstance(facet, Mapping) else None
        if not (isinstance(index, Mapping) and isinstance(features, list)):
            continue
        start, end = index.get("byteStart"), index.get("byteEnd")
        if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= size):
            continue
        for feature in features[:1]:
            uri = feature.get("uri") if isinstance(feature, Mapping) else None
            if isinstance(uri, str) and uri.startswith(("https://", "http://")):
                yield start, end, uri[:_LONGEST_ADDRESS]


def _spelt(shown: str, uri: str) -> str:
    short = shown.strip().removesuffix("...").removesuffix("…")
    return uri if short and short in uri else f"{shown} ({uri})"
