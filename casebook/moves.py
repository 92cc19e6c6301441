"""The only place where a state changes. Every move is legal, atomic, and leaves an audit line.

Each function opens its own transaction and locks what it moves; a row that another run has moved
meanwhile is left alone, so a step that was killed or ran twice does no harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Model

from casebook import models as m
from casebook.clock import now
from casebook.errors import IllegalMove
from casebook.receipt import new_receipt
from casebook.rows import (
    attachment_rows,
    clean,
    message_row,
    past_case_row,
    past_reply_row,
    triage_row,
)
from casebook.states import CaseState, DraftState, MessageState, PromiseState, may_follow
from casebook.types import (
    Estimate,
    Finding,
    Inbound,
    PastCase,
    Relation,
    RelationKind,
    Reply,
    SimilarCase,
    Triage,
)

MACHINE = "intake"
"""Who is written into the audit for what no person did."""

_STATES = {
    m.Message: MessageState,
    m.Case: CaseState,
    m.Draft: DraftState,
    m.Promise: PromiseState,
}


@dataclass(frozen=True, slots=True)
class Vector:
    """A text's vector: `data` holds `dimensions` float16 values, little-endian."""

    model: str
    dimensions: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Related:
    """What the relate step found of one message (primary key `message`)."""

    message: int
    relation: Relation
    language: str
    vector: Vector


@dataclass(frozen=True, slots=True)
class Answered:
    """What the answer step made for one case: `messages` maps primary keys to their triage.

    `reply` is None where the case needs no new draft (a duplicate of what is answered already).
    """

    case: int
    messages: Mapping[int, Triage]
    similar: Sequence[SimilarCase] = ()
    estimate: Estimate | None = None
    reply: Reply | None = None
    findings: Sequence[Finding] = ()


def insert_messages(source: m.Source | None, inbounds: Iterable[Inbound]) -> list[m.Message]:
    """Insert what is not known yet, with raw bytes and attachments; return only the new rows.

    Must run inside a transaction. Identities decide, so a copy found elsewhere is left out.
    """
    unique = {inbound.identity: inbound for inbound in inbounds}
    known = set(m.Message.objects.filter(identity__in=unique).values_list("identity", flat=True))
    fresh = [inbound for identity, inbound in unique.items() if identity not in known]
    rows = m.Message.objects.bulk_create([message_row(source, inbound) for inbound in fresh])
    m.Raw.objects.bulk_create(
        [m.Raw(message=row, data=inbound.raw) for row, inbound in zip(rows, fresh, strict=True)],
        batch_size=100,
    )
    m.Attachment.objects.bulk_create(
        attachment
        for row, inbound in zip(rows, fresh, strict=True)
        for attachment in attachment_rows(row, inbound.attachments)
    )
    return rows


def record(source: str, inbounds: Sequence[Inbound], cursor: Mapping[str, object]) -> list[int]:
    """Commit messages and the cursor behind them together; return the new messages' keys.

    `source` is the name of a registered source. Two sources that find the same message at the same
    moment do not fail: the later one takes it as known.
    """
    for attempt in range(3):
        try:
            with transaction.atomic():
                row = m.Source.objects.select_for_update().get(name=source)
                new = insert_messages(row, inbounds)
                row.cursor = dict(cursor)
                row.save(update_fields=["cursor"])
                _audit(_line(message, "received", "", message.state) for message in new)
            return [message.pk for message in new]
        except IntegrityError:
            if attempt == 2:
                raise
    return []


def poll_succeeded(source: str) -> str:
    """Note a good poll on the source's health. Returns the code of the trouble that it ended, or
    an empty text."""
    with transaction.atomic():
        row = m.Source.objects.select_for_update().get(name=source)
        ended = row.error_code
        row.polled_at = row.succeeded_at = now()
        row.error_code = row.error = ""
        row.error_since = row.not_before = None
        row.failures = 0
        row.save()
        if ended:
            _audit([_line(row, "recovered", "failing", "healthy", note=ended)])
    return ended


def poll_failed(source: str, code: str, text: str, retry_at: datetime | None = None) -> bool:
    """Note a failed poll with time and reason. True when this reason is new and is to be told."""
    with transaction.atomic():
        row = m.Source.objects.select_for_update().get(name=source)
        fresh = row.error_code != code
        row.polled_at = now()
        row.not_before = retry_at
        if not row.error_code:
            row.error_since = row.polled_at
        row.error_code, row.error = code, clean(text)
        row.failures += 1
        row.save()
        if fresh:
            _audit([_line(row, "failing", "", "failing", note=f"{code}: {text}")])
    return fresh


@transaction.atomic
def record_past(cases: Sequence[PastCase]) -> int:
    """Record cases that were settled before Madoguchi came, with their reply and resolution.

    A case whose origin or whose message is known already is left out. Returns how many are new.
    """
    known = set(
        m.Case.objects.filter(origin__in=[past.origin for past in cases]).values_list(
            "origin", flat=True
        )
    )
    taken: set[str] = set()
    count = 0
    for past in cases:
        if past.origin in known:
            continue
        rows = insert_messages(None, [past.inbound])
        if not rows:
            continue
        known.add(past.origin)
        case = past_case_row(past, _free_receipt(taken))
        case.save()
        rows[0].case, rows[0].state, rows[0].language = case, MessageState.ANSWERED, past.language
        rows[0].save(update_fields=["case", "state", "language"])
        if past.reply:
            past_reply_row(case, past).save()
        _audit([_line(case, "imported", "", case.state, case=case)])
        count += 1
    return count


@transaction.atomic
def ignore(reasons: Mapping[int, str]) -> None:
    """Move messages (key → reason) to IGNORED: they get no case and no answer."""
    rows = _locked(reasons, MessageState.RECEIVED)
    _audit([_moved(row, MessageState.IGNORED, note=reasons[row.pk]) for row in rows.values()])
    _save(rows.values())


@transaction.atomic
def relate(found: Sequence[Related]) -> None:
    """RECEIVED → RELATED: join each message to its case or open one, and keep its vector.

    `found` is in the order of arrival: a message may belong to one earlier in the same list.
    """
    rows = _locked((item.message for item in found), MessageState.RECEIVED)
    found = [item for item in found if item.message in rows]
    audit: list[m.AuditLine] = []
    for item, case in _cases_for(found, rows):
        row = rows[item.message]
        row.case, row.language = case, item.language
        audit.append(_moved(row, MessageState.RELATED, note=item.relation.kind))
        again = {CaseState.WAITING: CaseState.OPEN}.get(CaseState(case.state), CaseState.REOPENED)
        if item.relation.kind is not RelationKind.DUPLICATE and case.state not in ("open", again):
            audit.append(_moved(case, again, note="the customer wrote again"))
            case.save(update_fields=["state"])
    _save(rows.values(), "state", "case", "language", "attempts", "error")
    m.Relation.objects.bulk_create(
        m.Relation(
            message_id=item.message,
            kind=item.relation.kind,
            of_message_id=item.relation.of_message,
            evidence=list(item.relation.evidence),
            score=item.relation.score,
        )
        for item in found
    )
    keep_vectors([(item.message, item.vector) for item in found])
    _audit(audit)


def keep_vectors(vectors: Sequence[tuple[int, Vector]]) -> None:
    """Store vectors (message key, vector), replacing those of the same model.

    Must run inside a transaction: the revisions are in the order of the commits.
    """
    m.Embedding.objects.bulk_create(
        [
            m.Embedding(
                message_id=key,
                model=vector.model,
                dimensions=vector.dimensions,
                vector=vector.data,
                revision=revision,
            )
            for (key, vector), revision in zip(vectors, _revisions(len(vectors)), strict=True)
        ],
        update_conflicts=True,
        unique_fields=["message", "model"],
        update_fields=["dimensions", "vector", "revision"],
    )


@transaction.atomic
def answer(found: Sequence[Answered]) -> list[int]:
    """RELATED → ANSWERED: keep triage, similar cases and estimate, and queue one draft a case.

    A pending or approved draft of the case is superseded by the new one. Returns the new drafts'
    keys. A case none of whose messages is RELATED any more is left alone.
    """
    rows = _locked((key for item in found for key in item.messages), MessageState.RELATED)
    found = [item for item in found if any(key in rows for key in item.messages)]
    cases = m.Case.objects.in_bulk([item.case for item in found])
    audit = [_moved(row, MessageState.ANSWERED) for row in rows.values()]
    _save(rows.values(), "state", "attempts", "error")
    m.Triage.objects.bulk_create(
        triage_row(key, triage)
        for item in found
        for key, triage in item.messages.items()
        if key in rows
    )
    replied = [item for item in found if item.reply is not None]
    m.SimilarLink.objects.filter(case__in=[item.case for item in replied]).delete()
    m.SimilarLink.objects.bulk_create(
        m.SimilarLink(case_id=item.case, similar_id=link.case, rank=rank, score=link.score)
        for item in replied
        for rank, link in enumerate(item.similar, start=1)
    )
    audit += _supersede([item.case for item in replied])
    drafts = _queue(replied, cases)
    audit += [_line(draft, "drafted", "", draft.state, case=draft.case) for draft in drafts]
    _audit(audit)
    return [draft.pk for draft in drafts]


@transaction.atomic
def discard(cases: Mapping[int, tuple[int, Triage]], reason: str) -> None:
    """A message that triage found to be no matter of ours (case → message and triage): the message
    is IGNORED, and its case is CLOSED where it holds nothing else."""
    rows = _locked((key for key, _ in cases.values()), MessageState.RELATED)
    audit: list[m.AuditLine] = []
    for case_key, (key, triage) in cases.items():
        if key not in rows:
            continue
        triage_row(key, triage).save()
        audit.append(_moved(rows[key], MessageState.IGNORED, note=reason))
        case = m.Case.objects.select_for_update().get(pk=case_key)
        if case.messages.count() == 1 and case.state == CaseState.OPEN:
            audit.append(_moved(case, CaseState.CLOSED, note=reason))
            case.resolution = reason
            case.save(update_fields=["state", "resolution"])
    _save(rows.values())
    _audit(audit)


@transaction.atomic
def step_failed(keys: Iterable[int], step: str, error: str, attempts: int) -> list[int]:
    """Count a failed try of `step`; the `attempts`-th puts the message into quarantine, where a
    person sees it with its error. Returns the keys that were quarantined."""
    rows = m.Message.objects.select_for_update().filter(
        pk__in=list(keys), state__in=[MessageState.RECEIVED, MessageState.RELATED]
    )
    audit: list[m.AuditLine] = []
    quarantined: list[int] = []
    for row in rows:
        row.attempts += 1
        row.error = clean(f"{step}: {error}", 2000)
        if row.attempts >= attempts:
            audit.append(_moved(row, MessageState.QUARANTINED, note=row.error))
            quarantined.append(row.pk)
        row.save(update_fields=["state", "attempts", "error"])
    _audit(audit)
    return quarantined


@transaction.atomic
def approve(draft: int, who: str) -> m.Draft:
    """PENDING → APPROVED by `who`; the time that the draft names becomes a promise.

    Raises IllegalMove where the draft is not pending or a blocking finding stands against it.
    """
    row = m.Draft.objects.select_for_update().get(pk=draft)
    blocking = [finding["code"] for finding in row.findings if finding["blocking"]]
    if blocking:
        raise IllegalMove(f"draft {draft} has blocking findings: {', '.join(blocking)}")
    _decide(row, DraftState.APPROVED, who)
    if row.due is not None:
        promise = m.Promise.objects.create(case=row.case, draft=row, due=row.due)
        _audit([_line(promise, "promised", "", promise.state, who=who, case=row.case)])
    return row


@transaction.atomic
def reject(draft: int, who: str, reason: str) -> m.Draft:
    """PENDING → REJECTED by `who`, with the reason. Raises IllegalMove where it is not pending."""
    row = m.Draft.objects.select_for_update().get(pk=draft)
    _decide(row, DraftState.REJECTED, who, reason)
    return row


@transaction.atomic
def edit(draft: int, who: str, body: str, findings: Sequence[Finding]) -> m.Draft:
    """Add a version to a pending draft, with what the guard says of it."""
    row = m.Draft.objects.select_for_update().get(pk=draft)
    if row.state != DraftState.PENDING:
        raise IllegalMove(f"draft {draft} is {row.state}: only a pending draft can be edited")
    last = row.versions.get(number=row.version)
    row.version += 1
    row.findings = [asdict(finding) for finding in findings]
    row.save(update_fields=["version", "findings"])
    row.versions.create(number=row.version, subject=last.subject, body=clean(body), author=who)
    _audit([_line(row, "edited", row.state, row.state, who=who, case=row.case)])
    return row


def _decide(row: m.Draft, after: DraftState, who: str, note: str = "") -> None:
    line = _moved(row, after, who=who, note=note)
    row.decided_at = now()
    row.save(update_fields=["state", "decided_at"])
    _audit([line])


def _cases_for(
    found: Sequence[Related], rows: Mapping[int, m.Message]
) -> list[tuple[Related, m.Case]]:
    """Pair each message with its case, opening the new ones; one that belongs to an earlier message
    takes that message's case."""
    taken: set[str] = set()
    fresh: dict[int, m.Case] = {}
    for item in found:
        if item.relation.of_message is None and item.relation.of_case is None:
            fresh[item.message] = _new_case(rows[item.message], item.language, taken)
    m.Case.objects.bulk_create(fresh.values())
    _audit(_line(case, "opened", "", case.state, case=case) for case in fresh.values())
    older = {item.relation.of_message for item in found if item.relation.of_message}
    case_of = dict(
        m.Message.objects.filter(pk__in=older, case__isnull=False).values_list("pk", "case_id")
    )
    named = {item.relation.of_case for item in found if item.relation.of_case}
    cases = m.Case.objects.select_for_update().in_bulk({*case_of.values(), *named})
    known = fresh | {message: cases[case] for message, case in case_of.items()}
    for item in found:
        relation = item.relation
        if item.message not in known:
            case = cases.get(relation.of_case or 0) or known.get(relation.of_message or 0)
            if case is None:
                raise IllegalMove(f"message {item.message} belongs to one that has no case")
            known[item.message] = case
    return [(item, known[item.message]) for item in found]


def _new_case(message: m.Message, language: str, taken: set[str]) -> m.Case:
    return m.Case(
        receipt=_free_receipt(taken),
        channel=message.channel,
        author=message.author,
        display_name=message.display_name,
        language=language,
        subject=message.subject,
    )


def _free_receipt(taken: set[str]) -> str:
    receipt = new_receipt()
    while receipt in taken or m.Case.objects.filter(receipt=receipt).exists():
        receipt = new_receipt()
    taken.add(receipt)
    return receipt


def _supersede(cases: Sequence[int]) -> list[m.AuditLine]:
    rows = m.Draft.objects.select_for_update().filter(
        case__in=cases, state__in=[DraftState.PENDING, DraftState.APPROVED]
    )
    note = "the conversation has moved on"
    audit = [_moved(row, DraftState.SUPERSEDED, note=note) for row in rows]
    m.Draft.objects.filter(pk__in=[row.pk for row in rows]).update(state=DraftState.SUPERSEDED)
    promises = m.Promise.objects.select_for_update().filter(draft__in=rows, state=PromiseState.OPEN)
    for promise in promises:
        audit.append(_moved(promise, PromiseState.RENEWED, note=note))
        promise.save(update_fields=["state"])
    return audit


def _queue(replied: Sequence[Answered], cases: Mapping[int, m.Case]) -> list[m.Draft]:
    drafts: list[m.Draft] = []
    versions: list[m.DraftVersion] = []
    estimates: list[m.Estimate] = []
    for item in replied:
        reply, estimate = item.reply, item.estimate
        assert reply is not None
        draft = m.Draft(
            case=cases[item.case],
            answers_id=max(item.messages),
            channel=reply.channel,
            visibility=reply.visibility,
            language=reply.language,
            due=reply.due,
            findings=[asdict(finding) for finding in item.findings],
        )
        drafts.append(draft)
        versions.append(
            m.DraftVersion(
                draft=draft, number=1, subject=reply.subject, body=reply.body, author=MACHINE
            )
        )
        if estimate is not None:
            estimates.append(m.Estimate(draft=draft, **asdict(estimate)))
    m.Draft.objects.bulk_create(drafts)
    m.DraftVersion.objects.bulk_create(versions)
    m.Estimate.objects.bulk_create(estimates)
    return drafts


def _locked(keys: Iterable[int], state: MessageState) -> dict[int, m.Message]:
    rows = m.Message.objects.select_for_update().filter(pk__in=list(keys), state=state)
    return {row.pk: row for row in rows.defer("text", "new_text")}


def _save(rows: Iterable[m.Message], *fields: str) -> None:
    m.Message.objects.bulk_update(list(rows), fields or ("state",), batch_size=200)


def _moved(
    thing: m.Message | m.Case | m.Draft | m.Promise,
    after: str,
    *,
    who: str = MACHINE,
    note: str = "",
) -> m.AuditLine:
    """Set the state, checked, and return its audit line; the caller saves both."""
    before = _STATES[type(thing)](thing.state)
    state = _STATES[type(thing)](after)
    if not may_follow(before, state):
        raise IllegalMove(f"{thing._meta.model_name} {thing.pk}: {before} may not become {state}")
    thing.state = state.value
    case = thing if isinstance(thing, m.Case) else thing.case
    return _line(thing, "moved", before, state, who=who, note=note, case=case)


def _line(
    thing: Model,
    what: str,
    before: str,
    after: str,
    *,
    who: str = MACHINE,
    note: str = "",
    case: m.Case | None = None,
) -> m.AuditLine:
    name = thing._meta.model_name or ""
    return m.AuditLine(
        who=who, what=f"{name}.{what}", thing=name, thing_id=thing.pk,
        before=before, after=after, note=clean(note), case=case,
    )  # fmt: skip


def _audit(lines: Iterable[m.AuditLine]) -> None:
    m.AuditLine.objects.bulk_create(lines)


def _revisions(count: int) -> range:
    sequence, _ = m.Sequence.objects.select_for_update().get_or_create(name="embedding")
    first = sequence.value + 1
    sequence.value += count
    sequence.save(update_fields=["value"])
    return range(first, first + count)
