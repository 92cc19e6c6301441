"""A case as its page shows it, in few questions to the record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Left

from casebook import models as m
from casebook.states import CaseState, DraftState, PromiseState
from casebook.types import Direction, Evidence, RelationKind, Sign
from desk.evidence import told
from desk.marking import LONGEST, Shown, abuse, shown, visible
from desk.masking import quoting, seen, solved

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    class _Ends(TypedDict):
        first: int | None
        last: int | None

    Ended = WithAnnotations[m.Case, _Ends]

PAGE = 50
"""Messages, notes and lines of the audit that are shown at a time."""

_FEW = 5
_EXCERPT, _READ = 200, 1_000
"""Characters of a message that may name its case, and those that are read for what is hidden there:
what a cut halves is not found."""
_WAITING = (
    DraftState.PENDING, DraftState.APPROVED, DraftState.SENDING, DraftState.FAILED,
    DraftState.NEEDS_CHECK,
)  # fmt: skip
_HEAVY = (
    "references", "recipients", "defects", "relation__of_message__text",
    "relation__of_message__new_text", "relation__of_message__references",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Joined:
    """Why a message stands in this case: the kind of its relation, its evidence in words, and the
    receipt number of the other case where it is of an incident."""

    kind: str
    evidence: tuple[str, ...]
    receipt: str


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the conversation as it is shown."""

    message: m.Message
    shown: Shown
    ours: bool
    joined: Joined | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A reply that is on its way, with its wording in force."""

    row: m.Draft
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Alike:
    """A message elsewhere that looks like the same matter: for a person to decide on."""

    message: int
    of_message: int
    case: m.Case
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """A case that was shown beside this one: what it was called, and how it was solved."""

    case: m.Case
    title: str
    solution: str


def cases() -> QuerySet[Ended]:
    """Cases with the key of their first message (`first`) and of our last reply (`last`)."""
    of_case = m.Message.objects.filter(case=OuterRef("pk"))
    first = of_case.filter(direction=Direction.IN).order_by("received_at", "pk").values("pk")
    last = of_case.filter(direction=Direction.OUT).order_by("-received_at", "-pk").values("pk")
    return m.Case.objects.annotate(first=Subquery(first[:1]), last=Subquery(last[:1]))


def said(case: m.Case, page: int, *, unmask: bool) -> tuple[list[Said], bool]:
    """The messages of a page (1: the newest) in the order of time, and whether there are earlier
    ones. Of long texts the beginning."""
    skipped = PAGE * (page - 1)
    rows = (
        case.messages.select_related("triage", "relation__of_message__case")
        .prefetch_related("attachments")
        .defer("text", "new_text", *_HEAVY)
        .annotate(begun=Left("new_text", LONGEST + 1), whole=Left("text", LONGEST + 1))
        .order_by("-received_at", "-pk")[skipped : skipped + PAGE + 1]
    )
    found = list(rows)
    for row in found:
        row.new_text, row.text = row.begun, row.whole
    known = abuse(found)
    texts = [
        Said(row, shown(row, known, unmask=unmask), row.direction == Direction.OUT, joined(row))
        for row in reversed(found[:PAGE])
    ]
    return texts, len(found) > PAGE


def joined(row: m.Message) -> Joined | None:
    """Why a message stands in its case; None where it opened it."""
    relation = getattr(row, "relation", None)
    if relation is None or relation.kind == RelationKind.NEW:
        return None
    other = relation.of_message.case if relation.of_message else None
    receipt = other.receipt if other and other.pk != row.case_id else ""
    return Joined(relation.kind, _phrases(relation.evidence), receipt)


def _phrases(evidence: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(told(Evidence(Sign(sign), value) for sign, value in evidence))


def waiting(case: m.Case, *, unmask: bool) -> list[Waiting]:
    """The replies that wait for a decision or are on their way, and, while the case goes on, those
    that came back and that no other has been sent after."""
    after = case.drafts.filter(state=DraftState.SENT, pk__gt=OuterRef("pk"))
    stands = Q(state__in=_WAITING)
    if case.state not in (CaseState.RESOLVED, CaseState.CLOSED):
        stands |= Q(~Exists(after), state=DraftState.RETURNED)
    version = m.DraftVersion.objects.filter(draft=OuterRef("pk"), number=OuterRef("version"))
    rows = (
        case.drafts.filter(stands)
        .select_related("answers__triage")
        .defer("answers__text", "answers__references")
        .annotate(
            says=Subquery(version.values("body")[:1]), about=Subquery(version.values("subject")[:1])
        )
        .order_by("pk")
    )
    return [
        Waiting(
            row,
            quoting(row.about or "", row.answers, unmask=unmask),
            quoting(row.says or "", row.answers, unmask=unmask),
        )
        for row in rows
    ]


def alike(case: m.Case) -> list[Alike]:
    """Messages of other cases that look like one of this one's."""
    own = case.messages.values("pk")
    rows = (
        m.Suggestion.objects.filter(Q(message__in=own) | Q(of_message__in=own))
        .exclude(message__case=F("of_message__case"))
        .exclude(Q(message__case=None) | Q(of_message__case=None))
        .select_related("message__case", "of_message__case")
        .defer("message__text", "message__new_text", "of_message__text", "of_message__new_text")
        .order_by("-score", "pk")[:_FEW]
    )
    found: list[Alike] = []
    for row in rows:
        sides = (row.message.case, row.of_message.case)
        other = next(one for one in sides if one is not None and one.pk != case.pk)
        found.append(Alike(row.message_id, row.of_message_id, other, _phrases(row.evidence)))
    return found


def others(case: m.Case) -> tuple[list[m.Case], list[m.Case]]:
    """The same account's other cases, newest first, at most PAGE; and those that are part of
    this one."""
    same = Q(pk__in=()) if not case.author else Q(author=case.author, channel=case.channel)
    rows = m.Case.objects.filter((same & Q(merged_into=None)) | Q(merged_into=case))
    found = list(rows.exclude(pk=case.pk).order_by("-opened_at", "-pk")[:PAGE])
    return (
        [one for one in found if one.merged_into_id is None],
        [one for one in found if one.merged_into_id is not None],
    )


def past(case: Ended, *, unmask: bool) -> tuple[str, list[Past]]:
    """What the case is called, and the past cases that were shown beside it, best first; masked."""
    links = case.similar_links.order_by("rank")
    rank = Subquery(links.filter(similar=OuterRef("pk")).values("rank")[:1])
    best = links.filter(rank__lte=_FEW).values("similar")
    alike = list(cases().filter(pk__in=best).order_by(rank))
    named = [case.first, *(key for one in alike for key in (one.first, one.last))]
    keys = [key for key in named if key is not None]
    rows = (
        m.Message.objects.filter(pk__in=keys)
        .select_related("triage")
        .defer("text", "new_text", "references", "recipients", "defects")
        .annotate(begun=Left("new_text", _READ))
    )
    messages: dict[int | None, m.Message] = {}
    for row in rows:
        row.new_text = row.begun
        messages[row.pk] = row
    return title(case, messages.get(case.first), unmask=unmask), [
        Past(
            one,
            title(one, messages.get(one.first)),
            _solution(one, messages.get(one.first), messages.get(one.last)),
        )
        for one in alike
    ]


def title(case: m.Case, first: m.Message | None, *, unmask: bool = False) -> str:
    """What a case is called: the subject of its first message, else how that begins; masked. Empty
    where there is nothing to see."""
    if first is None:
        return case.subject if visible(case.subject) else ""
    subject, text = seen(first, unmask=unmask)
    return next((one.strip() for one in (subject, text[:_EXCERPT]) if visible(one)), "")


def _solution(case: m.Case, first: m.Message | None, last: m.Message | None) -> str:
    """How a case was solved: its resolution, else the beginning of our last reply."""
    return solved(case.resolution.strip() or (last.new_text if last else ""), first)


def promised(case: m.Case) -> list[m.Promise]:
    """What is promised and not settled, the next one first."""
    return list(case.promises.filter(state=PromiseState.OPEN).order_by("due")[:PAGE])
