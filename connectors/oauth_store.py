"""Tokens that outlive a process: one private file for each account.

A poll is often a process of its own; without this each would ask for a new access token, and a
refresh token that the provider renewed would be lost with it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

log = logging.getLogger(__name__)

_PAST = datetime(1970, 1, 1, tzinfo=UTC)
_warned: set[Path] = set()


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of an account. At `expires` (aware UTC) the access token is given up.

    `renewed` is the refresh token that replaces the configured one, as long as the digest of that
    is `instead_of`.
    """

    access_token: str = ""
    expires: datetime = _PAST
    renewed: str = ""
    instead_of: str = ""


class TokenStore:
    """The file of one account, readable by its owner only."""

    def __init__(self, path: Path, account: object) -> None:
        """`account` (JSON values, no secret) tells accounts and their settings apart."""
        self.path = path
        self._account = digest(json.dumps(account, sort_keys=True))

    def load(self) -> Kept:
        """What is kept; nothing, where the file is missing or broken, and no access token of
        another account. A renewed refresh token has a key of its own."""
        try:
            saved = json.loads(self.path.read_text(encoding="utf-8"))
            kept = Kept(renewed=str(saved["renewed"]), instead_of=str(saved["instead_of"]))
            if saved["account"] != self._account:
                return kept
            expires = datetime.fromisoformat(saved["expires"]).astimezone(UTC)
            return replace(kept, access_token=str(saved["access_token"]), expires=expires)
        except (OSError, ValueError, TypeError, KeyError, OverflowError):
            return Kept()

    def save(self, kept: Kept) -> bool:
        """Keep it and return True; where the file cannot be written, warn once a process."""
        document = {
            "account": self._account,
            "access_token": kept.access_token,
            "expires": kept.expires.isoformat(),
            "renewed": kept.renewed,
            "instead_of": kept.instead_of,
        }
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self.path, json.dumps(document))
        except OSError as error:
            if self.path not in _warned:
                _warned.add(self.path)
                log.warning(
                    "tokens not kept in %s (%s): make its folder writable",
                    self.path,
                    error.strerror,
                )
            return False
        return True


def digest(secret: str) -> str:
    """What a secret is known again by without being told (SHA-256, in hexadecimal)."""
    return hashlib.sha256(secret.encode("utf-8")).hexdigest()


def replace_file(path: Path, text: str) -> None:
    """Write a secret so that at every moment the file holds the old one or the new one.

    The file keeps its mode; a new one is its owner's only. Raises OSError.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            Path(name).chmod(path.stat().st_mode & 0o777)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
