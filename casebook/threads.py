"""Which earlier messages one belongs to by its thread, replies of ours included.

Nothing here changes the record.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import F

from casebook import models as m
from casebook.findings import Code
from casebook.states import CaseState, DraftState
from casebook.types import NETWORKS, Direction, Visibility

_INVITED = timedelta(days=30)
"""How long after a public reply of ours a private message of its customer follows it."""

_UNUSED = (DraftState.PENDING, DraftState.SUPERSEDED)
"""What a draft was before any person decided on it."""

_LIVE = (CaseState.OPEN, CaseState.WAITING, CaseState.REOPENED)


def names_of(row: m.Message) -> tuple[str, ...]:
    """The names of the messages that one says it belongs to."""
    return tuple(dict.fromkeys(name for name in [*row.references, row.in_reply_to] if name))


def threads_of(rows: Sequence[m.Message]) -> dict[int, tuple[str, ...]]:
    """The names of the customers' messages that each of these goes on with: those that it names,
    those that our replies among them answered, and for a private message the post that our
    invitation answered."""
    named = {name for row in rows for name in names_of(row)}
    ours = dict(
        m.Message.objects.filter(direction=Direction.OUT, message_id__in=named)
        .exclude(in_reply_to="")
        .values_list("message_id", "in_reply_to")
    )
    found: dict[int, tuple[str, ...]] = {}
    for row in rows:
        names = names_of(row)
        theirs = [ours[name] for name in names if name in ours]
        invited = [] if names else [*filter(None, [_invited(row)])]
        found[row.pk] = tuple(dict.fromkeys([*invited, *names, *theirs]))
    return found


def _invited(row: m.Message) -> str:
    """The customer's post that our latest public reply answered, where this private message comes
    from the same account of the same network while its case goes on."""
    if row.visibility != Visibility.PRIVATE or row.channel not in NETWORKS:
        return ""
    draft = public_reply(row)
    return draft.answers.message_id if draft else ""


def public_reply(row: m.Message) -> m.Draft | None:
    """Our latest public reply to the author of a message, on its network and in a live case."""
    if row.source_id is None:
        return None
    drafts = m.Draft.objects.filter(
        state=DraftState.SENT,
        visibility=Visibility.PUBLIC,
        answers__source=row.source_id,
        answers__author=row.author,
        case__state__in=_LIVE,
        decided_at__gte=row.received_at - _INVITED,
        decided_at__lte=row.received_at,
    )
    return drafts.select_related("answers").order_by("pk").last()


def answers_ours(row: m.Message) -> bool:
    """Whether a message is an answer to a public reply of ours."""
    ours = m.Message.objects.filter(
        direction=Direction.OUT, visibility=Visibility.PUBLIC, message_id=row.in_reply_to
    )
    return bool(row.in_reply_to) and ours.exists()


def brought_back(row: m.Message) -> m.Draft | None:
    """The reply of ours that a bounce brings back: our Message-IDs begin with its identity."""
    identity = row.in_reply_to.partition("@")[0]
    if "bounce" not in row.flags or not identity:
        return None
    return m.Draft.objects.filter(identity=identity).first()


def is_invited(case: m.Case, since: datetime | None = None) -> bool:
    """Whether a public reply of ours that left, approved after `since`, has shown the way to a
    private channel: nothing was said against it for want of one."""
    replies = m.Draft.objects.filter(case=case, state=DraftState.SENT, visibility=Visibility.PUBLIC)
    if since is not None:
        replies = replies.filter(decided_at__gt=since)
    return any(
        Code.NO_PRIVATE_CHANNEL not in {finding["code"] for finding in findings}
        for findings in replies.values_list("findings", flat=True)
    )


def is_over(case: m.Case) -> bool:
    """Whether a customer has written about a case in private."""
    return case.messages.filter(direction=Direction.IN, visibility=Visibility.PRIVATE).exists()


def prepared(row: m.Message) -> m.Draft | None:
    """The public reply that left and whose prepared private message is what a private message in
    its case, by whichever way it came, is to be answered; None where there is none, or a person has
    dealt with it."""
    if row.visibility != Visibility.PRIVATE:
        return None
    drafts = m.Draft.objects.filter(case=row.case_id)
    public = drafts.filter(state=DraftState.SENT, visibility=Visibility.PUBLIC)
    ready = public.filter(versions__number=F("version"), versions__private_body__gt="")
    draft = ready.order_by("pk").last()
    if draft is None:
        return None
    later = drafts.filter(visibility=Visibility.PRIVATE, pk__gt=draft.pk)
    return None if later.exclude(state__in=_UNUSED).exists() else draft
