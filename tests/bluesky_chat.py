"""Bluesky's chat service, played on loopback to its lexicons (`chat.bsky.convo.*`).

An account's own server asks it in the account's name, as the real one is asked: it is found by its
DID, and knows who asks by the token that the server signs.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import RLock, Thread
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qs, quote, urlsplit

from casebook.lengths import graphemes

_PREFIX = "chat.bsky.convo."
_VIEW = "chat.bsky.convo.defs#"
_LOG_PAGE = 3
"""Entries of the log that are given at once: few, so that it has pages."""


@dataclass
class Convo:
    """A conversation, its messages ascending, and who has not accepted it yet."""

    id: str
    members: tuple[str, ...]
    group: bool = False
    rev: str = ""
    messages: list[dict[str, Any]] = field(default_factory=list)
    requests: set[str] = field(default_factory=set)


class Refusal(Exception):
    """An error as the lexicon names it."""

    def __init__(self, word: str, status: int = 400) -> None:
        super().__init__(word)
        self.word, self.status = word, status


class BlueskyChat:
    """The service; `service` is what a client names it by. Left with the block."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._count = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("H", (_Handler,), {"chat": self}))
        self._server.daemon_threads = True
        self.url = f"http://localhost:{self._server.server_port}"
        self.did = "did:web:" + quote(f"localhost:{self._server.server_port}", safe="")
        self.service = f"{self.did}#bsky_chat"
        self.names: dict[str, tuple[str, str]] = {}
        self.convos: dict[str, Convo] = {}
        self.logs: dict[str, list[dict[str, Any]]] = {}
        self.closed: set[str] = set()
        self.asked: list[str] = []
        self.fault: Literal["", "drop", "down"] = ""

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def write(self, sender: str, to: str, text: str, **more: Any) -> dict[str, Any]:
        """A direct message from one DID to another."""
        with self._lock:
            return self.say(self.between(sender, to), sender, text, **more)

    def between(self, one: str, other: str) -> Convo:
        """Their one conversation."""
        with self._lock:
            for convo in self.convos.values():
                if not convo.group and set(convo.members) == {one, other}:
                    return convo
            return self.begin(one, other)

    def begin(self, *members: str, group: bool = False) -> Convo:
        """A new conversation, which its first member began."""
        with self._lock:
            convo = Convo(f"c{self._next()}", members, group, self._next())
            convo.requests = set(members[1:])
            self.convos[convo.id] = convo
            self._note(convo, "logBeginConvo")
            return convo

    def say(self, convo: Convo, sender: str, text: object, **more: Any) -> dict[str, Any]:
        """A message in a conversation; `more` stands beside the text or instead of it."""
        with self._lock:
            stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            message = {
                "$type": f"{_VIEW}messageView",
                "id": f"m{self._next()}",
                "rev": self._next(),
                "text": text,
                "sender": {"did": sender},
                "sentAt": stamp,
            } | more
            convo.messages.append(message)
            self._note(convo, "logCreateMessage", message)
            return message

    def texts(self, sender: str) -> list[str]:
        """What somebody really wrote."""
        found = [m for convo in self.convos.values() for m in convo.messages]
        found.sort(key=lambda message: str(message["rev"]))
        return [m["text"] for m in found if m["sender"]["did"] == sender]

    def answer(self, who: str, method: str, given: dict[str, Any]) -> dict[str, Any]:
        """What a member of the service is answered. Raises Refusal."""
        call = getattr(self, f"_{method}", None)
        if call is None:
            raise Refusal("MethodNotImplemented", 501)
        with self._lock:
            self.asked.append(method)
            found: dict[str, Any] = call(who, given)
            return found

    def _getConvoForMembers(self, who: str, given: dict[str, Any]) -> dict[str, Any]:
        others = _strings(given, "members")
        if len(others) != 1 or not others[0].startswith("did:"):
            raise Refusal("InvalidRequest")
        if others[0] in self.closed:
            raise Refusal("MessagesDisabled")
        return {"convo": self._view(self.between(who, others[0]), who)}

    def _getConvo(self, who: str, given: dict[str, Any]) -> dict[str, Any]:
        return {"convo": self._view(self._of(who, given), who)}

    def _listConvos(self, who: str, given: dict[str, Any]) -> dict[str, Any]:
        mine = [convo for convo in self.convos.values() if who in convo.members]
        mine.sort(key=lambda convo: convo.rev, reverse=True)
        page, further = _page(mine, given, lambda convo: convo.rev)
        return {"convos": [self._view(convo, who) for convo in page]} | further

    def _getMessages(self, who: str, given: dict[str, Any]) -> dict[str, Any]:
        messages = self._of(who, given).messages[::-1]
        page, further = _page(messages, given, lambda message: str(message["rev"]))
        return {"messages": page} | further

    def _getLog(self, who: str, given: dict[str, Any]) -> dict[str, Any]:
        since = _strings(given, "cursor")[0] if "cursor" in given else ""
        found = [entry for entry in self.logs.get(who, []) if entry["rev"] > since][:_LOG_PAGE]
        return {"logs": found, "cursor": found[-1]["rev"] if found else since}

    def _acceptConvo(self, who: str, given: dict[str, Any]) -> dict[str, Any]:
        convo = self._of(who, given)
        convo.requests.discard(who)
        return {"rev": convo.rev}

    def _sendMessage(self, who: str, given: dict[str, Any]) -> dict[str, Any]:
        convo, message = self._of(who, given), given.get("message")
        if not isinstance(message, dict) or not isinstance(message.get("text"), str):
            raise Refusal("InvalidRequest")
        text = message["text"]
        if len(text.encode()) > 10_000 or graphemes(text) > 1_000 or who in convo.requests:
            raise Refusal("InvalidRequest")
        return self.say(convo, who, text, facets=message.get("facets", []))

    def _of(self, who: str, given: dict[str, Any]) -> Convo:
        convo = self.convos.get(_strings(given, "convoId")[0])
        if convo is None or who not in convo.members:
            raise Refusal("InvalidConvo")
        return convo

    def _view(self, convo: Convo, who: str) -> dict[str, Any]:
        return {
            "id": convo.id,
            "rev": convo.rev,
            "members": [self._profile(did) for did in convo.members],
            "muted": False,
            "unreadCount": 0,
            "status": "request" if who in convo.requests else "accepted",
            "kind": {"$type": f"{_VIEW}{'groupConvo' if convo.group else 'directConvo'}"},
        }

    def _profile(self, did: str) -> dict[str, str]:
        handle, name = self.names.get(did, ("handle.invalid", ""))
        return {"did": did, "handle": handle} | ({"displayName": name} if name else {})

    def _note(self, convo: Convo, kind: str, message: dict[str, Any] | None = None) -> None:
        convo.rev = str(message["rev"]) if message else convo.rev
        entry: dict[str, Any] = {"$type": f"{_VIEW}{kind}", "rev": convo.rev, "convoId": convo.id}
        if message is not None:
            entry["message"] = message
        for member in convo.members:
            self.logs.setdefault(member, []).append(entry)

    def _next(self) -> str:
        self._count += 1
        return f"3{self._count:012}"


def _page(found: list[Any], given: dict[str, Any], rev: Any) -> tuple[list[Any], dict[str, str]]:
    limit = int(given.get("limit", ["50"])[0])
    if not 1 <= limit <= 100:
        raise Refusal("InvalidRequest")
    if "cursor" in given:
        found = [entry for entry in found if rev(entry) < given["cursor"][0]]
    page = found[:limit]
    return page, {"cursor": rev(page[-1])} if len(found) > limit else {}


def _strings(given: dict[str, Any], name: str) -> list[str]:
    value = given.get(name)
    found = [entry for entry in (value if isinstance(value, list) else [value]) if entry]
    if not found or not all(isinstance(entry, str) for entry in found):
        raise Refusal("InvalidRequest")
    return [str(entry) for entry in found]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    chat: BlueskyChat

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/.well-known/did.json":
            chat = self.chat
            entry = {"id": "#bsky_chat", "type": "BskyChatService", "serviceEndpoint": chat.url}
            self._reply(200, {"id": chat.did, "service": [entry]})
            return
        self._answer(parts.path, parse_qs(parts.query))

    def do_POST(self) -> None:
        size = int(self.headers.get("content-length", "0"))
        self._answer(self.path, json.loads(self.rfile.read(size) or b"{}"))

    def _answer(self, path: str, given: dict[str, Any]) -> None:
        method = path.removeprefix("/xrpc/")
        who = self._who(method)
        if who is None:
            self._reply(401, {"error": "AuthMissing", "message": "no such token"})
        elif self.chat.fault == "down":
            self._reply(503, {"error": "NotEnoughResources", "message": "later"})
        else:
            try:
                found = self.chat.answer(who, method.removeprefix(_PREFIX), given)
            except Refusal as error:
                self._reply(error.status, {"error": error.word, "message": "refused"})
                return
            if self.chat.fault == "drop" and self.command == "POST":
                self.close_connection = True
                return
            self._reply(200, found)

    def _who(self, method: str) -> str | None:
        """Whom the account's server speaks for: its token must be meant for us and this method."""
        token = self.headers.get("authorization", "").removeprefix("Bearer ").split(".")
        if len(token) != 3:
            return None
        claims = json.loads(base64.urlsafe_b64decode(token[1] + "=="))
        meant = claims["aud"].partition("#")[0] == self.chat.did and claims["lxm"] == method
        return str(claims["iss"]) if meant else None

    def _reply(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing is written to the terminal."""
