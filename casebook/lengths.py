"""How long a text is, and may be, as each channel counts it.

X: https://docs.x.com/fundamentals/counting-characters, https://github.com/twitter/twitter-text
(config v3); Bluesky: the lexicons `app.bsky.feed.post` and `chat.bsky.convo.defs`; Mastodon:
`configuration.statuses` of https://docs.joinmastodon.org/entities/Instance/; Google: the Business
Profile API's `ReviewReply.comment`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import regex

MENTION_ROOM = 32
"""Characters that a reply on Mastodon keeps free for the mention it begins with: `@`, a name of
30, a blank."""
X_URL = 23
"""What X counts for an address, whatever its length."""
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
"""Code points that X counts once; all others count twice."""
_LABEL = 63
"""Bytes of one label of a host name (RFC 1035)."""
_HOST = r"(?:[\p{L}\p{N}](?:[\p{L}\p{N}_-]{0,4000}[\p{L}\p{N}])?\.){1,8}"
_TLD = (
    "com|net|org|edu|gov|info|biz|name|app|dev|shop|store|online|site|xyz|io|co|tv|me|ly|jp|uk|us"
)
_ADDRESS = regex.compile(
    rf"(?<![@#$\p{{L}}\p{{N}}])(?:https?://(?P<host>{_HOST}\p{{L}}{{2,63}})(?::[0-9]{{1,5}})?"
    rf"|(?<![.-])(?P<bare>(?:[A-Za-z0-9][A-Za-z0-9-]{{0,4000}}\.){{1,8}}(?:{_TLD}))(?![\w@-]))"
    r"(?:/[A-Za-z0-9\p{Cyrillic}!*';:=+,.$%#\[\]_~&|@()/-]{0,4000})?"
    r"(?:\?[A-Za-z0-9!?*'();:&=+$/%#\[\]_.,~|@-]{0,4000}[A-Za-z0-9_&=#/-])?",
    regex.IGNORECASE,
)
_MENTIONS = regex.compile(r"\A(?:\s{0,9}@[A-Za-z0-9_]{1,20}(?=\s|\Z)){1,50}\s?")
_LONGEST_EMOJI = 10
"""Code points of the longest emoji sequence in general use; a longer chain is no emoji."""
_GRAPHEME = regex.compile(r"\X")
_EMOJI = regex.compile(
    r"\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f?|[0-9#*]\ufe0f?\u20e3|\p{RI}{2}"
)


@dataclass(frozen=True, slots=True)
class Limit:
    """The longest text of a channel: at most `most` as `count` counts."""

    most: int
    count: Callable[[str], int]


def x_weight(text: str, *, reply: bool = False) -> int:
    """The weighted length of a post on X, in NFC. A `reply`'s leading mentions do not count."""
    body = unicodedata.normalize("NFC", text)
    if reply and (mentions := _MENTIONS.match(body)):
        body = body[mentions.end() :]
    total = end = 0
    for match in _ADDRESS.finditer(body):
        if _is_host(match["host"] or match["bare"]):
            total += _weight(body[end : match.start()]) + X_URL
            end = match.end()
    return total + _weight(body[end:])


def graphemes(text: str) -> int:
    """The grapheme clusters of a text (UAX #29)."""
    return sum(1 for _ in _GRAPHEME.finditer(text))


def mastodon_length(text: str) -> int:
    """A text as Mastodon counts it: grapheme clusters; an address counts 23, of a mention of
    another server's account the name alone."""
    short = regex.sub(r"(@[\w.-]{1,64})@[\w.-]{1,253}", r"\1", text)
    return graphemes(_ADDRESS.sub("x" * X_URL, short))


def _weight(text: str) -> int:
    total = 0
    for match in _GRAPHEME.finditer(text):
        cluster = match[0]
        emoji = len(cluster) <= _LONGEST_EMOJI and _EMOJI.match(cluster)
        total += 2 if emoji else sum(map(_of, cluster))
    return total


def _of(character: str) -> int:
    return 1 if any(first <= ord(character) <= last for first, last in _LIGHT) else 2


def _is_host(host: str) -> bool:
    return all(_fits(label) for label in host.split("."))


def _fits(label: str) -> bool:
    if label.isascii():
        return len(label) <= _LABEL
    return len(label) <= _LABEL and len(label.encode("punycode")) + len("xn--") <= _LABEL


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


LIMITS: dict[str, tuple[Limit, ...]] = {
    "x": (Limit(280, lambda text: x_weight(text, reply=True)),),
    "mastodon": (Limit(500, mastodon_length),),
    "bluesky": (Limit(300, graphemes), Limit(3_000, _bytes)),
    "google": (Limit(4_096, _bytes),),
}
"""By channel, in public; a channel that is not named has no limit."""
PRIVATE: dict[str, tuple[Limit, ...]] = {
    "x": (Limit(10_000, len),),
    "mastodon": (Limit(500 - MENTION_ROOM, mastodon_length),),
    "bluesky": (Limit(1_000, graphemes), Limit(10_000, _bytes)),
}
"""By network, for its private messages; what every server of it takes."""


def fits(text: str, channel: str) -> bool:
    """Whether a channel takes a public reply of this length."""
    return _within(text, LIMITS.get(channel, ()))


def fits_in_private(text: str, network: str) -> bool:
    """Whether a network takes a private message of this length."""
    return _within(text, PRIVATE.get(network, ()))


def _within(text: str, limits: Iterable[Limit]) -> bool:
    return all(limit.count(text) <= limit.most for limit in limits)
