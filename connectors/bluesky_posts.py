"""Posts and direct messages as the AT Protocol writes them, as ours.

All that comes from there is taken as hostile: a value of the wrong type counts as missing.
Lexicons: `app.bsky.notification.listNotifications`, `app.bsky.feed.post`, `chat.bsky.convo.defs`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from casebook.types import Attachment, Channel, Inbound, Visibility
from connectors.bluesky_text import in_full
from connectors.lenient import array, mapping, moment, text_of

DM = "dm:"
"""What the external id of a direct message begins with."""
APP = "https://bsky.app"
REASONS = ("mention", "reply", "quote")
POST = "app.bsky.feed.post"
_LONGEST_TEXT = 100_000
"""Characters of a text that are kept; posts have 3,000 bytes, messages 10,000."""
_AT_URI = re.compile(
    r"at://(did:[a-z]+:[A-Za-z0-9._:%-]{1,250})/([A-Za-z0-9.-]{1,300})/([\w.:~-]{1,512})"
)
_DID = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]{1,250}")
_HANDLE = re.compile(r"(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z][A-Za-z0-9-]{0,62}")
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list, readable or not. `key` is the same whenever it is found; `inbound` is
    None where it is none for us; `unread`: it could not be read."""

    key: str
    at: datetime
    inbound: Inbound | None = None
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page of notifications, as they stood; where the next begins, "" at the end."""

    entries: tuple[Entry, ...]
    next: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation. `rev` orders all changes of an account's conversations."""

    rev: str
    inbound: Inbound | None
    unread: bool = False


def read_notifications(document: Document, own: str, now: datetime) -> Page:
    """Posts that mention, answer or quote `own` (our DID); `now` stands for times that are none."""
    entries: list[Entry] = []
    for item in array(document.get("notifications")):
        at = moment(mapping(item).get("indexedAt")) or (entries[-1].at if entries else now)
        entries.append(_entry(mapping(item), own, at))
    return Page(tuple(entries), text_of(document.get("cursor")))


def read_message(item: Document, own: str, convo: str, names: Mapping[str, str]) -> Message:
    """A message of a conversation; none for us where we wrote it, or it is deleted. `names`: what
    its members call themselves, by DID."""
    rev = text_of(item.get("rev"))
    kind = text_of(item.get("$type")).partition("#")[2]
    if kind in ("deletedMessageView", "systemMessageView"):
        return Message(rev, None)
    number = text_of(item.get("id"))
    sender = text_of(mapping(item.get("sender")).get("did"))
    if not (rev and number and _DID.fullmatch(sender) and isinstance(item.get("text"), str)):
        return Message(rev, None, unread=True)
    if sender == own:
        return Message(rev, None)
    text, cut = _whole(item, mapping(item.get("embed")))
    inbound = Inbound(
        identity=f"bluesky-dm:{number}",
        external_id=f"{DM}{number}",
        channel=Channel.DM,
        visibility=Visibility.PRIVATE,
        author=sender,
        display_name=names.get(sender, ""),
        sent_at=moment(item.get("sentAt")),
        subject="",
        text=text,
        new_text=text,
        permalink=f"{APP}/messages/{convo}",
        truncated=cut,
        raw=_raw(item),
    )
    return Message(rev, inbound)


def link_of(uri: str, handle: str = "") -> str:
    """Where a post is shown to people, "" where `uri` names none."""
    found = _AT_URI.fullmatch(uri)
    if found is None or found[2] != POST:
        return ""
    who = handle if _HANDLE.fullmatch(handle) and handle != "handle.invalid" else found[1]
    return f"{APP}/profile/{who}/post/{found[3]}"


def reply_refs(post: Document) -> dict[str, Any] | None:
    """The root and parent that an answer to a post (a `postView`) names; None where it cannot be
    read."""
    parent = {"uri": post.get("uri"), "cid": post.get("cid")}
    if not all(isinstance(value, str) and value for value in parent.values()):
        return None
    root = mapping(mapping(mapping(post.get("record")).get("reply")).get("root"))
    whole = isinstance(root.get("uri"), str) and isinstance(root.get("cid"), str)
    return {"root": {"uri": root["uri"], "cid": root["cid"]} if whole else parent, "parent": parent}


def members(convo: Document) -> dict[str, str]:
    """What the members of a conversation call themselves, by DID."""
    found = (mapping(member) for member in array(convo.get("members")))
    return {text_of(member.get("did")): _name(member) for member in found}


def is_group(convo: Document) -> bool:
    """Whether a conversation has more members than the two."""
    return text_of(mapping(convo.get("kind")).get("$type")).endswith("#groupConvo")


def parts_of(uri: str) -> tuple[str, str, str]:
    """Whose a record is, of what collection, and its key; empty texts where `uri` names none."""
    found = _AT_URI.fullmatch(uri)
    return (found[1], found[2], found[3]) if found else ("", "", "")


def _entry(item: Document, own: str, at: datetime) -> Entry:
    uri, author = text_of(item.get("uri")), mapping(item.get("author"))
    key = _digest(uri or {name: value for name, value in item.items() if name != "isRead"})
    if item.get("reason") not in REASONS:
        return Entry(key, at)
    found, did = _AT_URI.fullmatch(uri), text_of(author.get("did"))
    record = mapping(item.get("record"))
    if found is None or not _DID.fullmatch(did) or not isinstance(record.get("text"), str):
        return Entry(key, at, unread=True)
    if did == own:
        return Entry(key, at)
    return Entry(key, at, _post(item, record, author, uri))


def _post(item: Document, record: Document, author: Document, uri: str) -> Inbound:
    embed = mapping(record.get("embed"))
    text, cut = _whole(record, embed)
    reply = mapping(record.get("reply"))
    parent = _uri(mapping(reply.get("parent")).get("uri"))
    root = _uri(mapping(reply.get("root")).get("uri"))
    return Inbound(
        identity=f"bluesky:{uri}",
        external_id=uri,
        channel=Channel.BLUESKY,
        visibility=Visibility.PUBLIC,
        author=text_of(author.get("did")),
        display_name=_name(author),
        sent_at=moment(item.get("indexedAt")),
        subject="",
        text=text,
        new_text=text,
        in_reply_to=parent or _quoted(embed),
        references=(root,) if root and root != uri else (),
        attachments=_attachments(embed, text_of(author.get("did"))),
        permalink=link_of(uri, text_of(author.get("handle"))),
        truncated=cut,
        raw=_raw(item),
    )


def _whole(item: Document, embed: Document) -> tuple[str, bool]:
    """The text with all addresses, the one of a preview card too, and whether it had to be cut."""
    text = text_of(item.get("text"))
    cut = len(text) > _LONGEST_TEXT
    text = in_full(text[:_LONGEST_TEXT], item.get("facets")).strip()
    media = mapping(embed.get("media")) or embed
    card = text_of(mapping(media.get("external")).get("uri"))[:4000]
    if card and card not in text:
        text = f"{text}\n{card}"
    return text[:_LONGEST_TEXT].strip(), cut


def _quoted(embed: Document) -> str:
    """The post that is quoted, with pictures or without."""
    record = mapping(embed.get("record"))
    return _uri(record.get("uri")) or _uri(mapping(record.get("record")).get("uri"))


def _attachments(embed: Document, did: str) -> tuple[Attachment, ...]:
    media = mapping(embed.get("media")) or embed
    images = map(mapping, array(media.get("images")))
    found: list[tuple[Document, Document]] = [
        (place, mapping(place.get("image"))) for place in images
    ]
    if media.get("video"):
        found.append((media, mapping(media.get("video"))))
    return tuple(_attachment(about, blob, did) for about, blob in found[:20])


def _attachment(about: Document, blob: Document, did: str) -> Attachment:
    number = text_of(mapping(blob.get("ref")).get("$link"))[:100]
    kind = text_of(blob.get("mimeType"))[:100] or "application/octet-stream"
    size = blob.get("size")
    name = number or "?"
    if number.isalnum() and kind.startswith("image/"):
        name = f"https://cdn.bsky.app/img/feed_fullsize/plain/{did}/{number}@jpeg"
    told = " ".join(text_of(about.get("alt")).split())[:500]
    return Attachment(
        f"{told} ({name})" if told else name, kind, size if isinstance(size, int) else 0
    )


def _name(profile: Document) -> str:
    name = text_of(profile.get("displayName")).strip()
    return (name or text_of(profile.get("handle")))[:640]


def _uri(value: object) -> str:
    return value if isinstance(value, str) and _AT_URI.fullmatch(value) else ""


def _digest(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _raw(item: Document) -> bytes:
    return json.dumps(item, ensure_ascii=False).encode("utf-8", "replace")[: 4 * _LONGEST_TEXT]
