"""Each channel from the first word to the kept promise, on the servers that it really speaks to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from casebook import models as m
from casebook import moves, reading
from casebook.policy import load_policy
from casebook.states import MessageState
from casebook.timing import Purpose
from casebook.types import Channel, Reply, Visibility
from flows import alerting, rechecking, steps
from tests.conftest import Configure
from tests.flows.outbox import MINUTE, send
from tests.flows.places import PLACES, MailPlace, MastodonPlace, Place, XPlace, seen
from tests.json_server import WRITING, Fault
from tests.x_server import OWN

pytestmark = pytest.mark.django_db(transaction=True)
COMPLAINT = "先週届いたお皿が割れていました。どうすればよいですか。"
MORE = "こちらで失礼します。お皿は二枚とも割れていました。"
ANSWER = "交換品を本日お送りしました。お待たせしました。"


@pytest.fixture(params=list(PLACES))
def place(request: pytest.FixtureRequest, configure: Configure, tmp_path: Path) -> Iterator[Place]:
    with PLACES[request.param](request, tmp_path) as found:
        configure(found.tables)
        yield found


@pytest.fixture
def x(request: pytest.FixtureRequest, configure: Configure, tmp_path: Path) -> Iterator[XPlace]:
    with XPlace(request, tmp_path) as found:
        configure(found.tables)
        yield found


def took_in(*sources: str) -> None:
    """What came is read, understood and answered with drafts."""
    for source in sources:
        steps.poll(source)
    steps.relate_batch(reading.in_state(MessageState.RECEIVED, 10))
    steps.answer_batch(reading.in_state(MessageState.RELATED, 10))


def waiting() -> m.Draft:
    """The one draft that waits for a person."""
    return m.Draft.objects.get(state="pending")


def body(draft: m.Draft) -> str:
    return draft.versions.get(number=draft.version).body


def private_body(draft: m.Draft) -> str:
    return draft.versions.get(number=draft.version).private_body


def approve_and_send(place: Place, draft: m.Draft, minutes: int) -> None:
    """A person approves a draft at this minute; a minute later it has left."""
    with place.clock(place.start + minutes * MINUTE):
        moves.approve(draft.pk, "aki")
    with place.clock(place.start + (minutes + 1) * MINUTE):
        done = send()
    draft.refresh_from_db()
    assert (done.sent, draft.state) == (1, "sent"), draft.error


def test_from_the_first_word_to_the_kept_promise(place: Place) -> None:
    with place.clock(place.start):
        place.complain(COMPLAINT)
        took_in(place.source)
        case, first = m.Case.objects.get(), waiting()
        assert first.visibility == ("public" if place.in_public else "private")
        assert case.receipt in body(first)
    approve_and_send(place, first, 1)
    assert [seen(text) for text in place.posted] == [seen(body(first))] * place.in_public

    with place.clock(place.start + 30 * MINUTE):
        place.come_over(case.receipt, MORE)
        took_in("box" if place.source == "reviews" else place.source)
        assert list(m.Case.objects.all()) == [case]
        second = waiting()
        assert second.visibility == "private"
        if place.in_public:
            assert body(second) == private_body(first)
            assert second.due is not None
            assert second.due.isoformat() == first.prepared["due"]
    approve_and_send(place, second, 31)
    assert seen(place.written[-1]).startswith(seen(body(second)))
    promise = m.Promise.objects.filter(state="open").latest("pk")
    assert promise.due == second.due

    with place.clock(place.start + 60 * MINUTE):
        reply = Reply(Channel(second.channel), Visibility.PRIVATE, "ja", "お皿", ANSWER, None)
        last = moves.write(case.pk, Purpose.REPLY, "aki", reply, ())
    approve_and_send(place, last, 61)
    assert seen(place.written[-1]).startswith(ANSWER)
    promise.refresh_from_db()
    assert promise.state == "kept"


def test_who_answers_in_public_again_is_not_invited_again(x: XPlace) -> None:
    with x.clock(x.start):
        x.complain(COMPLAINT)
        took_in("x")
    approve_and_send(x, waiting(), 1)
    with x.clock(x.start + 10 * MINUTE):
        x.answer("まだ何も連絡がありません。お皿は二枚とも割れていたのですが。")
        took_in("x")
        again = waiting()
    assert m.Case.objects.count() == 1
    assert again.visibility == "public"
    assert not again.findings
    assert "https://" in x.posted[0]
    assert "https://" not in body(again)
    assert "@" not in body(again)
    approve_and_send(x, again, 11)
    with x.clock(x.start + 20 * MINUTE):
        x.come_over("", MORE)
        took_in("x")
        assert body(waiting()) == private_body(again)


def test_thanks_for_the_reply_get_no_other(x: XPlace) -> None:
    with x.clock(x.start):
        x.complain(COMPLAINT)
        took_in("x")
    approve_and_send(x, waiting(), 1)
    with x.clock(x.start + 10 * MINUTE):
        x.answer("ご対応ありがとうございます！")
        took_in("x")
    assert not m.Draft.objects.filter(state="pending").exists()


def test_several_messages_in_a_row_get_the_prepared_one(x: XPlace) -> None:
    with x.clock(x.start):
        x.complain(COMPLAINT)
        took_in("x")
        first = waiting()
    approve_and_send(x, first, 1)
    for minute, text in ((10, "DMで失礼します。"), (11, MORE)):
        with x.clock(x.start + minute * MINUTE):
            x.come_over("", text)
            took_in("x")
            assert body(waiting()) == private_body(first)


def test_a_prepared_message_whose_time_has_passed_is_drafted_anew(x: XPlace) -> None:
    with x.clock(x.start):
        x.complain(COMPLAINT)
        took_in("x")
        first = waiting()
    approve_and_send(x, first, 1)
    later = x.start + timedelta(days=4)
    with x.clock(later):
        x.come_over("", MORE)
        took_in("x")
        draft = waiting()
    assert draft.due is not None
    assert draft.due > later
    assert body(draft) != private_body(first)


def test_a_threat_is_not_answered_with_what_was_prepared(x: XPlace) -> None:
    with x.clock(x.start):
        x.complain(COMPLAINT)
        took_in("x")
        first = waiting()
    approve_and_send(x, first, 1)
    with x.clock(x.start + 10 * MINUTE):
        x.come_over(
            "", "返金しないなら店に火をつけてやる。お前らの家も分かっている。覚悟しておけ。"
        )
        took_in("x")
        assert waiting().answers.triage.conduct == "threat"
        assert body(waiting()) != private_body(first)


def test_what_was_prepared_goes_with_the_post_that_is_deleted(x: XPlace) -> None:
    with x.clock(x.start):
        x.complain(COMPLAINT)
        took_in("x")
        first = waiting()
    approve_and_send(x, first, 1)
    x.server.posts = {n: post for n, post in x.server.posts.items() if post.author == OWN}
    with x.clock(x.start + 1440 * MINUTE):
        assert rechecking.run().erased == 1
    first.refresh_from_db()
    assert (first.state, first.prepared, private_body(first)) == ("sent", {}, "")


@pytest.mark.parametrize("name", ["x", "mastodon", "bluesky"])
def test_who_wants_no_more_messages_gets_none(
    request: pytest.FixtureRequest, configure: Configure, tmp_path: Path, name: str
) -> None:
    with PLACES[name](request, tmp_path) as place:
        configure(place.tables)
        with place.clock(place.start):
            place.complain(COMPLAINT)
            took_in(name)
        approve_and_send(place, waiting(), 1)
        with place.clock(place.start + 10 * MINUTE):
            place.come_over("", MORE)
            took_in(name)
            draft = moves.approve(waiting().pk, "aki")
            place.come_over("", "停止")
            took_in(name)
        with place.clock(place.start + 12 * MINUTE):
            assert send().failed == 1
        draft.refresh_from_db()
        assert (draft.state, draft.error_code) == ("failed", "opted_out")
        assert m.Message.objects.filter(state="ignored").get().flags == ["opt_out"]
        assert place.written == []


def test_who_wants_no_more_messages_is_shown_another_way(x: XPlace) -> None:
    company = load_policy("default").company
    with x.clock(x.start):
        x.complain(COMPLAINT)
        took_in("x")
        assert "https://" in body(waiting())
    approve_and_send(x, waiting(), 1)
    with x.clock(x.start + 10 * MINUTE):
        x.come_over("", "停止")
        x.answer("まだ何も連絡がありません。お皿は二枚とも割れていたのですが。")
        took_in("x")
        other = waiting()
    assert other.visibility == "public"
    assert not other.findings
    assert "https://" not in body(other)
    assert company.email in body(other)
    assert company.phone in body(other)
    assert other.case.receipt in body(other)
    assert other.prepared == {}
    approve_and_send(x, other, 11)
    with x.clock(x.start + 20 * MINUTE):
        x.answer("二枚とも割れていたと申し上げました。返事をください。")
        took_in("x")
        third = waiting()
    assert "https://" not in body(third)
    assert company.email not in body(third)
    assert third.prepared == {}


def test_what_the_mail_server_says_of_a_mail_that_came_back_is_told(
    request: pytest.FixtureRequest, configure: Configure, tmp_path: Path
) -> None:
    with MailPlace(request, tmp_path) as mail:
        configure(mail.tables)
        with mail.clock(mail.start):
            mail.complain(COMPLAINT)
            took_in("box")
        draft = waiting()
        approve_and_send(mail, draft, 1)
        with mail.clock(mail.start + 5 * MINUTE):
            mail.bounce(draft.external_id)
            took_in("box")
    draft.refresh_from_db()
    assert (draft.state, draft.error_code) == ("returned", "returned")
    assert draft.error == (
        "hanako@example.com 5.1.1 550 5.1.1 <hanako@example.com>: Recipient address rejected:"
        " User unknown"
    )
    assert [alert.reason for alert in draft.alerts.all()] == ["returned"]


@pytest.mark.parametrize("lost", [False, True])
def test_a_private_reply_that_all_can_read_is_told_and_never_posted_twice(
    request: pytest.FixtureRequest, configure: Configure, tmp_path: Path, lost: bool
) -> None:
    with PLACES["mastodon"](request, tmp_path) as place:
        assert isinstance(place, MastodonPlace)
        configure(place.tables)
        with place.clock(place.start):
            place.come_over("", COMPLAINT)
            took_in("mastodon")
            case = m.Case.objects.get()
            reply = Reply(Channel(case.channel), Visibility.PRIVATE, "ja", "", ANSWER, None)
            draft = moves.write(case.pk, Purpose.REPLY, "aki", reply, ())
            moves.approve(draft.pk, "aki")
        place.server.dialect = {"direct": "public"}
        place.server.fault = Fault("drop", WRITING) if lost else None
        with place.clock(place.start + MINUTE):
            send()
        place.server.fault = None
        for minutes in (3, 6, 10):
            with place.clock(place.start + minutes * MINUTE):
                send()
        draft.refresh_from_db()
        assert (draft.state, draft.error_code) == ("sent", "not_as_approved")
        assert len(place.server.posted) == 1
        (alert,) = draft.alerts.all()
        title, told = alerting.text(alert, load_policy("default"))
        assert title == f"[Reply is not shown as approved] {case.receipt}"
        assert "delete it there" in told
        assert ANSWER[:6] not in told
