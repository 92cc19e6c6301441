"""The API's keys: made, used, taken back. What a key is, only its holder knows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe

from django.db import transaction
from django.db.models import Q

from casebook import models as m
from casebook.clock import now
from casebook.moves.base import audit, line

PREFIX = "mdg_"
"""What every key begins with, so that a scanner for leaked secrets knows one."""

_BYTES = 32
_HINT = 12
_USED = timedelta(minutes=1)
"""How exactly it is kept when a key was used last."""


@transaction.atomic
def add_token(name: str, role: str, scopes: Sequence[str], who: str) -> tuple[m.ApiToken, str]:
    """A new key with this role and these scopes: its row, and the key, which is kept nowhere.
    Its 32 random bytes need no slow hash: nobody tries them all."""
    key = PREFIX + token_urlsafe(_BYTES)
    row = m.ApiToken.objects.create(
        name=name, hash=hashed(key), hint=key[:_HINT], role=role, scopes=list(scopes), author=who
    )
    audit([line(row, "added", "", "", who=who, note=f"{name}: {role}: {' '.join(scopes)}")])
    return row, key


@transaction.atomic
def revoke_token(key: int, who: str) -> bool:
    """Let nobody in with a key any more. False where it was revoked before. Raises
    `ApiToken.DoesNotExist`."""
    row = m.ApiToken.objects.select_for_update().get(pk=key)
    if row.revoked_at is not None:
        return False
    row.revoked_at = now()
    row.save(update_fields=["revoked_at"])
    audit([line(row, "revoked", "", "", who=who, note=row.name)])
    return True


@transaction.atomic
def revoke_tokens_of(login: str, who: str) -> list[str]:
    """Let nobody in any more with a key that somebody made; the names of these keys."""
    rows = m.ApiToken.objects.filter(author=login, revoked_at=None).order_by("pk")
    return [row.name for row in rows if revoke_token(row.pk, who)]


def token_of(key: str) -> m.ApiToken | None:
    """The row of a key that is good; None for any other. Keeps when it was used, to the minute."""
    row = m.ApiToken.objects.filter(hash=hashed(key), revoked_at=None).first()
    if row is not None:
        at = now()
        old = Q(used_at=None) | Q(used_at__lt=at - _USED)
        if row.used_at is None or row.used_at < at - _USED:
            m.ApiToken.objects.filter(old, pk=row.pk).update(used_at=at)
    return row


def hashed(key: str) -> str:
    """What is kept of a key."""
    return sha256(key.encode("utf-8", "replace")).hexdigest()
