"""Mailboxes in address fields, leniently read (RFC 5322, section 3.4 and what is really sent)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from connectors.mime_headers import MAX_FIELD, decode_words, one_line

MAX_ADDRESSES = 1_000
"""Addresses of one field that are read."""

_LEXEME = re.compile(
    r'"(?:[^"\\]|\\.)*"?|<[^<>]*>?|\((?:[^()\\]|\\.)*\)?|[,;:]|[^\s"<>(),;:]+|\s+|.', re.DOTALL
)
_ADDRESS = re.compile(r'(?:"[^"@]{1,64}"|[^\s<>()",;:]{1,254})@[^\s<>()",;:]{1,254}')


def addresses(text: str) -> list[tuple[str, str]]:
    """(display name, address) for each mailbox of an address field, encoded words as sent.

    Lenient: groups, comments, `a..b@`, `a.@`, missing or doubled brackets. The address is lower
    case, its name undecoded; an entry without an address is left out.
    """
    found = []
    for phrase, angle, comment in _entries(text[:MAX_FIELD]):
        address = _bare(angle) or _bare(phrase)
        if not address:
            # Some senders encode the whole mailbox as one word.
            decoded = decode_words(phrase)
            address = _bare(decoded)
            named = decoded if address else phrase
        else:
            named = phrase
        if address:
            match = None if _bare(angle) else _ADDRESS.search(named)
            name = named.replace(match[0], "") if match else named
            found.append((name.strip() or comment, address))
        if len(found) >= MAX_ADDRESSES:
            break
    return found


def _entries(text: str) -> Iterator[tuple[str, str, str]]:
    phrase: list[str] = []
    angle = comment = ""
    for match in _LEXEME.finditer(text):
        lexeme = match[0]
        if lexeme in ",;":
            yield "".join(phrase), angle, comment
            phrase, angle, comment = [], "", ""
        elif lexeme == ":" and not angle and not any("@" in piece for piece in phrase[-3:]):
            phrase = []
        elif lexeme[0] == "<" and len(lexeme) > 1:
            angle = _unspaced(lexeme.strip("<>")) if "@" in lexeme or not angle else angle
        elif lexeme[0] == "(" and len(lexeme) > 1:
            comment = lexeme.strip("()")
        elif lexeme not in "<>:":
            phrase.append(lexeme)
    yield "".join(phrase), angle, comment


def _unspaced(text: str) -> str:
    """`text` without comments and without spaces around dots and `@` (RFC 5322, section 4.4)."""
    bare = re.sub(r"\([^()]*\)", "", text) if "(" in text else text
    words = bare.split()
    return re.sub(r" ?([.@]) ?", r"\1", " ".join(words)) if len(words) > 1 else bare


def _bare(text: str) -> str:
    """The address in `text`, normalised, or ""."""
    match = _ADDRESS.search(text.replace("mailto:", "")) if "@" in text else None
    if match is None:
        return ""
    local, _, domain = match[0].rpartition("@")
    domain = domain.strip(".'\u3000")
    # `"a..b"@example.jp` and `a..b@example.jp` are one mailbox (RFC 5321, section 4.1.2).
    address = f"{local.strip(chr(34))}@{domain}" if domain else ""
    return one_line(address).lower()


def display_name(text: str) -> str:
    """A mailbox's display name for people: decoded, without quotes and controls."""
    name = one_line(decode_words(text))
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = name[1:-1]
    name = re.sub(r"\\(.)", r"\1", name)
    return one_line(decode_words(name)).strip("\"' ")[:200]
