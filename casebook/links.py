"""Links that customers get: signed, good for so many days, and holding nothing but a key."""

from __future__ import annotations

import os
import secrets
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.core.signing import BadSignature, TimestampSigner
from django.utils.crypto import salted_hmac

from casebook.clock import now
from casebook.config import settings

_KEY_FILE = "desk.key"
_MOST_DIGITS = 18
"""Digits of the largest key that a database holds."""


class Forged(ValueError):
    """No link of ours, or one that was changed on its way."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A link that somebody followed: the key that it holds, and whether its time is over."""

    key: int
    expired: bool


def survey_link(key: int) -> str:
    """The address of the survey with this key, signed now; empty where the desk has no public
    address."""
    url = settings().desk.url
    return f"{url}/s/{_signer().sign(str(key))}" if url else ""


def followed(token: str, days: int) -> Followed:
    """What a link's token, good for `days`, holds. Raises Forged."""
    try:
        key, made_at = _signer().opened(token)
    except (BadSignature, ValueError) as error:
        raise Forged("no signature of ours") from error
    return Followed(key, now().timestamp() - made_at > timedelta(days=days).total_seconds())


def stamp(purpose: str, text: str) -> str:
    """`text` signed now, for one purpose: what a page gives out and takes back."""
    return _stamps(purpose).sign(text)


def read_stamp(purpose: str, token: str) -> tuple[str, float]:
    """What a stamp for this purpose holds, and how many seconds ago it was signed. Raises
    Forged."""
    try:
        text, made_at = _stamps(purpose).read(token)
    except (BadSignature, ValueError) as error:
        raise Forged("no signature of ours") from error
    return text, now().timestamp() - made_at


def signing_key() -> str:
    """The key that signs what the desk gives out: the configured secret, else a random one made
    once in `var`, readable by its owner alone. Raises ConfigError where the configured one is
    absent."""
    named = settings().desk.secret_key
    if named is not None:
        return named.reveal()
    path = settings().var / _KEY_FILE
    if not path.exists():
        _make(path)
    return path.read_text(encoding="ascii")


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{_KEY_FILE}-")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        # Unlike a rename, a link fails where another process was faster: both then read its key.
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()


class _Signer(TimestampSigner):
    """Django's signer by our clock. Its signature is in hexadecimal digits: those of base64 hold
    what the guard takes for a slot that nobody filled."""

    def timestamp(self) -> str:
        return str(int(now().timestamp()))

    def signature(self, value: str | bytes, key: str | bytes | None = None) -> str:
        salt = f"{self.salt!s}signer"
        return salted_hmac(salt, value, key or self.key, algorithm=self.algorithm).hexdigest()

    def read(self, token: str) -> tuple[str, int]:
        """The text and the time of signing (seconds since the epoch)."""
        text, _, made_at = super(TimestampSigner, self).unsign(token).rpartition(self.sep)
        return text, int(made_at)

    def opened(self, token: str) -> tuple[int, int]:
        """The key and the time of signing (seconds since the epoch)."""
        key, made_at = self.read(token)
        if not (key.isascii() and key.isdigit() and len(key) <= _MOST_DIGITS):
            raise BadSignature("no key")
        return int(key), made_at


def _stamps(purpose: str) -> _Signer:
    return _Signer(key=signing_key(), sep=".", salt=f"madoguchi.stamp.{purpose}")


def _signer() -> _Signer:
    return _Signer(key=signing_key(), sep=".", salt="madoguchi.survey")
