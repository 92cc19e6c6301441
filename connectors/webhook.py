"""Webhooks on their way: one signed POST to an address that people entered.

Signed as https://www.standardwebhooks.com describes. An address may be anybody's, so it is looked
up once, what it stands for must be public, and that very address is connected to: a name that means
another machine a moment later leads nowhere.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import socket
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

Network = IPv4Network | IPv6Network

_PREFIX = "whsec_"
_PORTS = {"http": 80, "https": 443}
_IPV6 = ip_network("2000::/3")
"""All that IPv6 has given to the public internet."""
_GONE = 410


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request: the HTTP status, or None and why there is none in a word."""

    status: int | None
    why: str = ""

    @property
    def taken(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """Whether the receiver wants nothing more."""
        return self.status == _GONE


class Unreachable(ValueError):
    """An address that nothing may be sent to; its text is the reason in a word."""


def wrong(url: str) -> str:
    """Why an address can be no webhook's, in a word; empty where it can."""
    try:
        _parts(url)
    except Unreachable as error:
        return str(error)
    return ""


def signature(secret: str, message: str, timestamp: int, body: bytes) -> str:
    """The signature of a message (its id) that is sent at a time (seconds since the epoch)."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = f"{message}.{timestamp}.".encode("ascii") + body
    return f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode('ascii')}"


def post(
    url: str,
    secret: str,
    message: str,
    timestamp: int,
    body: bytes,
    *,
    seconds: float,
    private: Sequence[Network] = (),
) -> Answer:
    """Send a message once, within `seconds` in all; `private` are networks that may be reached
    though they are not public. No redirect is followed, and no word of the answer is read."""
    try:
        return Answer(
            _sent(url, _headers(secret, message, timestamp, body), body, seconds, private)
        )
    except Unreachable as error:
        return Answer(None, str(error))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(None, type(error).__name__)


def _headers(secret: str, message: str, timestamp: int, body: bytes) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": "Madoguchi-Webhooks",
        "Connection": "close",
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, message, timestamp, body),
    }


def _sent(
    url: str, headers: dict[str, str], body: bytes, seconds: float, private: Sequence[Network]
) -> int:
    scheme, host, port, path = _parts(url)
    connection = _Pinned(host, port, _address(host, port, private), seconds, tls=scheme == "https")
    # A receiver that sends a byte now and then would never run into a time-out of the socket's own.
    alarm = threading.Timer(seconds, connection.cut)
    alarm.daemon = True
    alarm.start()
    try:
        connection.request("POST", path, body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        if connection.late:
            raise TimeoutError from None
        raise
    finally:
        alarm.cancel()
        connection.close()


def _parts(url: str) -> tuple[str, str, int, str]:
    try:
        found = urlsplit(url)
        port = found.port
    except ValueError:
        raise Unreachable("address") from None
    if found.scheme not in _PORTS:
        raise Unreachable("scheme")
    if not found.hostname or found.username is not None or found.password is not None:
        raise Unreachable("address")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise Unreachable("address")
    path = (found.path or "/") + (f"?{found.query}" if found.query else "")
    return found.scheme, found.hostname, port or _PORTS[found.scheme], path


def _address(host: str, port: int, private: Sequence[Network]) -> str:
    """The address that a host stands for. All that it stands for must be allowed: else it depends
    on chance which one is met. Raises Unreachable, OSError."""
    found = [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not found or not all(_allowed(address, private) for address in found):
        raise Unreachable("private")
    return found[0]


def _allowed(text: str, private: Sequence[Network]) -> bool:
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return _public(address) or any(address in network for network in private)


def _public(address: IPv4Address | IPv6Address) -> bool:
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, IPv4Address):
        return True
    # Those that carry an IPv4 address inside lead to it.
    return address in _IPV6 and address.sixtofour is None and address.teredo is None


class _Pinned(http.client.HTTPConnection):
    """A connection to a host at the address that was found for it, whatever its name says now."""

    def __init__(self, host: str, port: int, address: str, seconds: float, *, tls: bool) -> None:
        super().__init__(host, port, timeout=seconds)
        self.late = False
        self._address, self._tls = address, tls

    def connect(self) -> None:
        """Connect, and be sure of the host's certificate."""
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._tls:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)

    def cut(self) -> None:
        """End it, whatever it waits for."""
        self.late = True
        if self.sock is not None:
            # The thread that waits at the socket wakes up by this alone.
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                self.sock.close()
