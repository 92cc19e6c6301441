"""The tables of accounts that replies leave through, on the tests' own servers."""

from __future__ import annotations

from tests.smtp_server import SmtpServer
from tests.x_server import HANDLE, OWN, XServer

KEYS = {
    "consumer_key": "right-key",
    "consumer_secret": "first-secret",
    "access_token": "right-account",
    "access_token_secret": "second-secret",
}
"""What opens our account on the played X, by the name of its option."""


def smtp_tables(server: SmtpServer, more: str = "") -> str:
    """A mailbox that nobody reads, and the sender that answers it."""
    return f"""
[[sources]]
name = "box"
type = "imap"
host = "127.0.0.1"
port = 9
tls = "none"
username = "nobody"
password = {{ env = "BOX_PASSWORD" }}
{smtp_sender(server)}
{more}
"""


def smtp_sender(server: SmtpServer) -> str:
    """The sender that answers the mailbox `box`."""
    return f"""
[[senders]]
name = "desk"
type = "smtp"
answers = ["box"]
host = "{server.host}"
port = {server.port}
tls = "{server.tls}"
ca_file = "{server.ca_file}"
username = "{server.user}"
password = {{ env = "SMTP_PASSWORD" }}
sender = "support@example.jp"
reply_to = "support+{{receipt}}@example.jp"
timeout = 1
answer_timeout = 1
"""


def x_table(server: XServer) -> str:
    """Our account on the played X."""
    keys = ", ".join(f'{name} = {{ env = "X_{name.upper()}" }}' for name in KEYS)
    return f"""
[[sources]]
name = "x"
type = "x"
api_base = "{server.url}"
user_id = "{OWN}"
handle = "{HANDLE}"
timeout = 1
oauth1 = {{ {keys} }}
"""
