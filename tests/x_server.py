"""X's API v2 on loopback, as its documentation says it answers: posts, direct messages, limits.

It keeps its own log of requests and of what was really posted, refuses every parameter that is not
documented (400), and can be told to misbehave.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from http.server import BaseHTTPRequestHandler
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.json_server import QuietServer
from tests.x_api import (
    DM_FIELDS,
    LIMITS,
    TAKES,
    TWEET_FIELDS,
    Post,
    Wrong,
    asked_in,
    bound,
    cut,
    renamed_in,
    shortened,
    user_of,
)

LOOPBACK = "127.0.0.1"
OWN = "1000"
HANDLE = "acme_jp"
EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657_000, tzinfo=UTC)
WINDOW = 900
Answer = tuple[int, dict[str, Any], dict[str, str]]


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    status: int = 0
    at: datetime = EPOCH


class XServer:
    """See the module. `newest` bounds what timelines reach back to (None: nothing). `requests` and
    `posted`: what was asked and what really stands there of ours. `faults`: what happens to the next
    requests: a status, "drop" (done, then cut), "silence"; `fault` to all of them."""

    def __init__(self) -> None:
        self.now: datetime | None = None
        self.newest: int | None = 800
        self.renamed = False
        self.milliseconds = True
        self.limits = dict(LIMITS)
        self.tokens = {"right-token"}
        self.keys = ("right-key", "right-account")
        self.faults: deque[int | str] = deque()
        self.fault: int | str | None = None
        self.refused: dict[str, tuple[str, str]] = {}
        self.broken: list[Any] = []
        self.requests: list[Request] = []
        self.posted: list[dict[str, str]] = []
        self.users: dict[str, str] = {OWN: HANDLE}
        self.posts: dict[int, Post] = {}
        self.dms: dict[int, dict[str, Any]] = {}
        self.protected: set[str] = set()
        self.answerable = True
        self._used: Counter[tuple[str, int]] = Counter()
        self._last = 0
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._http = QuietServer((LOOPBACK, 0), _handler(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://{LOOPBACK}:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def clock(self) -> datetime:
        return self.now or datetime.now(UTC)

    def put(self, text: str, author: str = "2000", **about: Any) -> int:
        """A post, which mentions us unless told otherwise."""
        with self._lock:
            self.users.setdefault(author, f"user{author}")
            at = about.pop("at", self.clock())
            post = Post(self._number(at), author, text, at, **about)
            post.edits.append(post.id)
            self.posts[post.id] = post
            return post.id

    def put_dm(self, text: str, sender: str = "2000", other: str = OWN, **about: Any) -> int:
        """A direct message."""
        with self._lock:
            self.users.setdefault(sender, f"user{sender}")
            at = about.pop("at", self.clock())
            number = self._number(at)
            self.dms[number] = {
                "id": str(number),
                "event_type": "MessageCreate",
                "sender_id": sender,
                "text": text,
                "created_at": self._stamp(at),
                "dm_conversation_id": "-".join(sorted((sender, other))),
                **about,
            }
            return number

    def count(self, path: str) -> int:
        """How many requests came to paths that end so."""
        return sum(request.path.endswith(path) for request in self.requests)

    def state(self) -> Any:
        return sorted(self.posts), sorted(self.dms), list(self.posted)

    def _number(self, at: datetime) -> int:
        milliseconds = (at - EPOCH) // timedelta(milliseconds=1)
        self._last = max(self._last + 1, (milliseconds << 22) + 1)
        return self._last

    def _stamp(self, at: datetime) -> str:
        return at.strftime("%Y-%m-%dT%H:%M:%S") + (
            f".{at.microsecond // 1000:03}Z" if self.milliseconds else "Z"
        )

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> Answer | None:
        """None: say nothing more."""
        parts = urlsplit(target)
        query = {key: values[-1] for key, values in parse_qs(parts.query, True).items()}
        with self._lock:
            request = Request(method, parts.path, query, at=self.clock())
            self.requests.append(request)
            fault = self.faults.popleft() if self.faults else self.fault
        if fault == "silence":
            self._over.wait(5)
            return None
        with self._lock:
            found = self._limited(method, parts.path, query, headers, body, fault)
        request.status = found[0]
        return None if fault == "drop" else found

    def _limited(
        self, method: str, path: str, query: Any, headers: Any, body: bytes, fault: Any
    ) -> Answer:
        name, work = self._route(method, path)
        window = int(self.clock().timestamp()) // WINDOW
        reset = (window + 1) * WINDOW
        self._used[name, window] += 1
        left = self.limits.get(name, 900) - self._used[name, window]
        told = {"x-rate-limit-remaining": str(max(left, 0)), "x-rate-limit-reset": str(reset)}
        if left < 0 or fault == 429:
            told["x-rate-limit-remaining"] = "0"
            return 429, {"title": "Too Many Requests", "status": 429}, told
        if isinstance(fault, int):
            told["Location"] = f"http://{LOOPBACK}:9/"
            return fault, {"title": "Trouble", "detail": "secret words", "status": fault}, told
        if not self._known(headers.get("Authorization", "")):
            return 401, {"title": "Unauthorized", "type": "about:blank", "status": 401}, told
        if work is None:
            return 404, {"title": "Not Found"}, told
        if name in self.refused:
            detail, kind = self.refused[name]
            return 403, {"title": "Forbidden", "detail": detail, "type": kind, "status": 403}, told
        try:
            unknown = set(query) - TAKES.get(name.replace("with", "dms"), set())
            if unknown:
                raise Wrong(f"The query parameters {sorted(unknown)} are not expected")
            status, document = work(query, body)
        except Wrong as wrong:
            return 400, {
                "title": "Invalid Request",
                "detail": "One or more parameters to your request was invalid.",
                "type": "https://api.twitter.com/2/problems/invalid-request",
                "errors": [{"message": str(wrong)}],
            }, told  # fmt: skip
        return status, (renamed_in(document) if self.renamed else document), told

    def _known(self, authorization: str) -> bool:
        if authorization.startswith("Bearer "):
            return authorization.removeprefix("Bearer ") in self.tokens
        found = dict(re.findall(r'(\w+)="([^"]*)"', authorization))
        given = (found.get("oauth_consumer_key"), found.get("oauth_token"))
        return (
            authorization.startswith("OAuth ") and given == self.keys and "oauth_signature" in found
        )

    def _route(self, method: str, path: str) -> tuple[str, Callable[..., Any] | None]:
        routes: list[tuple[str, str, str, Callable[..., Any]]] = [
            ("GET", r"/2/users/me", "me", self._me),
            ("GET", rf"/2/users/{OWN}/mentions", "mentions", self._mentions),
            ("GET", rf"/2/users/{OWN}/tweets", "own", self._own),
            ("GET", r"/2/tweets/search/recent", "search", self._search),
            ("GET", r"/2/tweets", "lookup", self._lookup),
            ("GET", r"/2/dm_events", "dms", self._dm_events),
            ("GET", r"/2/dm_conversations/with/(\d+)/dm_events", "with", self._dm_events),
            ("POST", r"/2/tweets", "post", self._create),
            ("POST", r"/2/dm_conversations/with/(\d+)/messages", "message", self._message),
        ]
        for verb, pattern, name, work in routes:
            match = re.fullmatch(pattern, path)
            if verb == method and match:
                return name, bound(work, match.groups())
        return "none", None

    def _me(self, query: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        return 200, {"data": {"id": OWN, "name": "Acme", "username": self.users[OWN]}}

    def _mentions(self, query: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        found = [post for post in self.posts.values() if post.mentions]
        return self._page("mentions", sorted(found, key=lambda p: -p.id)[: self.newest], query)

    def _own(self, query: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        if query.get("exclude", "retweets") not in ("retweets", "replies", "retweets,replies"):
            raise Wrong("exclude")
        found = [post for post in self.posts.values() if post.author == OWN]
        if "start_time" in query:
            first = datetime.fromisoformat(query["start_time"])
            if first > self.clock():
                raise Wrong("start_time must be before now")
            found = [post for post in found if post.at >= first]
        return self._page("own", sorted(found, key=lambda p: -p.id), query)

    def _search(self, query: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        words = query.get("query", "")
        if f"/{HANDLE}/status" not in words or "is:quote" not in words or len(words) > 512:
            raise Wrong("query")
        oldest = self.clock() - timedelta(days=7)
        limit = ((oldest - EPOCH) // timedelta(milliseconds=1)) << 22
        for name in ("since_id", "until_id"):
            if name in query and int(query[name]) < limit:
                raise Wrong(f"{name} must be an id created after {oldest}")
        found = [post for post in self.posts.values() if post.quotes and post.at >= oldest]
        return self._page("search", sorted(found, key=lambda p: -p.id), query)

    def _lookup(self, query: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        ids = query.get("ids", "").split(",")
        if not 1 <= len(ids) <= 100 or not all(re.fullmatch(r"\d{1,19}", one) for one in ids):
            raise Wrong("ids")
        data: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for one in ids:
            post = self.posts.get(int(one))
            if post is not None and post.author not in self.protected:
                data.append(self._shown(post, query))
                continue
            kind = "resource-not-found" if post is None else "not-authorized-for-resource"
            errors.append(
                {
                    "value": one,
                    "resource_id": one,
                    "parameter": "ids",
                    "resource_type": "tweet",
                    "type": f"https://api.twitter.com/2/problems/{kind}",
                }
            )
        return 200, {k: v for k, v in (("data", data), ("errors", errors)) if v}

    def _dm_events(
        self, query: dict[str, str], body: bytes, user: str = ""
    ) -> tuple[int, dict[str, Any]]:
        fields = set(filter(None, query.get("dm_event.fields", "").split(",")))
        if fields - DM_FIELDS:
            raise Wrong(f"dm_event.fields {sorted(fields - DM_FIELDS)}")
        if query.get("event_types", "MessageCreate") != "MessageCreate":
            raise Wrong("event_types")
        oldest = self.clock() - timedelta(days=30)
        found = [
            dm
            for _, dm in sorted(self.dms.items(), reverse=True)
            if datetime.fromisoformat(dm["created_at"]) >= oldest
            and (not user or user in dm["dm_conversation_id"].split("-"))
        ]
        chosen, meta = cut("dms", found, query)
        shown = {"id", "event_type", "text"} | fields
        data = [{key: dm[key] for key in shown if key in dm} for dm in chosen]
        return 200, {
            "data": [*self.broken, *data],
            "meta": meta,
            "includes": self._users({dm["sender_id"] for dm in chosen}),
        }

    def _create(self, query: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        asked = asked_in(body, {"text", "reply"})
        answers = asked.get("reply", {})
        if set(answers) != {"in_reply_to_tweet_id"}:
            raise Wrong("reply")
        to = self.posts.get(int(answers["in_reply_to_tweet_id"]))
        if to is None:
            return 404, {"title": "Not Found Error"}
        detail = "You are not allowed to create a Tweet with duplicate content."
        if {"text": asked["text"], "to": str(to.id)} in self.posted:
            return 403, {"title": "Forbidden", "detail": detail, "status": 403}
        if not self.answerable or not (to.mentions or to.quotes):
            detail = "You are not permitted to perform this action."
            return 403, {"title": "Forbidden", "detail": detail, "status": 403}
        self.posted.append({"text": asked["text"], "to": str(to.id)})
        text, urls = shortened(asked["text"])
        name = self.users[to.author]
        number = self.put(
            f"@{name} {text}", OWN, kind="replied_to", refers=to.id, urls=urls, mentions=False
        )
        return 201, {"data": {"id": str(number), "text": text}}

    def _message(self, query: dict[str, str], body: bytes, user: str) -> tuple[int, dict[str, Any]]:
        asked = asked_in(body, {"text"})
        if not any(user == dm["sender_id"] for dm in self.dms.values()):
            return 403, {"title": "Forbidden", "detail": "You cannot send messages to this user."}
        self.posted.append({"text": asked["text"], "to": user})
        text, urls = shortened(asked["text"])
        number = self.put_dm(text, OWN, user, entities={"urls": urls})
        return 201, {"data": {"dm_conversation_id": f"{OWN}-{user}", "dm_event_id": str(number)}}

    def _page(
        self, name: str, found: list[Post], query: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        for key in ("since_id", "until_id"):
            if not re.fullmatch(r"\d{1,19}", query.get(key, "0")):
                raise Wrong(key)
        since, until = int(query.get("since_id", 0)), int(query.get("until_id", 0))
        found = [p for p in found if p.id > since and (not until or p.id < until)]
        chosen, meta = cut(name, found, query)
        data = [self._shown(post, query) for post in chosen]
        if data:
            meta |= {"newest_id": data[0]["id"], "oldest_id": data[-1]["id"]}
        includes: dict[str, Any] = {}
        if "author_id" in query.get("expansions", ""):
            includes |= self._users({post.author for post in chosen})
        if "attachments.media_keys" in query.get("expansions", ""):
            includes["media"] = [
                {"media_key": p.media, "type": "photo", "url": f"https://pbs.example/{p.media}.jpg"}
                for p in chosen
                if p.media
            ]
        return 200, {"data": [*self.broken, *data], "meta": meta, "includes": includes}

    def _users(self, ids: set[str]) -> dict[str, Any]:
        return {"users": [user_of(one, self.users[one]) for one in sorted(ids)]}

    def _shown(self, post: Post, query: dict[str, str]) -> dict[str, Any]:
        fields = set(filter(None, query.get("tweet.fields", "").split(",")))
        if fields - TWEET_FIELDS:
            raise Wrong(f"tweet.fields {sorted(fields - TWEET_FIELDS)}")
        whole = {
            "id": str(post.id),
            "text": escape(post.text, quote=False)[:280],
            "edit_history_tweet_ids": [str(edit) for edit in post.edits],
            "author_id": post.author,
            "created_at": self._stamp(post.at),
            "conversation_id": str(post.refers or post.id),
            "entities": {"urls": post.urls} if post.urls else None,
            "note_tweet": {"text": escape(post.note, quote=False)} if post.note else None,
            "referenced_tweets": (
                [{"type": post.kind, "id": str(post.refers)}] if post.kind else None
            ),
            "attachments": {"media_keys": [post.media]} if post.media else None,
        }
        chosen = {"id", "text", "edit_history_tweet_ids"} | fields
        return {k: v for k, v in whole.items() if k in chosen and v is not None} | post.extra


def _handler(server: XServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            found = server.answer(self.command, self.path, self.headers, self.rfile.read(size))
            if found is None:
                self.close_connection = True
                return
            status, document, headers = found
            payload = json.dumps(document, ensure_ascii=False).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(payload)))
            # Whoever asked may be killed meanwhile.
            with suppress(ConnectionError):
                self.end_headers()
                self.wfile.write(payload)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            """Stay silent: the tests' output is theirs."""

    return Handler
