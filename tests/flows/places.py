"""Where a customer and we meet, each on its own server: what the customer does there, and what of
ours really stands there."""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from pathlib import Path

import pytest

from casebook.clock import frozen
from tests.bluesky_network import BlueskyNetwork
from tests.connectors.bluesky_account import BlueskyPlace
from tests.flows.conftest import imap_table
from tests.flows.outbox import MADE, secrets
from tests.google_server import ACCOUNT, GoogleServer
from tests.mastodon_server import CUSTOMER, MastodonServer
from tests.oauth_server import TokenServer
from tests.sending_tables import smtp_sender, x_table
from tests.services import Dovecot
from tests.smtp_server import SmtpServer
from tests.x_server import OWN, XServer

_numbers = count(1)
CUSTOMERS_ADDRESS = "hanako@example.net"
_ON_X = "2000"
BOUNCE = Path(__file__).parents[1] / "connectors/fixtures/bounces/postfix.eml"


class MailPlace:
    """A mailbox read over IMAP, answered over SMTP."""

    in_public = False
    source = "box"
    start = MADE

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self._imap: Dovecot = request.getfixturevalue("mail_server")
        self._user = f"whole{next(_numbers)}"
        monkeypatch = request.getfixturevalue("monkeypatch")
        secrets(monkeypatch)
        monkeypatch.setenv("BOX_PASSWORD", self._imap.password)

    def __enter__(self) -> MailPlace:
        self._smtp = SmtpServer()
        self._smtp.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._smtp.close()

    @property
    def tables(self) -> str:
        return imap_table(self._imap, self.source, self._user) + smtp_sender(self._smtp)

    @contextmanager
    def clock(self, at: datetime) -> Iterator[None]:
        with frozen(at):
            self._now = at
            yield

    def complain(self, text: str) -> None:
        self.write(text, "support@example.jp")

    def come_over(self, receipt: str, text: str) -> None:
        """The customer answers our mail."""
        ours = message_from_bytes(self._smtp.mails[-1].content, policy=policy.default)
        self.write(text, "support@example.jp", **{"In-Reply-To": ours["Message-ID"]})

    def write(self, text: str, to: str, **headers: str) -> None:
        """A mail of the customer's."""
        mail = EmailMessage()
        mail["From"], mail["To"] = f"山田花子 <{CUSTOMERS_ADDRESS}>", to
        mail["Subject"], mail["Date"] = "お皿について", self._now
        mail["Message-ID"] = f"<{next(_numbers)}@example.net>"
        for name, value in headers.items():
            mail[name] = value
        mail.set_content(text)
        self._imap.deliver(self._user, mail.as_bytes())

    def bounce(self, ours: str) -> None:
        """A mail server cannot deliver our mail of this Message-ID."""
        raw = BOUNCE.read_bytes().replace(b"d-7@example.jp", ours.strip("<>").encode())
        self._imap.deliver(self._user, raw)

    @property
    def posted(self) -> list[str]:
        return []

    @property
    def written(self) -> list[str]:
        """The texts of our mails, with what they quote below."""
        mails = (message_from_bytes(one.content, policy=policy.default) for one in self._smtp.mails)
        bodies = (mail.get_body(("plain",)) for mail in mails)
        return [str(body.get_content()) for body in bodies if body]


class GooglePlace(MailPlace):
    """Google's reviews; whoever wants to say more in private writes a mail with the receipt."""

    in_public = True
    source = "reviews"

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        super().__init__(request, folder)
        self._tokens: TokenServer = request.getfixturevalue("tokens")
        self._google = GoogleServer(self._tokens.is_valid)
        self._client, self._refresh = folder / "client", folder / "refresh"
        self._client.write_text(self._tokens.client_secret, encoding="utf-8")
        self._refresh.write_text(self._tokens.refresh_token("support"), encoding="utf-8")

    def __enter__(self) -> GooglePlace:
        super().__enter__()
        self._google.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._google.__exit__()
        super().__exit__()
        self._tokens.reset()

    @property
    def tables(self) -> str:
        mail = imap_table(self._imap, "box", self._user) + smtp_sender(self._smtp)
        return f"""{mail}
[[sources]]
name = "reviews"
type = "google-reviews"
account = "{ACCOUNT}"
api_base = "{self._google.url}"
locations_base = "{self._google.url}"
timeout = 1
[sources.oauth2]
token_endpoint = "{self._tokens.token_url}"
client_id = "{self._tokens.client_id}"
client_secret = {{ file = "{self._client}" }}
refresh_token = {{ file = "{self._refresh}" }}
"""

    @contextmanager
    def clock(self, at: datetime) -> Iterator[None]:
        self._google.now = at
        with super().clock(at):
            yield

    def complain(self, text: str) -> None:
        self._google.put(text, at=self._google.clock())

    def come_over(self, receipt: str, text: str) -> None:
        self.write(text, f"support+{receipt}@example.jp")

    @property
    def posted(self) -> list[str]:
        return [comment for _, comment in self._google.put_replies]


class XPlace:
    """X: posts and direct messages."""

    in_public = True
    source = "x"
    start = MADE

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self.server = XServer()
        secrets(request.getfixturevalue("monkeypatch"))

    def __enter__(self) -> XPlace:
        self.server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()

    @property
    def tables(self) -> str:
        return x_table(self.server)

    @contextmanager
    def clock(self, at: datetime) -> Iterator[None]:
        self.server.now = at
        with frozen(at):
            yield

    def complain(self, text: str) -> None:
        self.server.put(f"@acme_jp {text}")

    def answer(self, text: str) -> None:
        """The customer answers our last post."""
        ours = max(number for number, post in self.server.posts.items() if post.author == OWN)
        self.server.put(f"@acme_jp {text}", kind="replied_to", refers=ours)

    def come_over(self, receipt: str, text: str) -> None:
        self.server.put_dm(text)

    @property
    def posted(self) -> list[str]:
        return [one["text"] for one in self.server.posted if one["to"] != _ON_X]

    @property
    def written(self) -> list[str]:
        return [one["text"] for one in self.server.posted if one["to"] == _ON_X]


class MastodonPlace:
    """Mastodon: statuses, public and direct."""

    in_public = True
    source = "mastodon"
    start = MADE

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self.server = MastodonServer()
        request.getfixturevalue("monkeypatch").setenv("MASTODON_TOKEN", self.server.token)

    def __enter__(self) -> MastodonPlace:
        self.server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()

    @property
    def tables(self) -> str:
        return f"""
[[sources]]
name = "mastodon"
type = "mastodon"
base_url = "{self.server.url}"
access_token = {{ env = "MASTODON_TOKEN" }}
timeout = 1
"""

    @contextmanager
    def clock(self, at: datetime) -> Iterator[None]:
        self.server.now = at
        with frozen(at):
            yield

    def complain(self, text: str) -> None:
        self.server.put(f"<p>@support {html.escape(text)}</p>")

    def come_over(self, receipt: str, text: str) -> None:
        self.server.put(f"<p>@support {html.escape(text)}</p>", CUSTOMER, visibility="direct")

    @property
    def posted(self) -> list[str]:
        return self._ours("public")

    @property
    def written(self) -> list[str]:
        return self._ours("direct")

    def _ours(self, visibility: str) -> list[str]:
        texts = [one["status"] for one in self.server.posted if one["visibility"] == visibility]
        return [text.removeprefix("@hanako@elsewhere.example").strip() for text in texts]


class RealBlueskyPlace:
    """Bluesky's own servers, which know no clock but the world's."""

    in_public = True
    source = "bluesky"

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        network: BlueskyNetwork = request.getfixturevalue("bluesky_network")
        self._place = BlueskyPlace(network)
        self.start = datetime.now(UTC)

    def __enter__(self) -> RealBlueskyPlace:
        self._place.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._place.__exit__()

    @property
    def tables(self) -> str:
        options = self._place.options(timeout=10)
        return f"""
[[sources]]
name = "bluesky"
type = "bluesky"
base_url = "{options["base_url"]}"
identifier = "{options["identifier"]}"
app_password = {{ env = "{options["app_password"]["env"]}" }}
chat_did = "{options["chat_did"]}"
timeout = 10
"""

    @contextmanager
    def clock(self, at: datetime) -> Iterator[None]:
        with frozen(at):
            yield

    def complain(self, text: str) -> None:
        self._place.mention(f"@{text}")

    def come_over(self, receipt: str, text: str) -> None:
        self._place.write(text)

    @property
    def posted(self) -> list[str]:
        return [post["text"] for post in self._place.posted()]

    @property
    def written(self) -> list[str]:
        return self._place.chat.texts(self._place.us.did)


Place = MailPlace | XPlace | MastodonPlace | RealBlueskyPlace
PLACES: dict[str, type[Place]] = {
    "mail": MailPlace,
    "google-reviews": GooglePlace,
    "x": XPlace,
    "mastodon": MastodonPlace,
    "bluesky": RealBlueskyPlace,
}


def seen(text: str) -> str:
    """A text as every server may keep it: its lines without blanks around them."""
    return "\n".join(line.strip() for line in text.strip().splitlines())
