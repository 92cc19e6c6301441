"""Cases merged and split by people, and what the next intake makes of them."""

from __future__ import annotations

import json

from tests.desk.place import SAMPLES, Place

MERGE = """
from casebook import models as m, moves
one, other = m.Case.objects.order_by("pk")
moves.merge(other.pk, one.pk, "lead", "same order")
open("receipts", "w").write(f"{one.receipt} {other.receipt}")
"""
SPLIT = """
from casebook import models as m, moves
moves.split(m.Message.objects.order_by("-pk").first().pk, "lead")
"""


def _waiting(place: Place) -> list[str]:
    lines = place.type("queue", "--json").stdout.splitlines()
    return [json.loads(line)["receipt"] for line in lines]


def test_merged_cases_get_one_reply_and_split_ones_their_own(place: Place) -> None:
    mails = sorted((SAMPLES / "inbox").glob("*.eml"))[:2]
    for mail in mails:
        assert place.type("import", str(mail)).returncode == 0
    place.type("intake")
    assert len(_waiting(place)) == 2
    place.run(MERGE)
    one, other = (place.root / "receipts").read_text().split()
    assert _waiting(place) == []
    done = place.type("intake")
    assert done.returncode == 0, done.stderr
    assert _waiting(place) == [one]
    # The number that the customer was given still means the matter.
    assert place.type("fault", other, "--note", "検品漏れ").stdout.strip().endswith(one)
    place.run(SPLIT)
    place.type("intake")
    waiting = _waiting(place)
    assert len(waiting) == 2
    assert one in waiting
    assert other not in waiting
