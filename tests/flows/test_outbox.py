"""What people see of the replies that did not leave, until they are dealt with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from casebook import models as m
from casebook import moves
from casebook.clock import frozen
from casebook.errors import ConfigError, IllegalMove
from casebook.timing import Purpose
from casebook.types import Channel, Reply, Visibility
from desk.outbox import listed, stuck
from desk.picking import failed_with, rejectable
from tests.flows.outbox import MADE, MINUTE, approved, came, received, send, state
from tests.smtp_server import SmtpServer

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)
NO_USER = "550 5.1.1 No such user"


def failed(mail: SmtpServer, count: int = 1, answer: str = NO_USER) -> list[m.Draft]:
    """Replies that the mail server refused for good."""
    drafts = [approved(due=MADE + 8 * HOUR) for _ in range(count)]
    mail.faults["rcpt"] = answer
    assert send(MADE + MINUTE).failed == count
    mail.faults.clear()
    return drafts


def returned(mail: SmtpServer) -> m.Draft:
    """A reply that left and came back."""
    draft = approved(due=MADE + 8 * HOUR)
    assert send(MADE + MINUTE).sent == 1
    with frozen(MADE + MINUTE):
        (bounce,) = received("box", came(author="mailer-daemon@example.net"))
        assert moves.returned(draft.pk, bounce)
    return draft


def wrote(case: int, purpose: Purpose) -> m.Draft:
    """An approved text of a person's to a case."""
    due = MADE + 9 * HOUR if purpose is Purpose.DELAY else None
    reply = Reply(Channel.EMAIL, Visibility.PRIVATE, "ja", "Re: x", "交換しました。", due)
    return moves.approve(moves.write(case, purpose, "aki", reply, ()).pk, "aki")


def resolve(draft: m.Draft) -> None:
    moves.resolve(draft.case_id, "aki", "by telephone")


def close(draft: m.Draft) -> None:
    moves.close(draft.case_id, "aki")


def reject(draft: m.Draft) -> None:
    assert rejectable(draft.case.receipt, None) == draft
    moves.reject(draft.pk, "aki", "by telephone")
    with pytest.raises(IllegalMove):
        moves.released(draft.pk, "", "again", who="aki")


def report(draft: m.Draft) -> None:
    wrote(draft.case_id, Purpose.PROGRESS)
    assert send(MADE + HOUR + MINUTE).sent == 1


@pytest.mark.parametrize("deal", [resolve, close, reject, report])
@pytest.mark.parametrize("lost", [lambda mail: failed(mail)[0], returned])
def test_what_was_dealt_with_is_listed_no_more(
    mail: SmtpServer, lost: Callable[[SmtpServer], m.Draft], deal: Callable[[m.Draft], None]
) -> None:
    draft = lost(mail)
    assert listed() == [draft]
    with frozen(MADE + HOUR):
        deal(draft)
        assert listed() == []
        assert stuck() == []


def test_a_case_that_comes_back_brings_no_old_failure_along(mail: SmtpServer) -> None:
    (draft,) = failed(mail)
    with frozen(MADE + HOUR):
        resolve(draft)
        survey = moves.open_survey(draft.case_id)
        assert moves.survey_answered(survey.pk, 1)
        assert m.Case.objects.get().state == "reopened"
        assert listed() == []


def test_what_was_said_before_it_failed_answers_nothing(mail: SmtpServer) -> None:
    first = approved()
    assert send(MADE + MINUTE).sent == 1
    with frozen(MADE + 2 * MINUTE):
        last = wrote(first.case_id, Purpose.REPLY)
        resolve(last)
    mail.faults["rcpt"] = NO_USER
    assert send(MADE + 4 * MINUTE).failed == 1
    assert listed() == [last]
    assert len(stuck()) == 1


def test_a_notice_of_delay_answers_nothing(mail: SmtpServer) -> None:
    (draft,) = failed(mail)
    with frozen(MADE + 2 * MINUTE):
        wrote(draft.case_id, Purpose.DELAY)
    assert send(MADE + 4 * MINUTE).sent == 1
    assert listed() == [draft]


def test_what_was_promised_in_a_reply_that_is_given_up_is_still_watched(mail: SmtpServer) -> None:
    (draft,) = failed(mail)
    reject(draft)
    promise = m.Promise.objects.get()
    assert promise.state == "open"
    with frozen(MADE + HOUR):
        wrote(draft.case_id, Purpose.REPLY)
    assert send(MADE + 2 * HOUR).sent == 1
    promise.refresh_from_db()
    assert promise.state == "kept"


def test_all_that_failed_with_one_code_are_picked_but_for_what_was_dealt_with(
    mail: SmtpServer,
) -> None:
    one, two, dealt = failed(mail, 3)
    code = one.error_code if state(one) else ""
    (other,) = failed(mail, 1, "552 5.3.4 too big")
    assert state(other) == "failed"
    assert other.error_code != code
    with frozen(MADE + HOUR):
        resolve(dealt)
    assert failed_with(code) == [one, two]
    with pytest.raises(ConfigError, match=f"{code}, |, {code}"):
        failed_with("sender_refused")
