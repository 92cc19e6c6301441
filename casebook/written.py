"""How often we have written, so that nobody reads the same words twice. Nothing here changes the
record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.db.models import Count

from casebook import models as m
from casebook.accounts import account
from casebook.types import Visibility


def to_customers(cases: Iterable[m.Case]) -> Counter[str]:
    """The drafts of any state to the customers of these cases, by `accounts.account`."""
    rows = m.Draft.objects.filter(case__author__in={case.author for case in cases})
    found: Counter[str] = Counter()
    for channel, author, count in rows.values_list("case__channel", "case__author").annotate(
        Count("pk")
    ):
        found[account(channel, author)] += count
    return found


def in_threads(messages: Iterable[m.Message]) -> dict[str, int]:
    """The public drafts of any state in the threads of these messages, by `thread`."""
    keys = {thread(message) for message in messages if message.visibility == Visibility.PUBLIC}
    if not keys:
        return {}
    rows = m.Draft.objects.filter(
        visibility=Visibility.PUBLIC, answers__in_reply_to__in=keys
    ).values_list("answers__in_reply_to")
    return dict(rows.annotate(Count("pk")))


def thread(message: m.Message) -> str:
    """What the neighbours of a message answer too; empty where it answers nothing."""
    return message.in_reply_to


def came_over(case: m.Case, message: m.Message) -> bool:
    """True when a message is private and an earlier one of its case stands in public."""
    earlier = case.messages.filter(pk__lt=message.pk, visibility=Visibility.PUBLIC)
    return message.visibility == Visibility.PRIVATE and earlier.exists()
