"""One account is one customer, on whichever of a network's channels it writes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from casebook import models as m
from casebook import written
from casebook.accounts import account, kin
from casebook.types import MAILED, Channel, Conduct
from desk.ledger import customers, of_author
from tests.flows.outbox import came, drafted


def test_public_and_private_posts_of_an_account_are_one_persons() -> None:
    assert account(Channel.X, "2000") == account(Channel.DM, "2000")
    assert account(Channel.X, "2000") != account(Channel.X, "2001")


@pytest.mark.parametrize("channel", list(Channel))
def test_a_name_elsewhere_is_somebody_elses(channel: Channel) -> None:
    assert channel in kin(channel)
    assert all(account(one, "a") == account(channel, "a") for one in kin(channel))
    assert (account(channel, "a") == account(Channel.EMAIL, "a")) == (channel in MAILED)


@pytest.mark.django_db
def test_one_customer_has_one_page_in_the_ledger_and_one_count_of_replies() -> None:
    posts = [
        drafted("x", came("x", author="2000")),
        drafted("x", replace(came("x", author="2000"), channel=Channel.DM)),
        drafted("x", came("x", author="2001")),
    ]
    for draft in posts:
        row = draft.answers
        m.HarassmentEntry.objects.create(
            message=row,
            channel=row.channel,
            author=row.author,
            at=row.received_at,
            conduct=Conduct.HARASSMENT,
        )
    assert sorted(len(one.entries) for one in customers()) == [1, 2]
    assert len(of_author(Channel.X, "2000").entries) == 2
    counts = written.to_customers(draft.case for draft in posts)
    assert counts == {account(Channel.X, "2000"): 2, account(Channel.X, "2001"): 1}
