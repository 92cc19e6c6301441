"""A Mastodon server's JSON as messages; pure, and never stopped by what it holds.

Entities: https://docs.joinmastodon.org/entities/Notification/ and …/Status/
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from casebook.types import Attachment, Channel, Flags, Inbound, Visibility
from connectors.html_text import MAX_HTML, html_to_text
from connectors.lenient import UnreadableError, address, mapping, mappings, moment, string, written

MENTION, QUOTE = "mention", "quote"
_PRIVATE = frozenset(("direct", "private"))
"""Visibilities that not everybody reads. Some compatible servers call `direct` so; on others
`private` is for followers, who are not everybody either."""
_TYPES = {
    "image": "image/jpeg",
    "gifv": "video/mp4",
    "video": "video/mp4",
    "audio": "audio/mpeg",
}
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_LEADING = re.compile(r"\A(?:\s{0,9}@[\w.-]{1,100}(?:@[\w.-]{1,253})?(?=\s|\Z)){1,50}\s*")
_ELSEWHERE = re.compile(r"(@[\w.-]{1,64})@[\w.-]{1,253}")
_QUOTED = re.compile(r'\A\s*<p class="quote-inline">.*?</p>', re.DOTALL)
"""The address of the quoted post, that the server puts there for programs that show no quotes."""
_MOST_MEDIA = 32
_RAW = ("id", "uri", "url", "created_at", "edited_at", "visibility", "content", "spoiler_text")


def identity(host: str, number: str, edited: datetime | None) -> str:
    """What a status is known by; an edited one anew."""
    told = f"{host}/{number}" + (f"/{edited.isoformat()}" if edited else "")
    return f"mastodon:{hashlib.sha256(told.encode('utf-8', 'replace')).hexdigest()}"


def read(notification: Mapping[str, Any], host: str, own: str) -> Inbound | None:
    """The message that a notification tells of; None where there is none for us: a boost, a follow,
    something of our own. Raises UnreadableError."""
    if notification.get("type") not in (MENTION, QUOTE):
        return None
    status = mapping(notification.get("status"))
    account = mapping(status.get("account")) or mapping(notification.get("account"))
    number, author = string(status.get("id")), string(account.get("id"))
    if status.get("reblog") or (author and author == own):
        return None
    if not _ID.fullmatch(number):
        raise UnreadableError("it has no post, or one without an id")
    if not author:
        raise UnreadableError("its post has no author")
    return _inbound(status, account, number, host)


def _inbound(
    status: Mapping[str, Any], account: Mapping[str, Any], number: str, host: str
) -> Inbound:
    private = is_private(status)
    edited = edited_at(status)
    html = status.get("content")
    text = plain(html)
    before = answered(status)
    message = Inbound(
        identity=identity(host, number, edited),
        external_id=number,
        channel=Channel.DM if private else Channel.MASTODON,
        visibility=Visibility.PRIVATE if private else Visibility.PUBLIC,
        author=person(account, host),
        display_name=_name(account, host),
        sent_at=edited or moment(status.get("created_at")),
        subject=" ".join(string(status.get("spoiler_text")).split()),
        text=text,
        new_text=_LEADING.sub("", text),
        in_reply_to=before,
        attachments=_attachments(status),
        permalink=address(status.get("url")) or address(status.get("uri")),
        flags=Flags(auto_reply=account.get("bot") is True),
        truncated=isinstance(html, str) and len(html) > MAX_HTML,
        raw=_raw(status, account),
    )
    if edited is None:
        return message
    return replace(message, in_reply_to=number, references=(before,) if before else ())


def is_private(status: Mapping[str, Any]) -> bool:
    """Whether not everybody reads a status."""
    return string(status.get("visibility")) in _PRIVATE


def person(account: Mapping[str, Any], host: str) -> str:
    """Who an account is: its number, which is lasting, on the server that gave it."""
    return f"{host}/{string(account.get('id'), 200)}"


def edited_at(status: Mapping[str, Any]) -> datetime | None:
    """When a status was last edited; None for one that was not."""
    return moment(status.get("edited_at"))


def answered(status: Mapping[str, Any]) -> str:
    """The id of the status that this one answers, or else quotes; "" for none."""
    quoted = mapping(mapping(status.get("quote")).get("quoted_status")).get("id")
    return string(status.get("in_reply_to_id"), 100) or string(quoted, 100)


def plain(html: object) -> str:
    """A status's content as text, the quoted post's address left out."""
    return html_to_text(_QUOTED.sub("", html[: 2 * MAX_HTML])) if isinstance(html, str) else ""


def same_text(status: Mapping[str, Any], body: str) -> bool:
    """Whether a status says what `body` says, whatever the server made of its form and mentions."""
    return _bare(plain(status.get("content"))) == _bare(body)


def _bare(text: str) -> str:
    named = _ELSEWHERE.sub(r"\1", unicodedata.normalize("NFC", text))
    return " ".join(_LEADING.sub("", named).split())


def handle(account: Mapping[str, Any]) -> str:
    """An account as its server names it in a mention, without the `@`; "" where it has no name."""
    found = string(account.get("acct"), 400)
    return found if re.fullmatch(r"[\w.-]+(?:@[\w.:-]+)?", found) else ""


def _name(account: Mapping[str, Any], host: str) -> str:
    """An account's whole handle: unlike the name that it gives itself, it cannot be an insult for
    everybody to read in a reply."""
    acct = handle(account)
    if not acct:
        return " ".join(string(account.get("display_name"), 200).split())
    return f"@{acct}" if "@" in acct else f"@{acct}@{host}"


def _attachments(status: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """Its media, named by their addresses; nothing is fetched."""
    found = [
        Attachment(link, _TYPES.get(string(each.get("type")), "application/octet-stream"), 0)
        for each in mappings(status.get("media_attachments"))
        if (link := address(each.get("url")) or address(each.get("remote_url")))
    ]
    return tuple(found[:_MOST_MEDIA])


def _raw(status: Mapping[str, Any], account: Mapping[str, Any]) -> bytes:
    kept = {key: written(status.get(key), MAX_HTML) for key in _RAW}
    told = kept | {"account": string(account.get("uri"))}
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")
