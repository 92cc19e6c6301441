"""An OpenID Connect provider on loopback: the authorization code flow as documented.

https://openid.net/specs/openid-connect-core-1_0.html: a person is sent to `/authorize`, comes back
with a code, and the client changes that at `/token` for an ID token that is signed by RS256 with a
key of `/jwks` and holds the nonce; `/userinfo` tells the claims. PKCE (RFC 7636) is checked.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

LOOPBACK = "127.0.0.1"
CLIENT, SECRET = "madoguchi", "client-secret"
KEY_ID = "key-1"


class Provider:
    """How the provider behaves from now on. `claims` are those of whoever is signed in there;
    `nonce` replaces the one that was asked for, `forged` signs with a key that is not its own,
    `refuses` sends people back with an error."""

    def __init__(self, port: int) -> None:
        self.url = f"http://{LOOPBACK}:{port}"
        self.claims: dict[str, Any] = {"sub": "1", "preferred_username": "aki"}
        self.nonce = ""
        self.forged = self.refuses = False
        self.codes: dict[str, dict[str, str]] = {}
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.other = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def table(self) -> str:
        """The `[desk.oidc]` table for it; the secret stands in OIDC_SECRET."""
        return (
            f'[desk.oidc]\nname = "Example ID"\nclient_id = "{CLIENT}"\n'
            'client_secret = { env = "OIDC_SECRET" }\n'
            f'authorization_url = "{self.url}/authorize"\ntoken_url = "{self.url}/token"\n'
            f'userinfo_url = "{self.url}/userinfo"\njwks_url = "{self.url}/jwks"\n'
        )

    def authorize(self, asked: dict[str, str]) -> str:
        """Where somebody who is signed in here is sent back to."""
        state = asked["state"]
        if self.refuses:
            told = {"error": "access_denied", "state": state}
        else:
            code = secrets.token_urlsafe(8)
            self.codes[code] = asked
            told = {"code": code, "state": state}
        return f"{asked['redirect_uri']}?{urlencode(told)}"

    def token(self, asked: dict[str, str]) -> dict[str, Any] | None:
        """The tokens for a code; None where it is none, or the client is another."""
        known = self.codes.pop(asked.get("code", ""), None)
        if known is None or asked.get("client_secret") != SECRET:
            return None
        digest = hashlib.sha256(asked["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if challenge != known["code_challenge"] or asked["redirect_uri"] != known["redirect_uri"]:
            return None
        now = int(time.time())
        claims = {
            **self.claims, "iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300,
            "nonce": self.nonce or known["nonce"],
        }  # fmt: skip
        key = self.other if self.forged else self.key
        signed = jwt.encode(claims, key, algorithm="RS256", headers={"kid": KEY_ID})
        return {"access_token": "access", "token_type": "Bearer", "id_token": signed}

    def jwks(self) -> dict[str, Any]:
        """Its public keys."""
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "RS256"}]}


@contextmanager
def provider() -> Iterator[Provider]:
    """A provider for the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path)
            if path.path == "/authorize":
                asked = {name: values[0] for name, values in parse_qs(path.query).items()}
                self.send_response(302)
                self.send_header("Location", found.authorize(asked))
                self.end_headers()
            elif path.path == "/jwks":
                self._answer(found.jwks())
            elif self.headers.get("Authorization") == "Bearer access":
                self._answer(found.claims)
            else:
                self.send_error(401)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked = {name: values[0] for name, values in parse_qs(body).items()}
            made = found.token(asked)
            self._answer(made or {"error": "invalid_grant"}, 200 if made else 400)

        def _answer(self, document: object, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    found = Provider(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
