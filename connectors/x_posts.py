"""Posts and direct messages as X's API v2 writes them, as ours.

All that comes from there is taken as hostile: a value of the wrong type counts as missing. Data
dictionary: https://docs.x.com/x-api/fundamentals/data-dictionary
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from casebook.types import Attachment, Channel, Inbound, Visibility
from connectors.lenient import array, mapping, moment
from connectors.opt_out import marked

DM = "dm:"
"""What the external id of a direct message begins with: its number alone could be a post's."""
_EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657_000, tzinfo=UTC)
"""Where the milliseconds in X's ids begin."""
_TIME_BITS = 22
_LONGEST_ID = 19
_LONGEST_TEXT = 100_000
"""Characters of a text that are kept; X allows 25,000."""
_LONGEST_LINK = 300
_MENTIONS = re.compile(r"\A(?:\s*@\w{1,20}(?=\s|\Z))+\s*")
_HANDLE = re.compile(r"[A-Za-z0-9_]{1,20}")
_SCHEME = re.compile(r"https?://(\S*?)/?(?=\s|\Z)")
_TYPES = {"photo": "image/jpeg", "video": "video/mp4", "animated_gif": "video/mp4"}
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an answer: its messages of others by id (in any order), the ids of all that it
    names, where the next page begins, and how many entries could not be read."""

    inbounds: tuple[tuple[int, Inbound], ...]
    ids: tuple[int, ...]
    next: str
    unread: int


def read_posts(document: Document, own: str) -> Page:
    """Posts that `own` (our user id) did not write, without retweets."""
    includes = mapping(document.get("includes"))
    users, media = _by(includes, "users", "id"), _by(includes, "media", "media_key")

    def one(item: Document) -> Inbound | None:
        kinds = {kind for kind, _ in _referenced(item)}
        skipped = _id(item.get("author_id")) == int(own) or "retweeted" in kinds
        return None if skipped else _post(item, users, media)

    return _page(document, one)


def read_dms(document: Document, own: str, opt_out: Sequence[str]) -> Page:
    """Direct messages that `own` did not write; one of the `opt_out` words alone is marked."""
    includes = mapping(document.get("includes"))
    users, media = _by(includes, "users", "id"), _by(includes, "media", "media_key")

    def one(item: Document) -> Inbound | None:
        skipped = item.get("event_type", "MessageCreate") != "MessageCreate"
        if skipped or _id(item.get("sender_id")) == int(own):
            return None
        return marked(_dm(item, users, media), opt_out)

    return _page(document, one)


def same_text(item: Document, body: str) -> bool:
    """Whether a post or message of ours has the text that was handed to X: it shortens addresses,
    escapes `&<>`, and puts the name of whom it answers before it."""
    return _canonical(_text(item)[0]) == _canonical(body)


def answered(item: Document) -> str:
    """The id of the post that this one answers, or an empty text."""
    return next((post for kind, post in _referenced(item) if kind == "replied_to"), "")


def items(document: Document) -> Iterator[Document]:
    """The posts or messages of an answer."""
    return (item for item in array(document.get("data")) if isinstance(item, dict))


def next_page(document: Document) -> str:
    """Where the next page begins; empty where there is none."""
    token = mapping(document.get("meta")).get("next_token")
    return token if isinstance(token, str) else ""


def refused(document: Document) -> Iterator[str]:
    """The ids that a lookup does not show, for good: deleted, or their author suspended or
    protected."""
    for error in array(document.get("errors")):
        kind = str(mapping(error).get("type", "")).rpartition("/")[2]
        if kind in ("resource-not-found", "not-authorized-for-resource"):
            found = _id(error.get("resource_id")) or _id(error.get("value"))
            if found:
                yield str(found)


def at(number: int) -> datetime:
    """When the thing with this id was made."""
    return _EPOCH + timedelta(milliseconds=number >> _TIME_BITS)


def id_at(when: datetime) -> int:
    """The lowest id that a thing made at this moment can have."""
    milliseconds = (when - _EPOCH) // timedelta(milliseconds=1)
    return max(milliseconds, 0) << _TIME_BITS


def is_real(number: int) -> bool:
    """Whether an id can be a thing's, not one that `id_at` made of a time."""
    return number % (1 << _TIME_BITS) > 0


def written_at(item: Document) -> datetime | None:
    """When a post or message was made; None where neither its time nor its id tells."""
    if found := moment(item.get("created_at")):
        return found
    number = _id(item.get("id"))
    return at(number) if number else None


def _page(document: Document, one: Callable[[Document], Inbound | None]) -> Page:
    inbounds: list[tuple[int, Inbound]] = []
    ids: list[int] = []
    unread = 0
    for item in array(document.get("data")):
        number = _id(mapping(item).get("id") or mapping(item).get("dm_event_id"))
        if not number:
            unread += 1
            continue
        ids.append(number)
        try:
            found = one({**item, "id": str(number)})
        except ValueError:
            unread += 1
            continue
        if found is not None:
            inbounds.append((number, found))
    return Page(tuple(inbounds), tuple(ids), next_page(document), unread)


def _post(item: Document, users: Mapping[str, Document], media: Mapping[str, Document]) -> Inbound:
    number, author = item["id"], _author(item, "author_id")
    text, cut = _text(item)
    links = dict(_referenced(item))
    history = array(item.get("edit_history_tweet_ids") or item.get("edit_history_post_ids"))
    first = _id(history[0]) if history else 0
    began = _other(_id(item.get("conversation_id")), number)
    user = users.get(author, {})
    handle = str(user.get("username") or "")
    return Inbound(
        identity=f"x:{number}",
        external_id=number,
        channel=Channel.X,
        visibility=Visibility.PUBLIC,
        author=author,
        display_name=_name(user),
        sent_at=written_at(item),
        subject="",
        text=text,
        new_text=_new(text, links.get("quoted", "")),
        in_reply_to=_other(first, number) or links.get("replied_to", "") or links.get("quoted", ""),
        references=(began,) if began else (),
        attachments=_attachments(item, media),
        permalink=f"https://x.com/{handle if _HANDLE.fullmatch(handle) else 'i'}/status/{number}",
        truncated=cut,
        raw=_raw(item, user),
    )


def _dm(
    item: Document,
    users: Mapping[str, Document],
    media: Mapping[str, Document],
) -> Inbound:
    number, author = item["id"], _author(item, "sender_id")
    text, cut = _text(item)
    user = users.get(author, {})
    return Inbound(
        identity=f"x-dm:{number}",
        external_id=f"{DM}{number}",
        channel=Channel.DM,
        visibility=Visibility.PRIVATE,
        author=author,
        display_name=_name(user),
        sent_at=written_at(item),
        subject="",
        text=text,
        new_text=text,
        attachments=_attachments(item, media),
        permalink=f"https://x.com/messages/compose?recipient_id={author}",
        truncated=cut,
        raw=_raw(item, user),
    )


def _other(found: int, number: str) -> str:
    """An id, where it is one and not the message's own."""
    return str(found) if found and str(found) != number else ""


def _author(item: Document, key: str) -> str:
    found = _id(item.get(key))
    if not found:
        raise ValueError(f"no {key}")
    return str(found)


def _name(user: Document) -> str:
    name = user.get("name")
    return name if isinstance(name, str) and name.strip() else str(user.get("username") or "")


def _text(item: Document) -> tuple[str, bool]:
    """The whole text with its addresses in full, and whether it had to be cut."""
    note = mapping(item.get("note_tweet")) or mapping(item.get("note_post"))
    place = note if isinstance(note.get("text"), str) else item
    text = place.get("text", "" if item.get("attachments") else None)
    if not isinstance(text, str):
        raise ValueError("no text")
    cut = len(text) > _LONGEST_TEXT
    text = html.unescape(text[:_LONGEST_TEXT])
    for entity in array(mapping(place.get("entities")).get("urls"))[:100]:
        short, full = mapping(entity).get("url"), mapping(entity).get("expanded_url")
        if isinstance(short, str) and short.startswith("http") and isinstance(full, str):
            # What stands for a picture leads to the attachment.
            text = text.replace(short, "" if "media_key" in entity else full[:4000], 5)
    return text.strip()[:_LONGEST_TEXT], cut


def _new(text: str, quoted: str) -> str:
    """What the author wrote: without the names that X puts before a reply, and the address of the
    post that is quoted."""
    body = _MENTIONS.sub("", text)
    if quoted:
        end = re.sub(rf"https?://\S+/status/{quoted}\S*\s*\Z", "", body[-_LONGEST_LINK:])
        body = body[:-_LONGEST_LINK] + end
    return body.strip() or text


def _referenced(item: Document) -> list[tuple[str, str]]:
    """What a post refers to: kind and id."""
    places = item.get("referenced_tweets") or item.get("referenced_posts")
    found = [(mapping(place).get("type"), _id(mapping(place).get("id"))) for place in array(places)]
    return [(str(kind), str(number)) for kind, number in found if number]


def _attachments(item: Document, media: Mapping[str, Document]) -> tuple[Attachment, ...]:
    keys = array(mapping(item.get("attachments")).get("media_keys"))[:20]
    found = [(str(key)[:100], media.get(str(key), {})) for key in keys]
    return tuple(
        Attachment(
            str(about.get("url") or about.get("preview_image_url") or key)[:1000],
            _TYPES.get(str(about.get("type")), "application/octet-stream"),
            0,
        )
        for key, about in found
    )


def _raw(item: Document, user: Document) -> bytes:
    kept = {"data": item, "user": user}
    return json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace")[: 4 * _LONGEST_TEXT]


def _canonical(text: str) -> str:
    plain = _MENTIONS.sub("", unicodedata.normalize("NFC", html.unescape(text)))
    return " ".join(_SCHEME.sub(r"\1", plain).split())


def _by(includes: Document, kind: str, key: str) -> dict[str, Document]:
    found = (mapping(entry) for entry in array(includes.get(kind)))
    return {str(entry[key]): entry for entry in found if key in entry}


def _id(value: object) -> int:
    """An id as a number; 0 where it is none."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID else 0
