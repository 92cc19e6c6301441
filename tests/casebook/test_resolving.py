"""The end of a case: each move legal, audited, and the same whatever is repeated or interleaved."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connections
from hypothesis import given, settings
from hypothesis import strategies as st

from casebook import config, links, moves, resolved
from casebook import models as m
from casebook.clock import frozen, now
from casebook.errors import ConfigError, IllegalMove
from casebook.policy import load_policy
from casebook.types import Channel, Reply, Visibility
from responders.guard import has_slot
from tests.casebook.test_moves import answered, inbound, received, related
from tests.conftest import Configure
from tests.desk.cases import COMPLAINT, DESK, asked, dealt_with
from tests.desk.cases import resolved as resolved_case

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = Reply(Channel.EMAIL, Visibility.PRIVATE, "ja", "Re: x", "問題はございませんか。", None)


def test_a_resolution_is_kept_and_a_waiting_draft_withdrawn() -> None:
    (key,) = received(inbound())
    related(key)
    (draft,) = answered(key)
    case = moves.resolve(m.Draft.objects.get(pk=draft).case_id, "yamada", "電話で\0解決")
    assert (case.state, case.resolution) == ("resolved", "電話で解決")
    assert case.resolved_at is not None
    assert m.Draft.objects.get(pk=draft).state == "superseded"
    told = m.AuditLine.objects.filter(case=case, who="yamada").values_list("thing", "after")
    assert sorted(told) == [("case", "resolved"), ("draft", "superseded")]
    with pytest.raises(IllegalMove, match=case.receipt):
        moves.resolve(case.pk, "yamada", "もう一度")
    assert moves.close(case.pk, "yamada").state == "closed"
    with pytest.raises(IllegalMove):
        moves.close(case.pk, "yamada")


def test_the_index_hears_of_a_resolution() -> None:
    (key,) = received(inbound())
    related(key)
    before = m.Embedding.objects.get(message=key).revision
    moves.resolve(m.Message.objects.get(pk=key).case_id or 0, "yamada", "交換")
    assert m.Embedding.objects.get(message=key).revision > before


def test_what_moved_on_is_not_put_to_rest() -> None:
    case = resolved_case()
    survey = moves.open_survey(case.pk)
    moves.survey_answered(survey.pk, 1)
    assert moves.let_rest(case.pk) is False
    case.refresh_from_db()
    assert case.state == "reopened"


def test_a_customer_is_asked_once_whatever_became_of_the_question() -> None:
    case = resolved_case()
    message = case.messages.get()
    first = moves.follow_up(case.pk, message.pk, QUESTION, ())
    assert first is not None
    moves.reject(first.pk, "yamada", "お電話で伺った")
    assert moves.follow_up(case.pk, message.pk, QUESTION, ()) is None
    assert moves.follow_up(dealt_with().pk, message.pk, QUESTION, ()) is None


Steps = st.lists(
    st.one_of(
        st.tuples(st.just("resolve"), st.none()),
        st.tuples(st.just("close"), st.none()),
        st.tuples(st.just("rest"), st.none()),
        st.tuples(st.just("ask"), st.none()),
        st.tuples(st.just("answer"), st.integers(1, 5)),
    ),
    max_size=8,
)


@settings(max_examples=60)
@given(Steps)
def test_any_order_of_moves_asks_once_and_counts_one_answer(steps: list[tuple[str, int]]) -> None:
    case = dealt_with()
    survey = moves.open_survey(case.pk)
    first: int | None = None
    for step, score in steps:
        try:
            if step == "resolve":
                moves.resolve(case.pk, "yamada", "交換")
            elif step == "close":
                moves.close(case.pk, "yamada")
            elif step == "rest":
                moves.let_rest(case.pk)
            elif step == "ask":
                moves.follow_up(case.pk, case.messages.order_by("pk")[0].pk, QUESTION, ())
            elif moves.survey_answered(survey.pk, score):
                assert first is None
                first = score
        except IllegalMove:
            continue
    case.refresh_from_db()
    assert case.drafts.filter(purpose="follow_up").count() <= 1
    assert m.Survey.objects.get(pk=survey.pk).score == first
    sad = first is not None and first <= 2
    assert case.messages.count() == 1
    assert m.Message.objects.filter(identity=f"survey:{survey.pk}").count() == sad
    assert case.alerts.filter(reason="unhappy").count() == sad
    moved = m.AuditLine.objects.filter(thing="case", thing_id=case.pk, what="case.moved")
    states = list(moved.order_by("pk").values_list("before", "after"))
    assert all(one[1] == two[0] for one, two in pairwise(states))
    assert not states or states[-1][1] == case.state


@settings(max_examples=60)
@given(st.text(st.characters(), max_size=40), st.integers(1, 5), st.none() | st.integers(0, 10))
def test_any_answer_is_kept_as_a_database_takes_it(
    comment: str, score: int, recommend: int | None
) -> None:
    survey, _ = asked()
    assert moves.survey_answered(survey.pk, score, comment, recommend)
    survey.refresh_from_db()
    assert (survey.score, survey.recommend) == (score, recommend)
    said = m.Message.objects.filter(identity=f"survey:{survey.pk}").first()
    assert (said is not None) == bool(survey.comment or score <= 2)
    if said is not None:
        assert said.new_text == (survey.comment or f"（満足度アンケート：5段階中{score}のご回答）")
        assert survey.case.receipt in said.subject
        assert (said.author, said.state) == ("c@example.net", "received")


def test_an_answer_given_twice_at_once_is_recorded_once() -> None:
    survey, _ = asked()

    def answer(score: int) -> bool:
        try:
            return moves.survey_answered(survey.pk, score)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(answer, (1, 2, 1, 2))) == 1
    assert m.Alert.objects.filter(case=survey.case).count() == 1


@pytest.fixture
def desk(configure: Configure) -> Configure:
    configure(DESK)
    return configure


def test_a_link_opens_its_survey_until_its_time_is_over(desk: Configure) -> None:
    token = links.survey_link(7).removeprefix("https://desk.example.jp/s/")
    assert links.followed(token, 30) == links.Followed(7, expired=False)
    with frozen(now() + timedelta(days=30, minutes=1)):
        assert links.followed(token, 30) == links.Followed(7, expired=True)


@given(st.text(max_size=60))
def test_no_other_text_opens_a_survey(text: str) -> None:
    with pytest.raises(links.Forged):
        links.followed(text, 30)


def test_the_guard_takes_no_link_for_a_slot(desk: Configure) -> None:
    for key in range(300):
        assert not has_slot(links.survey_link(key))


def test_a_link_fits_a_line_of_mail(desk: Configure) -> None:
    assert len(links.survey_link(10**9)) < 120


def test_processes_that_start_together_agree_on_one_key_of_mode_600(desk: Configure) -> None:
    path = config.settings().var / "desk.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: links.signing_key(), range(32)))
    assert keys == {path.read_text()}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_configured_key_is_used_and_an_absent_one_told(
    desk: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk(f'{DESK}secret_key = {{ env = "DESK_KEY" }}\n')
    with pytest.raises(ConfigError, match="DESK_KEY"):
        links.survey_link(1)
    monkeypatch.setenv("DESK_KEY", "one")
    link = links.survey_link(1).rpartition("/")[2]
    monkeypatch.setenv("DESK_KEY", "another")
    with pytest.raises(links.Forged):
        links.followed(link, 30)
    assert not (config.settings().var / "desk.key").exists()


def test_no_link_without_a_public_address(configure: Configure) -> None:
    assert links.survey_link(1) == ""


def test_who_got_a_reply_is_not_unhappy_any_more() -> None:
    survey, _ = asked(COMPLAINT)
    moves.survey_answered(survey.pk, 1, unhappy=load_policy("default").follow_up.unhappy)
    assert resolved.unhappy([survey.case_id]) == {survey.case_id}
    case = m.Case.objects.get(pk=survey.case_id)
    case.drafts.create(
        answers=case.messages.get(), channel="email", visibility="private", state="sent"
    )
    assert resolved.unhappy([survey.case_id]) == set()
