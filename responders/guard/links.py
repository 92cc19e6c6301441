"""Where a reply would lead: to the company, to the channel it is written on, or astray."""

from __future__ import annotations

import re
from collections.abc import Iterator

from responders.guard.reading import Reading

HOSTS: dict[str, tuple[str, ...]] = {
    "x": ("x.com", "twitter.com"),
    "dm": ("x.com", "twitter.com", "bsky.app"),
    "google": ("google.com", "google.co.jp", "g.page"),
    "bluesky": ("bsky.app",),
}
"""The hosts of a channel itself."""
_DOTS = "．。｡"
_TLD = (
    "com|net|org|info|biz|jp|io|co|ly|gl|gd|cc|tv|xyz|top|shop|store|site|online|app"
    "|dev|click|club"
    "|ru|cn|tk|ml|ga|cf|gq|pw|uk|de|fr|eu|asia|tokyo|icu|vip|bid|zip|mov|example|invalid"
)
_WORDS = "to|me|in|us|is|it|at|be|help|care|one|work|page|live|link|support|services?|space|fun"
"""Top-level domains that are words too: with a path behind them only."""
_LETTER = r"[A-Za-z0-9Ａ-Ｚａ-ｚ０-９À-ӿ-]"
_HOST = r"[^\s/@＠:<>()\[\]{}\"'「」『』（）【】、。ぁ-ヿ一-鿿!?！？]{1,200}"
_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+-]{1,12})\s?[:：]\s?[/／\\]{2}"
    rf"(?P<user>{_HOST}(?::[^\s@/]{{0,80}})?[@＠])?(?P<host>{_HOST}|[ぁ-ヿ一-鿿])"
    rf"|(?P<local>[\w.+-]{{1,64}})[@＠](?P<mail>{_HOST})"
    rf"|(?<![\w.-])(?P<bare>(?:{_LETTER}{{1,63}}[.{_DOTS}]){{1,6}}"
    rf"(?:xn--[a-z0-9-]{{2,40}}|(?:{_TLD})(?!{_LETTER})|(?:{_WORDS})(?=/)))"
    r"|(?P<dots>[a-z0-9-]{1,40}(?:\[\.\]|\(\.\)| dot | ドット |\[dot\]|\(dot\))"
    r"(?:com|net|org|jp|ly|info|co))\b",
    re.IGNORECASE | re.ASCII,
)
_DANGEROUS = re.compile(r"\b(?:javascript|data|vbscript|file)\s?[:：][^\s]", re.IGNORECASE)
_ROLE = re.compile(r"support|care|info|help|desk|service|contact|refund|account|billing|security")


def links(reading: Reading, channel: str, domains: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Spans of the reply that lead anywhere but to `domains`, their subdomains and the channel's
    own hosts: other domains, look-alikes, shorteners, names before an @, link texts that name
    another place. Read as written: what looks like an address to a person is one."""
    allowed = (*domains, *HOSTS.get(channel, ()))
    for match in _URL.finditer(reading.raw):
        if not _is_safe(match, allowed):
            yield match.span()
    for match in _DANGEROUS.finditer(reading.raw):
        yield match.span()


def _is_safe(match: re.Match[str], allowed: tuple[str, ...]) -> bool:
    if match["user"] or match["dots"]:
        return False
    if match["scheme"] and match["scheme"].lower() not in ("http", "https"):
        return False
    ours = _is_one_of(match["host"] or match["bare"] or match["mail"], allowed)
    if match["local"]:
        # The customer's own address may stand there; one that poses as ours may not.
        return ours or not (_ROLE.search(match["local"].lower()) or "." in match["local"][-4:])
    return ours


def _is_one_of(written: str, allowed: tuple[str, ...]) -> bool:
    """Only ASCII as it stands: letters that look alike, and dots that look like dots, mislead."""
    host = re.split(r"[?#\\]", written.casefold())[0].strip(".,;")
    return written.isascii() and any(host == one or host.endswith(f".{one}") for one in allowed)
