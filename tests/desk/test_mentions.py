"""Whom a note calls."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from desk.web.deeds import mentioned

pytestmark = pytest.mark.django_db

LOGINS = ("aki", "aki.mori", "aki@example.jp", "Mika", "ken-2", "山田")


@pytest.mark.parametrize(
    ("body", "called"),
    [
        ("@aki 確認を", ["aki"]),
        ("@akiさん、@MIKAさん、お願いします。", ["aki", "Mika"]),
        ("@aki@example.jpさんへ。＠aki.mori.", ["aki@example.jp", "aki.mori"]),
        ("@aki. Please look. @ken-2", ["aki", "ken-2"]),
        ("@akiko @aki.x @aki@elsewhere.jp @ken-23 mail@aki", []),
        ("@山田さん @aki @aki", ["山田", "aki"]),
        ("nobody", []),
    ],
)
def test_the_longest_login_that_stands_there_is_called(body: str, called: list[str]) -> None:
    User.objects.bulk_create(User(username=login) for login in LOGINS)
    assert mentioned(body) == called


def test_where_nobody_works_nobody_is_called() -> None:
    assert mentioned("@aki") == []
