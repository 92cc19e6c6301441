"""Questions about what is to leave. Nothing here changes it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, Exists, F, Min, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Least

from casebook import models as m
from casebook.clock import now
from casebook.findings import CORRECTED, MOVED_ON, TIME_PASSED
from casebook.outbound import Outbound, Pace, Quoted
from casebook.states import CaseState, DraftState, MessageState, PromiseState
from casebook.timing import Purpose
from casebook.types import MACHINE, Channel, Direction, Flags, RelationKind, Visibility

_OWED = (Purpose.DELAY, Purpose.PROGRESS, Purpose.FOLLOW_UP)
"""Drafts that are owed, whatever the customer adds meanwhile."""


_LOST = (DraftState.FAILED, DraftState.RETURNED)
"""States of a reply that the customer certainly does not have."""

_ANSWERS = (Purpose.FIRST_REPLY, Purpose.REPLY, Purpose.PROGRESS)
"""Drafts that say something of the matter itself."""


@dataclass(frozen=True, slots=True)
class Way:
    """Through which account a draft is to leave, and at which paces."""

    sender: str
    paces: tuple[Pace, ...] = ()


def ready(sources: Collection[str], limit: int) -> list[m.Draft]:
    """Approved drafts that answer messages of these sources (names), at most `limit`: what must
    still wait for its next try last; before it a crisis first, then what is due first, then the
    oldest."""
    waits = Case(When(not_before__gt=now(), then=Value(1)), default=Value(0))
    first = Case(When(severity__gte=3, then=Value(0)), default=Value(1))
    known = _approved(sources).annotate(waits=waits, crisis_first=first, presses=presses())
    order = ("waits", "crisis_first", F("presses").asc(nulls_last=True), "decided_at", "pk")
    return list(known.select_related("case", "answers__source").order_by(*order)[:limit])


def presses() -> Least:
    """For drafts: the moment until which one should be out, of the time that it names and what is
    promised to its customer already the earlier; null where there is neither."""
    open_now = m.Promise.objects.filter(case=OuterRef("case"), state=PromiseState.OPEN)
    promised = Subquery(open_now.order_by("due").values("due")[:1])
    # The least of a time and nothing is nothing in SQLite.
    return Least(Coalesce("due", promised), Coalesce(promised, "due"))


def any_ready(sources: Collection[str]) -> bool:
    """Whether there is an approved draft that answers a message of these sources (names)."""
    return _approved(sources).exists()


def _approved(sources: Collection[str]) -> QuerySet[m.Draft]:
    # As `answered_by` has it.
    before = m.Message.objects.filter(
        case=OuterRef("case"),
        direction=Direction.IN,
        source__isnull=False,
        pk__lte=OuterRef("answers"),
    )
    through = Coalesce(
        "answers__source__name", Subquery(before.order_by("-pk").values("source__name")[:1])
    )
    rows = m.Draft.objects.filter(state=DraftState.APPROVED).annotate(through=through)
    return rows.filter(through__in=list(sources))


def in_doubt(sender: str) -> list[m.Draft]:
    """The drafts of an account of which nobody knows whether they arrived, and that may be looked
    up now."""
    rows = m.Draft.objects.filter(state=DraftState.NEEDS_CHECK, sender=sender)
    asked = rows.filter(Q(not_before=None) | Q(not_before__lte=now()))
    return list(asked.select_related("case", "answers__source").order_by("pk"))


def answered_by(draft: m.Draft) -> m.Message:
    """The message that a draft answers on its way out."""
    return reached_by(draft.answers, draft.case_id)


def reached_by(message: m.Message, case: int) -> m.Message:
    """The message whose way an answer to `message` takes: what came from a page of ours, or from no
    source, is answered where the customer of this `case` (its key) wrote before."""
    if message.source_id is not None:
        return message
    rows = m.Message.objects.filter(
        case=case, direction=Direction.IN, source__isnull=False, pk__lte=message.pk
    )
    return rows.select_related("source").order_by("pk").last() or message


def outbound(draft: m.Draft, quoted: m.Message) -> Outbound:
    """A claimed draft as its connector is handed it."""
    version = draft.versions.get(number=draft.version)
    return Outbound(
        identity=draft.identity,
        receipt=draft.case.receipt,
        channel=Channel(draft.channel),
        visibility=Visibility(draft.visibility),
        language=draft.language,
        subject=version.subject,
        body=version.body,
        answers=Quoted(
            external_id=quoted.external_id,
            author=quoted.author,
            display_name=quoted.display_name,
            sent_at=quoted.sent_at,
            subject=quoted.subject,
            text=quoted.text,
            message_id=quoted.message_id,
            references=tuple(quoted.references),
            permalink=quoted.permalink,
            flags=_flags(quoted.flags),
        ),
        begun_at=_first_try(draft),
        claimed_at=draft.claimed_at,
        automatic=not by_a_person(draft),
    )


def _first_try(draft: m.Draft) -> datetime:
    """Also where a person has it sent again, and its time begins anew: what is there may be of the
    first try."""
    first: datetime | None = draft.tries.aggregate(at=Min("at"))["at"]
    return first or draft.begun_at or now()


def _flags(names: Iterable[str]) -> Flags:
    return Flags(**dict.fromkeys(names, True))


def opted_out(message: m.Message) -> datetime | None:
    """When a message's author said last that he wants no more private messages by the way that it
    came; None where he never did."""
    rows = m.Message.objects.filter(source=message.source_id, author=message.author)
    said = rows.values_list("received_at", "flags")
    return max((at for at, flags in said if "opt_out" in flags), default=None)


def wrote_privately(message: m.Message) -> bool:
    """Whether a message's author has written privately by the way that it came."""
    rows = m.Message.objects.filter(source=message.source_id, author=message.author)
    return rows.filter(direction=Direction.IN, visibility=Visibility.PRIVATE).exists()


def try_until(draft: m.Draft, hours: int) -> datetime:
    """Until when a draft is tried: until what is promised to its customer first and still to come,
    at most `hours` from its first try on."""
    begun = draft.begun_at or now()
    rows = m.Promise.objects.filter(case=draft.case_id, state=PromiseState.OPEN, due__gt=begun)
    dues = rows.values_list("due", flat=True)
    return min([begun + timedelta(hours=hours), *dues])


def waiting(states: Iterable[DraftState]) -> list[m.Draft]:
    """The drafts in these states, what waits longest first; of those that failed or came back none
    whose case was answered another way since, or came to its end."""
    rows = m.Draft.objects.filter(state__in=[*states]).select_related("case", "answers__source")
    return list(rows.exclude(_answered_since()).order_by("decided_at", "pk"))


def _answered_since() -> Q:
    lines = m.AuditLine.objects.order_by("-pk")
    own = lines.filter(thing="draft", thing_id=OuterRef(OuterRef("pk")), after__in=_LOST)
    replies = m.Draft.objects.filter(case=OuterRef("case_id"), purpose__in=_ANSWERS)
    answered = Q(thing="draft", after=DraftState.SENT, thing_id__in=replies.values("pk"))
    ended = Q(thing="case", after__in=[CaseState.RESOLVED, CaseState.CLOSED])
    # What was resolved before waits for its reply nevertheless: nobody knew that it would fail.
    later = m.AuditLine.objects.filter(
        answered | ended, case=OuterRef("case"), pk__gt=Subquery(own.values("pk")[:1])
    )
    return Q(Exists(later), state__in=_LOST)


def pause() -> m.OutgoingPause | None:
    """The kill switch, where it is on."""
    return m.OutgoingPause.objects.first()


def moved_on(draft: m.Draft) -> bool:
    """Whether the customer has written something new that the approver of a draft did not see.

    A repetition of the same words, and what needs no answer, is nothing new.
    """
    if draft.purpose in _OWED:
        return False
    unseen = Q(received_at__gt=draft.decided_at) | Q(state=MessageState.RELATED)
    later = m.Message.objects.filter(
        unseen, case=draft.case_id, direction=Direction.IN, pk__gt=draft.answers_id
    )
    return (
        later.exclude(state=MessageState.IGNORED)
        .exclude(relation__kind=RelationKind.DUPLICATE)
        .exists()
    )


def corrected(draft: m.Draft) -> bool:
    """Whether people have said since a draft was approved that it answers something graver than it
    was written for."""
    graver = any(one["code"] == CORRECTED and one["blocking"] for one in draft.findings)
    since = m.Correction.objects.filter(message__case=draft.case_id, at__gt=draft.decided_at)
    return graver and since.exists()


def overtaken(draft: m.Draft) -> str:
    """Why an approved draft must go back to the queue (`findings.MOVED_ON`, `TIME_PASSED`,
    `CORRECTED`); empty where it may leave."""
    if draft.due is not None and draft.due <= now():
        return TIME_PASSED
    if moved_on(draft):
        return MOVED_ON
    return CORRECTED if corrected(draft) else ""


def paused(sender: str) -> bool:
    """Whether nothing may leave through an account: the kill switch, or its own pause."""
    own = m.Sender.objects.filter(name=sender, paused=True)
    return m.OutgoingPause.objects.exists() or own.exists()


def pace_until(way: Way, visibility: str) -> datetime | None:
    """When the paces of an account allow the next try; None: now."""
    until: list[datetime] = []
    for pace in way.paces:
        since = now() - timedelta(seconds=pace.seconds)
        tries = m.SendTry.objects.filter(
            sender=way.sender, visibility=visibility, at__gt=since
        ).order_by("-at")
        last = list(tries.values_list("at", flat=True)[pace.count - 1 : pace.count])
        until += [found + timedelta(seconds=pace.seconds) for found in last]
    return max(until, default=None)


def by_a_person(draft: m.Draft) -> bool:
    """Whether a person approved a draft."""
    approvals = m.AuditLine.objects.filter(
        thing="draft", thing_id=draft.pk, after=DraftState.APPROVED
    )
    return approvals.exclude(who=MACHINE).exists()
