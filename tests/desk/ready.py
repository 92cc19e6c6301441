"""Drafts that the guard lets pass, as people find them in the queue."""

from __future__ import annotations

from datetime import timedelta

from casebook import models as m
from casebook import moves
from casebook.clock import now
from casebook.config import settings
from casebook.policy import load_policy
from casebook.types import (
    Channel,
    Conduct,
    Finding,
    Kind,
    Relation,
    RelationKind,
    Reply,
    Triage,
    Visibility,
)
from responders.due import say_due
from tests.casebook.test_moves import inbound, received

SUBJECTS = (
    "お皿が割れていました", "色が違います", "届きません", "請求が二重です", "返品の方法",
    "部品が足りません", "電源が入りません", "予約の変更", "サイズが合いません", "配達の時間",
)  # fmt: skip


def ready(number: int = 1, *, public: bool = False, hours: float = 20) -> list[m.Draft]:
    """So many drafts, each of a case of its own; `public`: to posts on X, with a private message
    beside each."""
    before = m.Message.objects.count()
    return [_one(before + place, public, hours) for place in range(number)]


def _one(place: int, public: bool, hours: float) -> m.Draft:
    policy, due = load_policy(settings().policy), now() + timedelta(hours=hours)
    channel = Channel.X if public else Channel.EMAIL
    visibility = Visibility.PUBLIC if public else Visibility.PRIVATE
    subject = SUBJECTS[place % len(SUBJECTS)]
    text = f"{subject}。どうしたらよいですか。"
    (key,) = received(
        inbound(
            identity=f"ready:{place}", subject="" if public else subject, text=text, new_text=text, sent_at=now(),
            display_name=f"お客様{place}", author=f"c{place}@example.net",
            channel=channel, visibility=visibility,
        )
    )  # fmt: skip
    moves.relate([moves.Related(key, Relation(RelationKind.NEW), "ja", ())])
    case = m.Message.objects.get(pk=key).case
    assert case is not None
    said = say_due(policy, due, "ja", now())
    sorry = "このたびはご不便をおかけし、申し訳ございません。"
    private = Reply(
        Channel.DM, Visibility.PRIVATE, "ja", "", f"{sorry}{said}に担当よりご連絡いたします。", due
    )
    invite = "詳しくはダイレクトメッセージでお聞かせください。 https://example.jp/"
    reply = Reply(
        channel, visibility, "ja", f"Re: {subject} [{case.receipt}]",
        f"{sorry}{invite if public else ''}{said}に担当よりご連絡いたします。", due,
    )  # fmt: skip
    triage = Triage(Kind.COMPLAINT, 1, Conduct.ORDINARY, "ja")
    (draft,) = moves.answer(
        [moves.Answered(case.pk, {key: triage}, reply=reply, prepared=private if public else None)]
    )
    return m.Draft.objects.select_related("case").get(pk=draft)


def against(draft: m.Draft, code: str = "triage_corrected") -> m.Draft:
    """Let something stand against a draft that a person said."""
    from casebook import reading

    finding = Finding(code, 0, 0, "severity: 1 → 3")
    return moves.edit(draft.pk, "aki", reading.wording(draft).body, [finding])
