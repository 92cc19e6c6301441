"""What people teach: labels corrected by hand, and a triage fitted to them put in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from django.db import transaction

from casebook import models as m
from casebook import reading
from casebook.clock import now
from casebook.config import settings
from casebook.errors import ConfigError
from casebook.findings import CORRECTED as CORRECTED
from casebook.handling import OTHER, THREAT
from casebook.labels import checked, corrected
from casebook.moves.base import audit, case_locked, in_turn, line
from casebook.moves.protecting import judged_again
from casebook.moves.vectors import tell_again
from casebook.moves.withdrawing import back_to_queue
from casebook.policy import load_policy
from casebook.rows import clean, triage_row, triage_value
from casebook.states import DraftState
from casebook.types import Asked, Conduct, Direction, Finding, Triage

_UNSENT = (
    DraftState.PENDING, DraftState.APPROVED, DraftState.SENDING, DraftState.NEEDS_CHECK,
    DraftState.FAILED,
)  # fmt: skip
"""States of a draft that may still wait for a decision, or leave (again)."""

_LABELS = (
    "kind", "cause", "demands", "severity", "crisis", "conduct", "conduct_types", "anger",
    "products",
)  # fmt: skip


@transaction.atomic
def correct(what: int | Asked, expect: Mapping[str, object], who: str) -> m.Correction:
    """Keep what `who` says that a message (its key) or a text of no message is, for the next refit.

    `expect` maps labels to their right values (`casebook.labels`); what was said of the same
    message or text before stays where it is silent. The triage of a message is changed at once,
    drafts that wait are marked, and an approved one that was written for less waits for approval
    again. Raises ConfigError for labels that cannot be, and for a
    message that is unknown or our own.
    """
    # Two who correct the same thing at once would each make a row of it.
    in_turn("correction")
    message = _message(what) if isinstance(what, int) else None
    row = _known(what) or _fresh(what, message)
    before = row.expect or {}
    row.expect = _checked({**before, **expect})
    row.author, row.at = clean(who, 150), now()
    row.save()
    note = _told(before, row.expect)
    lines = [line(row, "kept", "", "", who=who, note=note)]
    if message is not None:
        lines += _judge_again(message, row.expect, who)
    audit(lines)
    return row


@transaction.atomic
def keep_estimator(data: bytes, cases: int) -> None:
    """Put a fitted estimator in force; the one before stays for comparison, older ones go."""
    row = m.EstimateModel.objects.create(data=data, cases=cases)
    kept = m.EstimateModel.objects.order_by("-pk").values_list("pk", flat=True)[:2]
    m.EstimateModel.objects.exclude(pk__in=list(kept)).delete()
    audit([line(row, "fitted", "", "", note=f"{cases} cases")])


@transaction.atomic
def activate_triage(
    space: str, data: bytes, *, score: float, exemplars: int, corrections: int, who: str
) -> None:
    """Put fitted heads in force for the vectors of a space, in the place of those before;
    whoever judges next uses them."""
    in_turn("triage")
    before = m.TriageModel.objects.filter(space=space).first()
    row, _ = m.TriageModel.objects.update_or_create(
        space=space,
        defaults={
            "data": data,
            "score": score,
            "exemplars": exemplars,
            "corrections": corrections,
            "made_at": now(),
        },
    )
    was = f"{before.score:.3f}" if before else ""
    note = f"{exemplars} exemplars, {corrections} corrections"
    audit([line(row, "activated", was, f"{score:.3f}", who=who, note=note)])


def _message(key: int) -> m.Message:
    row = m.Message.objects.select_for_update().filter(pk=key).first()
    if row is None:
        raise ConfigError(f"message {key}: no such message")
    if row.direction != Direction.IN:
        raise ConfigError(f"message {key}: is our own; only a customer's is judged")
    return row


def _known(what: int | Asked) -> m.Correction | None:
    if isinstance(what, int):
        return m.Correction.objects.filter(message=what).first()
    subject, text = clean(what.subject), clean(what.text)
    return m.Correction.objects.filter(message=None, subject=subject, text=text).first()


def _fresh(what: int | Asked, message: m.Message | None) -> m.Correction:
    asked = reading.asked(message) if message else what
    assert isinstance(asked, Asked)
    return m.Correction(
        message=message,
        subject=clean(asked.subject),
        text=clean(asked.text),
        language=asked.language,
        channel=asked.channel,
    )


def _checked(expect: Mapping[str, object]) -> dict[str, Any]:
    policy = load_policy(settings().policy)
    crises = {*policy.words.crisis, *policy.specialists} - {OTHER, THREAT}
    return checked(expect, causes=policy.causes, crises=crises)


def _judge_again(message: m.Message, expect: Mapping[str, Any], who: str) -> list[m.AuditLine]:
    """Change a message's triage, what its case is called by, and the drafts that rest on it. A
    message that was not judged yet has none: it will be judged by its correction."""
    case = case_locked(pk=message.case_id) if message.case_id is not None else None
    held = m.Triage.objects.select_for_update().filter(message=message).first()
    if held is None:
        return []
    before = triage_value(held)
    after = corrected(before, expect)
    row = triage_row(message.pk, after)
    row.pk, row.gravest = held.pk, max(held.gravest, held.severity)
    row.save(force_update=True)
    note = _told(_labels(before), _labels(after))
    if note and case is not None:
        _name_again(case, before, after)
        _mark(case, _graver(after, before), note)
    judged_again(message, after, who)
    return [line(row, "corrected", "", "", who=who, note=note)]


def _name_again(case: m.Case, before: Triage, after: Triage) -> None:
    """Give a case the cause and the product of its corrected message, unless another gave them."""
    cause = after.cause if case.cause in ("", before.cause) else case.cause
    product = next(iter(after.products), "")
    if case.product not in ("", *before.products):
        product = case.product
    product = clean(product, 255)
    if (cause, product) != (case.cause, case.product):
        case.cause, case.product = cause, product
        case.save(update_fields=["cause", "product"])
        tell_again(cases=[case.pk])


def _mark(case: m.Case, graver: bool, note: str) -> None:
    """Tell whoever reads a draft that has not left; one that was written for less must be
    rewritten, and does not leave as it was approved. Whoever approved it first, approved it for
    what it was taken for."""
    gravest = reading.standing([case])[case.pk].gravest
    finding = Finding(CORRECTED, 0, 0, note, graver)
    for draft in m.Draft.objects.select_for_update().filter(case=case, state__in=_UNSENT):
        others = [found for found in draft.findings if found["code"] != CORRECTED]
        blocked = any(found["blocking"] for found in draft.findings if found not in others)
        draft.findings = [*others, asdict(replace(finding, blocking=graver or blocked))]
        draft.severity = gravest.severity if gravest else draft.severity
        draft.first_approver = ""
        draft.save(update_fields=["findings", "severity", "first_approver"])
        if draft.state == DraftState.APPROVED:
            back_to_queue(draft.pk)


def _graver(after: Triage, before: Triage) -> bool:
    order = list(Conduct).index
    return after.severity > before.severity or order(after.conduct) > order(before.conduct)


def _labels(triage: Triage) -> dict[str, object]:
    return {name: getattr(triage, name) for name in _LABELS}


def _told(before: Mapping[str, object], after: Mapping[str, object]) -> str:
    """The labels that differ, with their values before and after."""
    return "; ".join(
        f"{name}: {_value(before.get(name))} → {_value(value)}"
        for name, value in after.items()
        if _value(before.get(name)) != _value(value)
    )


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value) or "–"
    return "–" if value in (None, "") else str(value)
