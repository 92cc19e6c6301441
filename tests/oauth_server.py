"""An OAuth 2.0 authorization server on loopback, for clients and for resource servers."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote_plus

LOOPBACK = "127.0.0.1"


class TokenServer:
    """An OAuth 2.0 authorization server: refresh grant (RFC 6749 §6), introspection (RFC 7662).

    `token_url` takes refresh grants of `client_id` and `client_secret`; `introspect_url` tells a
    resource server whose an access token is. With `rotate`, each refresh token serves once. With
    `basic`, the client signs in by HTTP authentication (RFC 6749 §2.3.1) and in no other way.
    """

    client_id = "madoguchi"
    client_secret = "client-secret"

    def __init__(self) -> None:
        self.rotate = False
        self.outage = False
        self.basic = False
        self.grants = 0
        self.dead_on_issue = False
        self._users: dict[str, str] = {}
        self._access: dict[str, str] = {}
        self._http = ThreadingHTTPServer((LOOPBACK, 0), self._handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        base = f"http://{LOOPBACK}:{self._http.server_address[1]}"
        self.token_url, self.introspect_url = f"{base}/token", f"{base}/introspect"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def reset(self) -> None:
        """Forget all tokens and go back to the ordinary behaviour."""
        self.rotate = self.outage = self.basic = self.dead_on_issue = False
        self.grants = 0
        self._users.clear()
        self._access.clear()

    def refresh_token(self, user: str) -> str:
        """A new refresh token of `user`."""
        return self._new(self._users, user)

    def access_token(self, user: str) -> str:
        """A new access token of `user`."""
        return self._new(self._access, user)

    def user_of(self, token: str) -> str | None:
        """Whose an access token is, None where it is none or has ended."""
        return self._access.get(token)

    def is_valid(self, token: str) -> bool:
        """Whether an access token is one given out here."""
        return token in self._access

    def expire(self) -> None:
        """Let every access token given out so far be refused from now on."""
        self._access.clear()

    def revoke(self) -> None:
        """Let every refresh token given out so far be refused from now on."""
        self._users.clear()

    def _new(self, kind: dict[str, str], user: str) -> str:
        token = secrets.token_urlsafe(24)
        kind[token] = user
        return token

    def _grant(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.grants += 1
        if self.outage:
            return 503, {}
        if (form.get("client_id"), form.get("client_secret")) != (
            self.client_id,
            self.client_secret,
        ):
            return 401, {"error": "invalid_client"}
        if form.get("grant_type") != "refresh_token":
            return 400, {"error": "unsupported_grant_type"}
        user = self._users.get(form.get("refresh_token", ""))
        if user is None:
            return 400, {"error": "invalid_grant", "error_description": "expired or revoked"}
        access = self.access_token(user)
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": 3600}
        if self.rotate:
            del self._users[form["refresh_token"]]
            answer["refresh_token"] = self.refresh_token(user)
        if self.dead_on_issue:
            self.expire()
        return 200, answer

    def _introspect(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        user = self.user_of(form.get("token", ""))
        return 200, {"active": True, "username": user} if user else {"active": False}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                form = {key: values[0] for key, values in parse_qs(body).items()}
                if server.basic:
                    form |= _signed_in(self.headers.get("Authorization", ""), form)
                answer = server._grant if self.path == "/token" else server._introspect
                status, document = answer(form)
                payload = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, format: str, *args: Any) -> None:
                """Stay silent: the tests' output is theirs."""

        return Handler


def _signed_in(authorization: str, form: dict[str, str]) -> dict[str, str]:
    """The client's name and secret from the header; nothing where the form has them too."""
    told = base64.b64decode(authorization.removeprefix("Basic ")).decode()
    client, _, secret = told.partition(":")
    found = {"client_id": unquote_plus(client), "client_secret": unquote_plus(secret)}
    return {"client_secret": ""} if "client_secret" in form else found
