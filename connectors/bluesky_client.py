"""Requests to a server of the AT Protocol, one at a time; nothing here waits or tries again.

XRPC: https://atproto.com/specs/xrpc. The `atproto` package takes seconds to import and brings every
lexicon as a class; what is needed here are a dozen JSON calls.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from casebook.clock import now
from casebook.config import settings
from casebook.errors import AmbiguousError, AuthError, ConfigError, ConnectorError, TransientError
from connectors.bluesky_errors import login_refused, no_chat, refusal
from connectors.bluesky_options import ENTRYWAY, BlueskyOptions
from connectors.oauth_store import Kept, TokenStore, digest
from connectors.web import Place, answer_lost, no_answer, unreadable

Document = Mapping[str, Any]
_EARLY = timedelta(minutes=1)
"""How long before its end a token is given up."""
_UNSTATED_LIFE = timedelta(minutes=30)
_HOST = re.compile(r"did:web:([a-z0-9-]+(?:\.[a-z0-9-]+)+)")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its status, headers, JSON object (empty where it is none) and whether it is."""

    status: int
    headers: Mapping[str, str]
    document: Document
    readable: bool

    @property
    def word(self) -> str:
        """The protocol's name for the error, "" for none."""
        word = self.document.get("error")
        return word if isinstance(word, str) else ""


class Client:
    """An account's way to its server, and over it to the chat service. Every call raises
    ConnectorError. Not safe for use by several threads."""

    def __init__(self, name: str, options: BlueskyOptions) -> None:
        """`name` is the source's; nothing is sent yet."""
        self.at = f"{options.base_url} {options.identifier}"
        self.place = Place(self.at, "the server", "base_url", options.timeout)
        self._options = options
        self._http = requests.Session()
        account = [options.base_url, options.identifier]
        self._store = TokenStore(settings().var / "tokens" / f"{name}.json", account)
        self._kept = Kept()

    @property
    def did(self) -> str:
        """The account's lasting id."""
        claims = _claims(self._token())
        did = claims.get("sub")
        if not (isinstance(did, str) and did.startswith("did:")):
            raise unreadable(self.place)
        return did

    def get(self, method: str, *, chat: bool = False, **parameters: Any) -> Document:
        """Ask for something. Parameters that are None are left out, lists are repeated."""
        return self._call("GET", method, chat=chat, writes=False, params=parameters)

    def post(
        self, method: str, body: Document, *, chat: bool = False, writes: bool = False
    ) -> Document:
        """Have something done. `writes`: raise AmbiguousError where it may have been done."""
        return self._call("POST", method, chat=chat, writes=writes, json=body)

    def _call(self, verb: str, method: str, *, chat: bool, writes: bool, **sent: Any) -> Document:
        reply = self._ask(verb, method, self._token(), chat=chat, writes=writes, **sent)
        if _stale(reply):
            # Refused, so not done: a token may end before its time.
            reply = self._ask(verb, method, self._renew(), chat=chat, writes=writes, **sent)
        if 200 <= reply.status < 300:
            if reply.readable:
                return reply.document
            raise answer_lost(self.place) if writes else unreadable(self.place)
        if chat and _closed(reply):
            raise no_chat(self.at)
        if writes and reply.status >= 500:
            raise answer_lost(self.place)
        raise refusal(reply.status, reply.headers, reply.word, self.place, method)

    def _ask(
        self, verb: str, method: str, token: str, *, chat: bool, writes: bool, **sent: Any
    ) -> Reply:
        headers = {"authorization": f"Bearer {token}"}
        if chat:
            headers["atproto-proxy"] = self._options.chat_did
        return self._send(
            verb,
            f"{server_of(self._options.base_url, token)}/xrpc/{method}",
            headers,
            writes,
            **sent,
        )

    def _send(
        self, verb: str, url: str, headers: dict[str, str], writes: bool = False, **sent: Any
    ) -> Reply:
        timeout = self._options.timeout
        try:
            # A redirect would carry the token to an address that nobody configured.
            response = self._http.request(
                verb, url, headers=headers, timeout=timeout, allow_redirects=False, **sent
            )
        except requests.RequestException as error:
            raise no_answer(error, self.place, post=writes) from None
        document: Any = None
        with suppress(ValueError, RecursionError):
            document = response.json()
        readable = isinstance(document, dict)
        return Reply(response.status_code, response.headers, document if readable else {}, readable)

    def _token(self) -> str:
        """The access token at hand, or a new one."""
        if not self._kept.access_token:
            self._kept = self._store.load()
        kept = self._kept
        if kept.access_token and now() < kept.expires and kept.instead_of == self._digest():
            return kept.access_token
        return self._renew()

    def _renew(self) -> str:
        """A new access token by the refresh token, which is renewed with it, or by the password:
        a server allows few logins."""
        # Another process may have renewed it meanwhile.
        self._kept = self._store.load()
        token = self._kept.renewed if self._kept.instead_of == self._digest() else ""
        if token:
            reply = self._session("refreshSession", {"authorization": f"Bearer {token}"})
            if reply.status < 300:
                return self._keep(reply.document)
            if reply.status >= 500 or reply.status == 429:
                raise refusal(reply.status, reply.headers, "", self.place, "refreshSession")
        body = {"identifier": self._options.identifier, "password": self._password()}
        reply = self._session("createSession", {}, json=body)
        if 200 <= reply.status < 300:
            return self._keep(reply.document)
        error = refusal(reply.status, reply.headers, reply.word, self.place, "createSession")
        if reply.status < 500 and isinstance(error, AuthError):
            raise login_refused(reply.word, self.at)
        raise error

    def _session(self, name: str, headers: dict[str, str], **sent: Any) -> Reply:
        url = f"{self._options.base_url}/xrpc/com.atproto.server.{name}"
        return self._send("POST", url, headers, **sent)

    def _keep(self, document: Document) -> str:
        access, refresh = document.get("accessJwt"), document.get("refreshJwt")
        if not (isinstance(access, str) and isinstance(refresh, str) and access):
            raise unreadable(self.place)
        self._kept = Kept(access, _end(access), refresh, self._digest())
        self._store.save(self._kept)
        return access

    def _password(self) -> str:
        try:
            return self._options.app_password.reveal()
        except ConfigError as error:
            raise AuthError(str(error), code="secret_missing") from None

    def _digest(self) -> str:
        return digest(self._password())


def server_of(base_url: str, token: str) -> str:
    """The server that holds an account: the entryway's tokens are made out to it."""
    audience = _claims(token).get("aud")
    found = _HOST.fullmatch(audience) if isinstance(audience, str) else None
    return f"https://{found[1]}" if base_url == ENTRYWAY and found else base_url


def listed(answer: Document, name: str, place: Place) -> list[Document]:
    """The objects in a list of an answer. What is no list must not be taken for an empty one:
    raises TransientError."""
    found = answer.get(name)
    if not isinstance(found, list):
        raise unreadable(place)
    return [item for item in found if isinstance(item, dict)]


def limited(error: ConnectorError) -> bool:
    """Whether only what was asked for is refused or must wait, so that the rest may be read."""
    if isinstance(error, AmbiguousError):
        return False
    if isinstance(error, TransientError):
        return error.code == "rate_limited"
    return error.code in ("dm_access_missing", "request_refused")


def _stale(reply: Reply) -> bool:
    """Whether the token was refused for its age, not for what it may do."""
    if reply.status not in (400, 401):
        return False
    old = reply.word in ("ExpiredToken", "InvalidToken") or reply.status == 401
    return old and not _closed(reply)


def _closed(reply: Reply) -> bool:
    """Whether the token is of an app password that opens less than was asked for."""
    message = reply.document.get("message")
    told = message.casefold() if isinstance(message, str) else ""
    return told in ("bad token method", "bad token scope")


def _claims(token: str) -> Document:
    """What a token (RFC 7519) says; it is the server's word, so that its seal is not looked at."""
    with suppress(IndexError, ValueError, RecursionError):
        part = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return claims if isinstance(claims, dict) else {}
    return {}


def _end(token: str) -> datetime:
    """When a token is to be given up."""
    with suppress(KeyError, TypeError, ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(int(_claims(token)["exp"]), UTC) - _EARLY
    return now() + _UNSTATED_LIFE
