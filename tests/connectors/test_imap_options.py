"""What a `[[sources]]` table of type `imap` may say, and what it means when it says nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from casebook.config import config_folder, explain
from connectors.imap import ImapOptions

TABLE: dict[str, Any] = {
    "host": "mail.example.jp",
    "username": "support@example.jp",
    "password": {"env": "SUPPORT_PASSWORD"},
}
ENDPOINT: dict[str, Any] = {
    "token_endpoint": "https://login.example.jp/token",
    "client_id": "abc",
    "refresh_token": {"file": "refresh"},
}


def test_defaults() -> None:
    options = ImapOptions.model_validate(TABLE)
    assert options.tls == "tls"
    assert options.tcp_port == 993
    assert options.folders == ("INBOX",)
    assert options.own_addresses == ("support@example.jp",)
    assert options.after == "none"
    assert options.address == "imaps://support%40example.jp@mail.example.jp:993"


@pytest.mark.parametrize(
    ("changed", "attribute", "value"),
    [
        ({"tls": "starttls"}, "tcp_port", 143),
        ({"port": 1993}, "tcp_port", 1993),
        ({"username": "support"}, "own_addresses", ()),
        (
            {"own": ["a@example.jp", "@example.com"]},
            "own_addresses",
            ("a@example.jp", "@example.com"),
        ),
        ({"after": "move:済み/2026"}, "move_to", "済み/2026"),
        ({"after": "seen"}, "move_to", None),
        ({"since": "2026-10-01"}, "since", date(2026, 10, 1)),
        ({"tls": "none", "host": "::1"}, "address", "imap://support%40example.jp@[::1]:143"),
        ({"tls": "none", "host": "127.0.0.2"}, "tls", "none"),
        ({"tls": "none", "host": "localhost"}, "tls", "none"),
    ],
)
def test_meanings(changed: dict[str, Any], attribute: str, value: object) -> None:
    assert getattr(ImapOptions.model_validate(TABLE | changed), attribute) == value


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"folder": ["INBOX"]}, "did you mean 'folders'"),
        ({"password": "hunter2"}, "a secret is not written here"),
        ({"password": None}, "`password` and `oauth2`"),
        ({"oauth2": ENDPOINT}, "`password` and `oauth2`"),
        ({"tls": "none"}, "this machine only"),
        ({"host": "imaps://mail.example.jp"}, "host"),
        ({"username": "a\r\nA1 DELETE INBOX"}, "username"),
        ({"folders": []}, "folders"),
        ({"folders": ["INBOX", "INBOX"]}, "twice"),
        ({"folders": ["a\nb"]}, "folders"),
        ({"after": "move:INBOX"}, "another one"),
        ({"batch_messages": 0}, "batch_messages"),
        ({"timeout": 0}, "timeout"),
        ({"port": 0}, "port"),
        ({"password": None, "oauth2": {}}, "`command`, or"),
        ({"password": None, "oauth2": {"command": []}}, "command"),
        ({"password": None, "oauth2": ENDPOINT | {"command": ["x"]}}, "not both"),
        ({"password": None, "oauth2": ENDPOINT | {"token_endpoint": "http://x.jp/"}}, "https"),
        ({"password": None, "oauth2": ENDPOINT | {"token_endpoint": "ftp:x"}}, "https"),
    ],
)
def test_mistakes_are_told_in_one_line(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ImapOptions.model_validate(TABLE | changed)
    line = explain(caught.value, ImapOptions)
    assert told in line
    assert "\n" not in line
    assert "hunter2" not in line


def test_ca_file_is_relative_to_the_configuration_file() -> None:
    found = ImapOptions.model_validate(TABLE | {"ca_file": "ours.pem"}).ca_file
    assert found == config_folder() / "ours.pem"
    absolute = ImapOptions.model_validate(TABLE | {"ca_file": "/etc/ours.pem"}).ca_file
    assert absolute == Path("/etc/ours.pem")


def test_every_setting_says_what_it_does() -> None:
    assert all(field.description for field in ImapOptions.model_fields.values())
