"""Every text that can be written: whole, right in tone, within its channel, and never twice the same."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pytest

from casebook.findings import Code
from casebook.lengths import fits, graphemes, mastodon_length
from casebook.policy import Policy, load_policy
from casebook.types import Channel, Visibility
from enrich.acts import read
from enrich.personal_data import not_ours
from responders.draft import CaseFacts, replies
from responders.review import review
from responders.wordings import Choice, Turn, turn
from tests.responders.policies import TOKYO
from training.texts import (
    DUE,
    HOST,
    LANGUAGES,
    PACKS,
    PUBLIC,
    RECEIPT,
    SORTS,
    TO_BE_FILLED,
    WAYS,
    Sort,
    drawn,
    facts,
    known,
    wordings,
)

CASES = 50
MANY = range(3)
"""Turns of each number: every wording of every pick is written."""
PRIVATE_ROOM = {
    "mastodon": (500, mastodon_length),
    "bluesky": (1_000, graphemes),
    "x": (10_000, len),
}
"""What a network's private message takes, with the longest mention, and how it counts."""
KEIGO = {
    "double honorific": r"おっしゃられ|ご覧になられ|お(伺い|聞き)させていただ|拝見させていただ|お見えになられ|ご確認なされ|(お|ご)\w{1,6}になられ",
    "to be used to colleagues": r"了解(しました|いたしました|です)|ご苦労(さま|様)|とんでもございません|なるほど",
    "shop talk": r"(?<!近く)(?<!ほか)(?<!担当)の方(から|で|に|を|が)(?!向)|よろしかったでしょうか|(こちら|以上|円|点)になります|(?<!お)名前様",
    "half-hearted": r"かと存じます|と思われます|させていただきたいと思います|ご容赦|取り急ぎ|弊社(?=.*当社)",
    "wide letters": r"[Ａ-Ｚａ-ｚ０-９]",
    "agreement": r"ご(返金|交換|補償)(を|の)?[^。]{0,12}(承知|かしこまり)|承知いたしました|かしこまりました",
    "machine": r"AI|自動(的に)?(生成|返信|応答)|以下の通り|システム上",
    "plain style": r"(?<!た)(だ|である|する|ない|(?<!ま)(?<!で)した)。",
    "doubled": r"。。|、、|様様|をを|はは、|にに|のの|「」|（）|、。|  ",
}
BOILERPLATE = re.compile(
    r"any inconvenience|valued customer|do not hesitate|reach out|at your earliest|rest assured"
    r"|as per|we value your|utmost|going forward|kindly|delve|I hope this|bear with us",
    re.IGNORECASE,
)


def _check(policy: Policy, sort: Sort, case: CaseFacts) -> None:
    reply = sort.write(policy, case)
    public = reply.visibility is Visibility.PUBLIC
    told = case.told or DUE.replace(day=20)
    found = review(
        policy,
        reply,
        known(policy, sort, case),
        told,
        read,
        personal=not_ours(reply.body, policy),
        hosts=(HOST,),
    )
    stopped = {one.code for one in found if one.blocking}
    slots = {Code.UNFILLED_SLOT} if sort.name in TO_BE_FILLED and not public else set()
    assert stopped == slots, (sort.name, found, reply.body)
    assert fits(reply.body, reply.channel), reply.body
    room, length = PRIVATE_ROOM.get(case.network, (0, len))
    assert not room or length(f"@{'x' * 30} {reply.body}") <= room, reply.body
    assert not re.search(r"[ \t]$|  |。。|、、|\n{3}|^\W?の件", reply.body, re.MULTILINE), (
        reply.body
    )
    if public:
        assert reply.due is None
        for particular in ("木村", "MD-2026", "絵皿", "皿が割れ"):
            assert particular not in reply.body
    assert RECEIPT in reply.body


@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: sort.name)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_wording_on_every_channel_for_drawn_cases(sort: Sort, language: str) -> None:
    changes = [drawn(seed) for seed in range(CASES)]
    for (channel, seen, network), change in itertools.product(WAYS, changes):
        case = change(facts(language, channel, seen, Turn(), network=network))
        for way in MANY:
            _check(TOKYO, sort, replace(case, turn=Turn(13 * way, 13 * way)))


@pytest.mark.parametrize("pack", PACKS)
def test_every_pack_on_every_channel(pack: str) -> None:
    policy = load_policy(pack)
    for sort, language, (channel, seen, network) in itertools.product(SORTS, LANGUAGES, WAYS):
        for way in MANY:
            turned = Turn(13 * way, 13 * way)
            _check(policy, sort, facts(language, channel, seen, turned, network=network))


@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: sort.name)
@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.DM, Channel.X, Channel.GOOGLE])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_wordings_are_alike(sort: Sort, channel: Channel, language: str) -> None:
    seen = Visibility.PUBLIC if channel in PUBLIC else Visibility.PRIVATE
    plain = facts(language, channel, seen, Turn())
    # The same customer in any thread, and another one in the same thread.
    for number in ("customer", "thread"):
        texts = [
            sort.write(TOKYO, replace(plain, turn=replace(Turn(5, 7), **{number: way}))).body
            for way in range(3)
        ]
        assert len(set(texts)) == len(texts), texts
    assert len(set(wordings(TOKYO, sort, plain))) >= 9


def test_a_text_is_chosen_by_who_reads_it_and_how_often_he_was_written_to() -> None:
    assert turn("x:a", "1") == turn("x:a", "1")
    assert turn("x:a", "1") != turn("x:b", "1")
    assert turn("x:a", "1", 2, 1).customer == turn("x:a", "2").customer + 2
    choice = Choice(Turn(1 + 3 * 2, 5))
    assert [choice(3) for _ in range(4)] == [1, 2, 2, 1]
    assert choice.counts == [3, 3, 3, 3]


def test_neighbours_in_a_thread_read_different_texts() -> None:
    case = facts("ja", Channel.X, Visibility.PUBLIC, Turn())
    texts = {
        replies(TOKYO, replace(case, turn=turn(f"x:{name}", "thread", 0, before))).public.body  # type: ignore[union-attr]
        for before, name in enumerate(["a", "b", "c"])
    }
    assert len(texts) == 3


@pytest.mark.parametrize("pack", PACKS)
def test_the_japanese_is_what_a_good_professional_would_write(pack: str) -> None:
    policy = load_policy(pack)
    for sort, (channel, seen, network), way in itertools.product(SORTS, WAYS, MANY):
        turned = Turn(13 * way, 13 * way)
        plain = facts("ja", channel, seen, turned, network=network, display_name="", subject="")
        varied = (
            replace(plain, came_over=True),
            replace(plain, follow_up=True),
            replace(plain, invited=True),
        )
        for case in (plain, *varied):
            body = sort.write(policy, case).body
            for name, pattern in KEIGO.items():
                match = re.search(pattern, body, re.MULTILINE)
                assert match is None, (name, match and match[0], body)
            assert len(re.findall("させていただ", body)) <= 1, body
            for line in re.sub(r"（[^）]*）", "", body).splitlines():
                ends = not line.endswith("。") or re.search(
                    r"(ます|ました|ません|ですか|です|でしょうか|ございます|ください|くださいませ|せんか)。$",
                    line,
                )
                assert ends, line


@pytest.mark.parametrize("pack", PACKS)
def test_the_english_is_no_boilerplate(pack: str) -> None:
    policy = load_policy(pack)
    for sort, (channel, seen, network), way in itertools.product(SORTS, WAYS, MANY):
        case = facts("en", channel, seen, Turn(13 * way, 13 * way), network=network)
        body = sort.write(policy, case).body
        assert not BOILERPLATE.search(body), body


def test_a_public_reply_invites_to_the_channel_that_the_policy_names() -> None:
    for language, way in itertools.product(LANGUAGES, MANY):
        case = facts(language, Channel.X, Visibility.PUBLIC, Turn(way, way))
        made = replies(TOKYO, case)
        assert made.public is not None
        assert "https://x.com/messages/compose?recipient_id=" in made.public.body
        assert "support@" not in made.public.body
        assert made.private.due == DUE
        assert made.private.visibility is Visibility.PRIVATE
        review_site = replies(TOKYO, replace(case, channel=Channel.GOOGLE))
        assert review_site.public is not None
        assert "support@example.jp" in review_site.public.body


@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: sort.name)
def test_who_was_invited_before_is_not_invited_again(sort: Sort) -> None:
    updates = ("delay", "progress", "follow_up", "closing")
    if sort.name.startswith(updates) or sort.name == "crisis:self_harm":
        pytest.skip("it says something new, or what nobody is too often told")
    for language, way in itertools.product(LANGUAGES, MANY):
        case = facts(language, Channel.X, Visibility.PUBLIC, Turn(way, way), invited=True)
        reply = sort.write(TOKYO, case)
        assert not re.search(r"https?:|@|[0-9]{2,4}-[0-9]", reply.body), reply.body
        assert fits(reply.body, reply.channel)
        known_of = replace(known(TOKYO, sort, case), invited=True)
        personal = not_ours(reply.body, TOKYO)
        told = DUE.replace(day=20)
        found = review(TOKYO, reply, known_of, told, read, personal=personal, hosts=(HOST,))
        assert not [one for one in found if one.blocking], (found, reply.body)


def test_a_customer_who_came_over_need_not_say_it_twice() -> None:
    told = {"ja": r"確認しております|拝見しております|記録に残して", "en": r"in public|posted"}
    for language, pattern in told.items():
        case = facts(language, Channel.X, Visibility.PUBLIC, Turn())
        assert re.search(pattern, replies(TOKYO, case).private.body)
        assert replies(TOKYO, replace(case, visibility=Visibility.PRIVATE)).public is None
