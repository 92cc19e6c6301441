"""What X documents of its API v2, for the played one: parameters, fields, limits, shapes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

_POSTS = {"expansions", "max_results", "media.fields", "place.fields", "poll.fields"}
_SPAN = {"since_id", "until_id", "start_time", "end_time", "tweet.fields", "user.fields"}
TAKES = {
    "me": {"expansions", "tweet.fields", "user.fields"},
    "mentions": _POSTS | _SPAN | {"pagination_token"},
    "own": _POSTS | _SPAN | {"pagination_token", "exclude"},
    "search": _POSTS | _SPAN | {"next_token", "pagination_token", "query", "sort_order"},
    "lookup": {"ids", "expansions", "tweet.fields", "user.fields", "media.fields"},
    "dms": {
        "dm_event.fields", "event_types", "expansions", "max_results", "media.fields",
        "pagination_token", "tweet.fields", "user.fields",
    },
}  # fmt: skip
LEAST = {"mentions": 5, "own": 5, "search": 10, "dms": 1}
LIMITS = {"mentions": 300, "own": 900, "search": 300, "lookup": 900, "dms": 15, "with": 15}
LIMITS |= {"me": 75, "post": 100, "message": 15}
TWEET_FIELDS = {
    "article", "attachments", "author_id", "card_uri", "community_id", "context_annotations",
    "conversation_id", "created_at", "display_text_range", "edit_controls", "entities",
    "edit_history_tweet_ids", "geo", "id", "in_reply_to_user_id", "lang", "note_tweet",
    "possibly_sensitive", "public_metrics", "referenced_tweets", "reply_settings", "scopes",
    "source", "text", "withheld",
}  # fmt: skip
DM_FIELDS = {
    "attachments", "created_at", "dm_conversation_id", "entities", "event_type", "id",
    "participant_ids", "referenced_tweets", "sender_id", "text",
}  # fmt: skip
RENAMED = {
    "note_tweet": "note_post",
    "referenced_tweets": "referenced_posts",
    "edit_history_tweet_ids": "edit_history_post_ids",
    "tweets": "posts",
}


@dataclass
class Post:
    id: int
    author: str
    text: str
    at: datetime
    kind: str = ""
    refers: int = 0
    note: str = ""
    urls: list[dict[str, Any]] = field(default_factory=list)
    media: str = ""
    edits: list[int] = field(default_factory=list)
    mentions: bool = True
    quotes: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


class Wrong(Exception):
    """What X answers with 400."""


def cut(name: str, found: list[Any], query: dict[str, str]) -> tuple[list[Any], dict[str, Any]]:
    size = int(query.get("max_results", 10))
    if not LEAST[name] <= size <= 100:
        raise Wrong(f"max_results {size}")
    token = query.get("pagination_token") or query.get("next_token") or "p0"
    if not re.fullmatch(r"p\d+", token):
        raise Wrong("pagination_token")
    # A place, as X's are: what comes meanwhile does not move it.
    place = int(token[1:])
    left = [one for one in found if not place or id_of(one) < place]
    chosen = left[:size]
    meta: dict[str, Any] = {"result_count": len(chosen)}
    if len(left) > size:
        meta["next_token"] = f"p{id_of(chosen[-1])}"
    return chosen, meta


def bound(work: Callable[..., Any], groups: tuple[str, ...]) -> Callable[..., Any]:
    return lambda query, body: work(query, body, *groups)


def id_of(one: Any) -> int:
    return one.id if isinstance(one, Post) else int(one["id"])


def user_of(number: str, name: str) -> dict[str, str]:
    return {"id": number, "name": f"{name}さん", "username": name}


def asked_in(body: bytes, takes: set[str]) -> dict[str, Any]:
    try:
        asked = json.loads(body)
    except ValueError:
        raise Wrong("body") from None
    if not isinstance(asked, dict) or set(asked) - takes or not asked.get("text"):
        raise Wrong(f"body {sorted(asked)}")
    return asked


def shortened(text: str) -> tuple[str, list[dict[str, Any]]]:
    """A text as X keeps it: each address becomes one of its own."""
    urls: list[dict[str, Any]] = []

    def short(match: re.Match[str]) -> str:
        url = f"https://t.co/{len(urls):010}"
        urls.append({"url": url, "expanded_url": match[0], "display_url": match[0][8:30]})
        return url

    return re.sub(r"https?://[\x21-\x7e]+", short, text), urls


def renamed_in(value: Any) -> Any:
    if isinstance(value, dict):
        return {RENAMED.get(key, key): renamed_in(item) for key, item in value.items()}
    return [renamed_in(item) for item in value] if isinstance(value, list) else value
