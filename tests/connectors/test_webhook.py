"""A webhook's request: signed, once, never to a private machine, never for long."""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_network
from typing import Any

import pytest

from connectors.webhook import Answer, post, wrong
from tests.hook_server import Receiver, receiver

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
HOME = (ip_network("127.0.0.0/8"),)


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def _post(url: str, seconds: float = 3, private: Any = HOME) -> Answer:
    return post(url, SECRET, "evt_1", 1_800_000_000, b"{}", seconds=seconds, private=private)


def test_a_message_comes_signed(hook: Receiver) -> None:
    assert _post(hook.url) == Answer(204)
    assert (hook.bodies, hook.paths) == ([b"{}"], ["/hook?a=1"])
    headers = hook.headers[0]
    signed = b"evt_1.1800000000.{}"
    code = hmac.new(b"0123456789abcdef0123456789abcdef", signed, hashlib.sha256).digest()
    assert headers["webhook-id"] == "evt_1"
    assert headers["webhook-timestamp"] == "1800000000"
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(code).decode()}"


def test_the_published_example_of_the_standard_is_met() -> None:
    # https://github.com/standard-webhooks/standard-webhooks, reference implementations' tests.
    from connectors.webhook import signature

    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    found = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body)
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_no_redirect_is_followed(hook: Receiver) -> None:
    hook.status, hook.location = 302, hook.url
    assert _post(hook.url) == Answer(302)
    assert len(hook.bodies) == 1


def test_a_private_address_is_not_reached_unless_the_configuration_allows(hook: Receiver) -> None:
    assert _post(hook.url, private=()) == Answer(None, "private")
    assert hook.bodies == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "[::1]", "[::]", "[fe80::1]", "[fd00::1]", "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[ff02::1]", "224.0.0.1",
        "2130706433", "0x7f.1", "localhost",
    ],
)  # fmt: skip
def test_nothing_private_hides_behind_another_spelling(host: str) -> None:
    assert _post(f"http://{host}:9/", private=()).status is None
    assert _post(f"http://{host}:9/", private=()).why in ("private", "gaierror")


def test_a_name_is_looked_up_once(hook: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(hook.url.split(":")[2].split("/")[0])
    asked: list[str] = []

    def found(host: str, *_: Any, **__: Any) -> Any:
        asked.append(host)
        # A rebinding name: public at the first look, this machine at the next.
        address = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    met: list[Any] = []

    def connected(address: Any, *_: Any, **__: Any) -> Any:
        met.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr("connectors.webhook.socket.getaddrinfo", found)
    monkeypatch.setattr("connectors.webhook.socket.create_connection", connected)
    assert _post(f"http://rebinding.example:{port}/", private=()).why == "ConnectionRefusedError"
    assert (asked, met) == (["rebinding.example"], [("93.184.216.34", port)])


def test_one_private_address_among_several_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(0, 0, 0, "", ("93.184.216.34", 80)), (0, 0, 0, "", ("10.0.0.1", 80))]
    monkeypatch.setattr("connectors.webhook.socket.getaddrinfo", lambda *_, **__: both)
    assert _post("http://both.example/", private=()) == Answer(None, "private")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/", "file:///etc/passwd", "gopher://x/", "https://", "//example.com",
        "http://user:secret@example.com/", "http://example.com:99999/", "http://[::1",
        "http://example.com/a b", "http://example.com/\r\nX: y", "javascript:alert(1)", "",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_webhook(url: str) -> None:
    assert wrong(url)
    assert _post(url).status is None


@pytest.mark.parametrize("way", ["silence", "drip"])
def test_a_slow_receiver_is_left(hook: Receiver, way: str) -> None:
    hook.silence, hook.drip = (5.0, False) if way == "silence" else (0.0, True)
    began = time.monotonic()
    assert _post(hook.url, seconds=0.4) == Answer(None, "TimeoutError")
    assert time.monotonic() - began < 2


def test_a_certificate_of_nobody_we_know_is_refused() -> None:
    import ssl
    import threading

    import trustme

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def serve() -> None:
            with suppress(OSError):
                context.wrap_socket(plain.accept()[0], server_side=True).close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        answer = _post(f"https://127.0.0.1:{plain.getsockname()[1]}/")
        thread.join(3)
    assert answer == Answer(None, "SSLCertVerificationError")
