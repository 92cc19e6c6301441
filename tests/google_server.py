"""Google's Business Profile API on loopback, as its documentation says it answers: reviews, replies
with their moderation, and the list of locations.

It refuses parameters that are not documented (400) and keeps what was really put there. Access
tokens are those of a `tests.oauth_server.TokenServer`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.json_server import Answer, JsonServer, RefusedError, Request

ACCOUNT = "1001"
_STARS = ("STAR_RATING_UNSPECIFIED", "ONE", "TWO", "THREE", "FOUR", "FIVE")
_MOST = 4_096
_LIST = re.compile(rf"/v4/accounts/{ACCOUNT}/locations/(\d+)/reviews")
_ONE = re.compile(rf"/v4/(accounts/{ACCOUNT}/locations/\d+/reviews/[\w-]+)(/reply)?")


class GoogleServer(JsonServer):
    """See the module. `accepts` says whether an access token is good."""

    def __init__(self, accepts: Callable[[str], bool]) -> None:
        super().__init__()
        self._accepts = accepts
        self.moderation = "APPROVED"
        self.violation = ""
        self.closed: set[str] = set()
        self.broken: list[Any] = []
        self.now: datetime | None = None
        self.put_replies: list[tuple[str, str]] = []
        self.locations: dict[str, dict[str, dict[str, Any]]] = {"501": {}}
        self._last = 0
        self._written = datetime(2026, 10, 1, tzinfo=UTC)

    def clock(self) -> datetime:
        return self.now or datetime.now(UTC)

    def put(self, comment: str = "", stars: int = 1, location: str = "501", **about: Any) -> str:
        """A review; returns its name. Each is written a minute after the one before."""
        with self.lock:
            self._last += 1
            self._written += timedelta(minutes=1)
            number = f"AbFvOq-{self._last:03}_xyz"
            name = f"accounts/{ACCOUNT}/locations/{location}/reviews/{number}"
            at = about.pop("at", self._written)
            review = {
                "name": name,
                "reviewId": number,
                "reviewer": {"displayName": "山田花子", "profilePhotoUrl": "https://lh3.example/a"},
                "starRating": _STARS[stars],
                "createTime": iso(at),
                "updateTime": iso(at),
            }
            if comment:
                review["comment"] = comment
            self.locations.setdefault(location, {})[name] = review | about
            return name

    def change(self, name: str, comment: str, stars: int) -> None:
        """Let the reviewer change a review."""
        self._written += timedelta(minutes=1)
        told = {"comment": comment, "starRating": _STARS[stars], "updateTime": iso(self._written)}
        self._found(name).update(told)

    def reply(self, name: str, comment: str) -> None:
        """Let a person reply by hand."""
        self._found(name)["reviewReply"] = {"comment": comment, "updateTime": iso(self.clock())}

    def reply_to(self, name: str) -> dict[str, Any] | None:
        """What stands below a review."""
        found: dict[str, Any] | None = self._found(name).get("reviewReply")
        return found

    def delete(self, name: str) -> None:
        """Let a review be deleted."""
        for reviews in self.locations.values():
            reviews.pop(name, None)

    def answer(self, request: Request) -> Answer:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not self._accepts(token):
            raise _refused(401, "UNAUTHENTICATED")
        if match := _LIST.fullmatch(request.path):
            return 200, self._list(request, match[1]), {}
        if request.path == f"/v1/accounts/{ACCOUNT}/locations":
            return 200, self._places(request), {}
        match = _ONE.fullmatch(request.path)
        if match and request.method == "GET" and not match[2]:
            return 200, self._found(match[1]), {}
        if match and request.method == "PUT" and match[2]:
            return 200, self._put_reply(match[1], request.document), {}
        raise _refused(404, "NOT_FOUND")

    def _list(self, request: Request, location: str) -> dict[str, Any]:
        query = _taken(request, {"pageSize", "pageToken", "orderBy"})
        if location not in self.locations:
            raise _refused(404, "NOT_FOUND")
        if location in self.closed:
            raise _refused(403, "PERMISSION_DENIED")
        if query.get("orderBy", "updateTime desc") != "updateTime desc":
            raise _refused(400, "INVALID_ARGUMENT")
        reviews = list(self.locations[location].values())
        reviews.sort(key=lambda one: str(one["updateTime"]), reverse=True)
        page, token = _page([*self.broken, *reviews], query, most=50)
        return {"reviews": page, "totalReviewCount": len(reviews), "averageRating": 3.2} | token

    def _places(self, request: Request) -> dict[str, Any]:
        query = _taken(request, {"pageSize", "pageToken", "readMask", "filter", "orderBy"})
        if query.get("readMask") != "name":
            raise _refused(400, "INVALID_ARGUMENT")
        names = [{"name": f"locations/{number}"} for number in sorted(self.locations)]
        page, token = _page(names, query, most=100)
        return {"locations": page} | token

    def _put_reply(self, name: str, document: Any) -> dict[str, Any]:
        review = self._found(name)
        if not isinstance(document, dict) or set(document) != {"comment"}:
            raise _refused(400, "INVALID_ARGUMENT")
        comment = document["comment"]
        if not 1 <= len(comment.encode()) <= _MOST:
            raise _refused(400, "INVALID_ARGUMENT")
        told = {"comment": comment, "updateTime": iso(self.clock())}
        if self.moderation:
            told["reviewReplyState"] = self.moderation
        if self.violation:
            told["policyViolation"] = self.violation
        review["reviewReply"] = told
        self.put_replies.append((name, comment))
        return told

    def _found(self, name: str) -> dict[str, Any]:
        for reviews in self.locations.values():
            if name in reviews:
                return reviews[name]
        raise _refused(404, "NOT_FOUND")


def _taken(request: Request, known: set[str]) -> dict[str, str]:
    if set(request.query) - known:
        raise _refused(400, "INVALID_ARGUMENT")
    return {name: values[0] for name, values in request.query.items()}


def _page(
    found: list[Any], query: dict[str, str], *, most: int
) -> tuple[list[Any], dict[str, str]]:
    size, start = int(query.get("pageSize", most)), int(query.get("pageToken", 0))
    if not 1 <= size <= most:
        raise _refused(400, "INVALID_ARGUMENT")
    end = start + size
    return found[start:end], {"nextPageToken": str(end)} if end < len(found) else {}


def _refused(code: int, status: str) -> RefusedError:
    return RefusedError(code, {"error": {"code": code, "message": "…", "status": status}})


def iso(at: datetime) -> str:
    """A time as Google writes it, with nanoseconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond:06}000Z"
