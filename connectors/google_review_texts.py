"""A review's JSON as a message; pure, and never stopped by what it holds.

Entity: https://developers.google.com/my-business/reference/rest/v4/accounts.locations.reviews
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from casebook.types import Attachment, Channel, Inbound, Visibility
from connectors.lenient import UnreadableError, address, mapping, mappings, moment, string, written

PENDING, REJECTED, MISSING = "PENDING", "REJECTED", "MISSING"
NAME = re.compile(r"accounts/[\w-]{1,40}/(locations/[\w-]{1,40}/reviews/[\w-]{1,400})")
_STARS = {"ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5}
_TRANSLATED = re.compile(
    r"^[ \t]*[(（](?:Translated by Google|Google\s?による翻訳)[)）][ \t]*", re.MULTILINE
)
_ORIGINAL = re.compile(r"^[ \t]*[(（](?:Original|原文)[)）][ \t]*$\n?", re.MULTILINE)
_WITHOUT_WORDS = {
    "ja": "星{stars}つ（5つ星中）の評価です。コメントはありません。",
    "en": "A rating of {stars} out of 5 stars, without a comment.",
}
_MOST_TEXT = 100_000
_MOST_MEDIA = 32
_RAW = ("name", "starRating", "comment", "createTime", "updateTime")


class Reply(NamedTuple):
    """Our reply to a review as Google has it. `state` is Google's word for where its moderation
    stands, "" where it does not say; `reason` why it was rejected."""

    text: str
    at: datetime | None
    state: str
    reason: str


def read(review: Mapping[str, Any], language: str) -> Inbound:
    """The message that a review is. `language` ("ja", "en") is that in which stars without a
    comment are put into words. Raises UnreadableError."""
    name = string(review.get("name"))
    known = NAME.fullmatch(name)
    if known is None:
        raise UnreadableError("it has no name")
    updated = moment(review.get("updateTime"))
    if updated is None:
        raise UnreadableError("it does not say when it was written")
    stars = _STARS.get(string(review.get("starRating")))
    comment = string(review.get("comment"), _MOST_TEXT).strip()
    if not comment and stars is None:
        raise UnreadableError("it has neither stars nor words")
    text = comment or _WITHOUT_WORDS[language].format(stars=stars)
    place = known[1]
    return Inbound(
        identity=_identity(place, updated),
        external_id=name,
        channel=Channel.GOOGLE,
        visibility=Visibility.PUBLIC,
        author=place,
        display_name=_reviewer(mapping(review.get("reviewer"))),
        sent_at=updated,
        subject="",
        text=text,
        new_text=original(text),
        in_reply_to=name if _is_update(review, updated) else "",
        attachments=_attachments(review),
        permalink=address(review.get("reviewReplyUrl")),
        rating=stars,
        truncated=len(comment) == _MOST_TEXT,
        raw=_raw(review),
    )


def _identity(place: str, updated: datetime) -> str:
    """The same through whichever account the location is seen; a review's names are too long."""
    told = f"{place}/{updated.isoformat()}"
    return f"google:{hashlib.sha256(told.encode('utf-8')).hexdigest()}"


def _is_update(review: Mapping[str, Any], updated: datetime) -> bool:
    created = moment(review.get("createTime"))
    return created is not None and created < updated


def _reviewer(reviewer: Mapping[str, Any]) -> str:
    """A name to read, never to know a person by: Google gives reviewers no id."""
    if reviewer.get("isAnonymous") is True:
        return ""
    return " ".join(string(reviewer.get("displayName"), 200).split())


def original(comment: str) -> str:
    """What the reviewer wrote of a comment to which Google added its translation, before or behind
    it."""
    translated = _TRANSLATED.search(comment)
    if translated is None:
        return comment
    before = comment[: translated.start()].strip()
    own = _ORIGINAL.search(comment, translated.end())
    behind = comment[own.end() :].strip() if own else ""
    return before or behind or comment


def reply(review: Mapping[str, Any]) -> Reply | None:
    """Our reply to a review; None where there is none."""
    found = mapping(review.get("reviewReply"))
    return read_reply(found) if string(found.get("comment"), _MOST_TEXT) else None


def read_reply(found: Mapping[str, Any]) -> Reply:
    """A `ReviewReply`."""
    state, reason = string(found.get("reviewReplyState"), 40), string(found.get("policyViolation"))
    return Reply(
        string(found.get("comment"), _MOST_TEXT),
        moment(found.get("updateTime")),
        state if re.fullmatch(r"[A-Z_]+", state) else "",
        reason if re.fullmatch(r"[A-Z_]{1,80}", reason) else "",
    )


def wrong(found: Reply) -> str:
    """What a person must know at once of a reply's moderation; empty where all is well."""
    if found.state != REJECTED:
        return ""
    told = f" ({found.reason})" if found.reason else ""
    return f"Google rejected the reply{told}: nobody sees it; reword it"


def warnings(found: Reply) -> tuple[str, ...]:
    """What else is worth telling of it."""
    pending = ("Google still checks the reply before it shows it",)
    return pending if found.state == PENDING else ()


def same_text(one: str, other: str) -> bool:
    """Whether two replies say the same, whatever Google made of their spaces."""
    first, second = (" ".join(unicodedata.normalize("NFC", text).split()) for text in (one, other))
    return first == second


def _attachments(review: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """Its pictures and films, named by their addresses; nothing is fetched."""
    found = []
    for each in mappings(review.get("reviewMediaItems")):
        video, picture = address(each.get("videoUrl")), address(each.get("thumbnailUrl"))
        if video or picture:
            found.append(Attachment(video or picture, "video/mp4" if video else "image/jpeg", 0))
    return tuple(found[:_MOST_MEDIA])


def _raw(review: Mapping[str, Any]) -> bytes:
    kept = {key: written(review.get(key), _MOST_TEXT) for key in _RAW}
    return json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace")
