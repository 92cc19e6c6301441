"""Makes a desk's day of an installation's past cases: judged messages, open cases with drafts,
promises, a history and an incident (`bench desk`)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

OPEN_EVERY = 50
"""One case in so many is open."""

_STEP = 2_000
_VOICES = 1_000
_LABELS = {"cause": "defect", "crisis": [], "demands": ["refund"], "entities": {}, "missing": []}
_TEXT = (
    "先日注文した商品がまだ届きません。問い合わせ窓口に電話をしても、いつも話し中です。"
    "発送の連絡もなく、とても困っています。いつ届くのか、今日中にお返事をください。\n"
) * 2


def enliven(count: int) -> list[str]:
    """Triage for every message; drafts, promises and audit lines for one case in `OPEN_EVERY`.
    Returns the receipts of those."""
    from django.db import transaction

    from casebook import models as m

    receipts: list[str] = []
    keys = list(m.Message.objects.order_by("pk").values_list("pk", flat=True)[:count])
    for first in range(0, count, _STEP):
        with transaction.atomic():
            rows = m.Message.objects.filter(pk__in=keys[first : first + _STEP])
            found = list(rows.select_related("case").order_by("pk"))
            m.Triage.objects.bulk_create(_triage(row) for row in found)
            chosen = found[::OPEN_EVERY]
            _open(chosen)
            receipts += [row.case.receipt for row in chosen if row.case]
    _gather(receipts[:_VOICES])
    return receipts


def _gather(receipts: list[str]) -> None:
    """One event that so many customers tell of."""
    from casebook import models as m

    cases = m.Case.objects.filter(receipt__in=receipts)
    first = m.Message.objects.filter(case__in=cases).order_by("pk")[0]
    event = m.Incident.objects.create(first=first, state="alerted")
    cases.update(incident=event)


def _triage(row: Any) -> Any:
    from casebook import models as m

    return m.Triage(
        message=row,
        kind="complaint",
        severity=3 if row.pk % 97 == 0 else row.pk % 3,
        language=row.language,
        labels=_LABELS,
    )


def _open(rows: list[Any]) -> None:
    from casebook import models as m
    from casebook.clock import now

    at = now()
    for row in rows:
        row.case.state, row.case.owner = "open", f"agent{row.pk % 9}"
        row.new_text = row.text = _TEXT
        row.case.opened_at = row.received_at = at - timedelta(hours=row.pk % 300)
    m.Case.objects.bulk_update([row.case for row in rows], ["state", "owner", "opened_at"])
    m.Message.objects.bulk_update(rows, ["new_text", "text", "received_at"])
    m.Message.objects.bulk_create(more for row in rows for more in _said(row))
    drafts = m.Draft.objects.bulk_create(_draft(row, at) for row in rows)
    m.DraftVersion.objects.bulk_create(
        m.DraftVersion(draft=one, number=1, subject="Re", body=_TEXT, author="intake")
        for one in drafts
    )
    m.Promise.objects.bulk_create(
        m.Promise(case=one.case, draft=one, due=one.due, made_at=at - timedelta(days=1))
        for one in drafts
        if one.due is not None
    )
    m.AuditLine.objects.bulk_create(
        m.AuditLine(
            who="intake", what="draft.drafted", thing="draft", thing_id=one.pk, case=one.case
        )
        for one in drafts
        for _line in range(20)
    )


def _said(row: Any) -> Iterator[Any]:
    """What the customer and we wrote since."""
    from casebook import models as m

    for number in range(row.pk % 30):
        yield m.Message(
            identity=f"bench:{row.pk}:{number}",
            case=row.case,
            direction="out" if number % 2 else "in",
            state="answered",
            channel="email",
            author=row.author,
            subject=row.subject,
            text=_TEXT,
            new_text=_TEXT,
            language=row.language,
        )


def _draft(row: Any, at: datetime) -> Any:
    from casebook import models as m

    return m.Draft(
        case=row.case,
        answers=row,
        channel="email",
        visibility="private",
        language="ja",
        severity=row.pk % 4,
        due=at + timedelta(hours=row.pk % 200 - 10),
    )
