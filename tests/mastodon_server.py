"""A Mastodon server on loopback, as its documentation says it answers one application's token.

Accounts are by number, `OWN` is ours. It refuses parameters that are not documented (400), keeps
Idempotency-Keys for an hour and what was really posted.
"""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from casebook.lengths import mastodon_length
from tests.json_server import Answer, JsonServer, RefusedError, Request

OWN, CUSTOMER = "1", "2"
TAKES = {
    "notifications": {
        "max_id", "since_id", "min_id", "limit", "types[]", "exclude_types[]", "account_id",
        "include_filtered",
    },
    "own": {"exclude_reblogs", "max_id", "since_id", "min_id", "limit", "exclude_replies"},
    "statuses": {"id[]"},
    "post": {
        "status", "media_ids[]", "in_reply_to_id", "sensitive", "spoiler_text", "visibility",
        "language",
    },
}  # fmt: skip
TYPES = {"mention", "status", "reblog", "follow", "favourite", "poll", "update"}
_MENTION = re.compile(r"@([\w.-]+)(?:@[\w.-]+)?")


class MastodonServer(JsonServer):
    """See the module. `version` is the API's own number; below 7 it knows no quotes, below 2 it
    cannot be asked for several statuses at once."""

    token = "right-token-of-the-application"

    def __init__(self) -> None:
        super().__init__()
        self.version = 7
        self.most = 500
        self.dialect = {"direct": "direct"}
        self.now: datetime | None = None
        self.broken: list[Any] = []
        self.limit = 300
        self.generous = False
        self.posted: list[dict[str, str]] = []
        self.accounts: dict[str, dict[str, Any]] = {}
        self.statuses: dict[int, dict[str, Any]] = {}
        self.notes: dict[int, dict[str, Any]] = {}
        self._keys: dict[str, int] = {}
        self._last = 100
        self.account(OWN, "support")
        self.account(CUSTOMER, "hanako@elsewhere.example", display_name="山田花子")

    def clock(self) -> datetime:
        return self.now or datetime.now(UTC)

    def account(self, number: str, acct: str, **about: Any) -> None:
        self.accounts[number] = {
            "id": number,
            "username": acct.partition("@")[0],
            "acct": acct,
            "display_name": "",
            "bot": False,
            "url": f"https://mastodon.example/@{acct}",
            "uri": f"https://mastodon.example/users/{acct}",
        } | about

    def put(
        self, content: str, author: str = CUSTOMER, *, type_: str = "mention", **about: Any
    ) -> str:
        """A post with this HTML that we are notified of; returns its id."""
        with self.lock:
            number = self._status(content, author, **about)
            note = self._number()
            self.notes[note] = {"id": str(note), "type": type_, "status": number}
            return str(number)

    def edit(self, number: str, content: str) -> None:
        """Let the author edit a post."""
        self.statuses[int(number)] |= {"content": content, "edited_at": _iso(self.clock())}

    def delete(self, number: str) -> None:
        """Let the author delete a post, and with it its notification."""
        del self.statuses[int(number)]
        self.notes = {k: n for k, n in self.notes.items() if n["status"] != int(number)}

    def answer(self, request: Request) -> Answer:
        headers = self._limited()
        path = request.path.rstrip("/")
        if path == "/api/v2/instance":
            return 200, self._instance(), headers
        if request.headers.get("authorization") != f"Bearer {self.token}":
            raise RefusedError(401, {"error": "The access token is invalid"}, headers)
        if path == "/api/v1/accounts/verify_credentials":
            return 200, self.accounts[OWN], headers
        if path == "/api/v1/notifications":
            return 200, self._notifications(request), headers
        if path == "/api/v1/statuses":
            found = self._post(request) if request.method == "POST" else self._several(request)
            return 200, found, headers
        if match := re.fullmatch(r"/api/v1/statuses/(\w+)", path):
            return 200, self._one(match[1]), headers
        if path == f"/api/v1/accounts/{OWN}/statuses":
            return 200, self._own(request), headers
        raise RefusedError(404, {"error": "Record not found"})

    def _limited(self) -> dict[str, str]:
        reset = _iso(self.clock() + timedelta(minutes=4))
        left = self.limit - len(self.requests)
        headers = {"X-RateLimit-Limit": str(self.limit), "X-RateLimit-Remaining": str(max(left, 0))}
        headers["X-RateLimit-Reset"] = reset
        if left < 0:
            raise RefusedError(429, {"error": "Too many requests"}, headers)
        return headers

    def _instance(self) -> dict[str, Any]:
        rules = {"max_characters": self.most, "characters_reserved_per_url": 23}
        return {
            "domain": "mastodon.example",
            "version": "4.5.2",
            "api_versions": {"mastodon": self.version},
            "configuration": {"statuses": rules},
        }

    def _notifications(self, request: Request) -> list[Any]:
        query = _taken(request.query, "notifications")
        known = TYPES | ({"quote"} if self.version >= 7 else set())
        if unknown := set(query.get("types[]", [])) - known:
            raise RefusedError(400, {"error": f"unknown {unknown}"})
        if _one_of(query, "include_filtered") not in ("true", "1"):
            return []
        wanted = query.get("types[]") or sorted(known)
        notes = {k: n for k, n in self.notes.items() if n["type"] in wanted}
        if self.generous:
            query = query | {"limit": ["80"]}
        page = _page(notes, query, most=80, usual=40)
        return [*self.broken, *(note | self._shown(note) for note in page)]

    def _shown(self, note: dict[str, Any]) -> dict[str, Any]:
        status = self._entity(note["status"])
        return {"status": status, "account": status["account"], "created_at": status["created_at"]}

    def _several(self, request: Request) -> list[Any]:
        if self.version < 2:
            raise RefusedError(404, {"error": "Not found"})
        wanted = _taken(request.query, "statuses").get("id[]", [])
        if len(wanted) > 20:
            raise RefusedError(422, {"error": "Validation failed: too many"})
        return [self._entity(int(one)) for one in wanted if int(one) in self.statuses]

    def _one(self, number: str) -> dict[str, Any]:
        if not number.isdigit() or int(number) not in self.statuses:
            raise RefusedError(404, {"error": "Record not found"})
        return self._entity(int(number))

    def _own(self, request: Request) -> list[Any]:
        query = _taken(request.query, "own")
        ours = {k: s for k, s in self.statuses.items() if s["account"] == OWN}
        page = _page(ours, query, most=40, usual=20)
        return [self._entity(int(status["id"])) for status in page]

    def _post(self, request: Request) -> dict[str, Any]:
        form = {name: values[0] for name, values in _taken(request.form, "post").items()}
        key = request.headers.get("idempotency-key", "")
        if key and key in self._keys:
            return self._entity(self._keys[key])
        text, answers = form.get("status", ""), form.get("in_reply_to_id", "")
        visibility = form.get("visibility", "public")
        if not text.strip() or visibility not in ("public", "unlisted", "private", "direct"):
            raise RefusedError(422, {"error": "Validation failed"})
        if mastodon_length(text) > self.most:
            raise RefusedError(422, {"error": "Validation failed: Text character limit exceeded"})
        if answers and int(answers) not in self.statuses:
            raise RefusedError(404, {"error": "Record not found"})
        number = self._status(
            _formatted(text),
            OWN,
            in_reply_to_id=answers,
            visibility=visibility,
            language=form.get("language"),
        )
        if key:
            self._keys[key] = number
        self.posted.append(form | {"id": str(number), "idempotency-key": key})
        return self._entity(number)

    def _status(self, content: str, author: str, **about: Any) -> int:
        number = self._number()
        self.statuses[number] = {
            "id": str(number),
            "account": author,
            "created_at": _iso(self.clock()),
            "edited_at": None,
            "in_reply_to_id": None,
            "reblog": None,
            "spoiler_text": "",
            "visibility": "public",
            "content": content,
            "media_attachments": [],
            "mentions": [],
            "url": f"https://mastodon.example/@{self.accounts[author]['acct']}/{number}",
            "uri": f"https://mastodon.example/users/{author}/statuses/{number}",
        } | about
        return number

    def _entity(self, number: int) -> dict[str, Any]:
        status = self.statuses[number]
        seen = self.dialect.get(status["visibility"], status["visibility"])
        return status | {"account": self.accounts[status["account"]], "visibility": seen}

    def _number(self) -> int:
        self._last += 1
        return self._last


def _page(
    found: dict[int, dict[str, Any]], query: dict[str, list[str]], *, most: int, usual: int
) -> list[dict[str, Any]]:
    limit = int(_one_of(query, "limit") or usual)
    if not 1 <= limit <= most:
        raise RefusedError(400, {"error": "limit"})
    keys = sorted(found)
    if below := _one_of(query, "max_id"):
        keys = [key for key in keys if key < int(below)]
    if above := _one_of(query, "min_id"):
        keys = [key for key in keys if key > int(above)][:limit]
    return [found[key] for key in reversed(keys[-limit:])]


def _taken(given: dict[str, list[str]], call: str) -> dict[str, list[str]]:
    if unknown := set(given) - TAKES[call]:
        raise RefusedError(400, {"error": f"not documented: {sorted(unknown)}"})
    return given


def _one_of(query: dict[str, list[str]], name: str) -> str:
    return query.get(name, [""])[0]


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _formatted(text: str) -> str:
    """Text as a server renders it: paragraphs, shortened links, mentions without their server."""
    parts = []
    for paragraph in html.escape(text, quote=False).split("\n\n"):
        lines = re.sub(
            r"https?://(\S+)",
            r'<a href="\g<0>" target="_blank" rel="nofollow"><span class="invisible">https://</span>'
            r'<span class="ellipsis">\1</span></a>',
            paragraph,
        ).replace("\n", "<br />")
        parts.append(f"<p>{_MENTION.sub(_mention, lines)}</p>")
    return "".join(parts)


def _mention(match: re.Match[str]) -> str:
    link = f'<a href="https://elsewhere.example/@{match[1]}" class="u-url mention">@<span>'
    return f'<span class="h-card" translate="no">{link}{match[1]}</span></a></span>'
