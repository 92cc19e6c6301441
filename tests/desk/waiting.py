"""A queue of every kind, made by the same moves as a real one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from casebook import models as m
from casebook import moves
from casebook.clock import now
from casebook.types import (
    Channel,
    Conduct,
    Finding,
    Kind,
    Relation,
    RelationKind,
    Reply,
    Span,
    Triage,
    Visibility,
)
from tests.casebook.test_moves import inbound, received

HOSTILE = (
    "<script>document.title='owned'</script><img src=https://evil.example/x.png "
    "onerror=alert(1)><style>*{display:none}</style>\u202egnp.exe &amp; {{ secret }}"
)
"""What a stranger might write."""

ABUSE = "ばか野郎"
"""What is shown with a mask."""


@dataclass(frozen=True, slots=True)
class Sort:
    """A kind of case: what was written, what it is, and in how many hours a reply is due."""

    name: str
    subject: str
    text: str
    severity: int = 1
    kind: Kind = Kind.COMPLAINT
    conduct: Conduct = Conduct.ORDINARY
    hours: float | None = 24
    channel: Channel = Channel.EMAIL
    visibility: Visibility = Visibility.PRIVATE
    language: str = "ja"
    blocked: bool = False


SORTS = (
    Sort("小林 真", "【至急】化粧水で顔が腫れました", "使った翌朝から赤く腫れています。", 3, hours=2),
    Sort("Ann Doe", "Someone else's invoice", "I got another person's data.", 3, hours=5, language="en"),
    Sort("佐々木", "二重に請求されています", "カードの明細に同じ請求が2件あります。", 2, hours=1),
    Sort("mori_77", "", "電話が3日つながらない。どうなっているの。", 2, hours=3,
         channel=Channel.X, visibility=Visibility.PUBLIC),
    Sort("高橋 由美", "お皿が割れていました", "届いた箱を開けると割れていました。"),
    Sort("中村", "交換の件", "先日お願いした交換はいつですか。", kind=Kind.INQUIRY),
    Sort("吉田", "誠意を見せろ", "慰謝料として100万円を払え。", 2, conduct=Conduct.UNREASONABLE),
    Sort("匿名", "おまえ", "ばか野郎、死ね。", 2, conduct=Conduct.HARASSMENT),
    Sort("不明", "夜道", "夜道に気をつけろよ。", 3, conduct=Conduct.THREAT, hours=6),
    Sort("Bob Ray", "Great service", "Thank you for the quick help.", 0, Kind.PRAISE, language="en"),
    Sort("清水", "営業時間の表示", "日曜の時間も載せてほしいです。", 0, Kind.REQUEST),
    Sort("x" * 300, "長" * 500, "とても長い。" * 800),
    Sort("<b>太郎</b>", HOSTILE, HOSTILE),
    Sort("期限切れ", "まだですか", "何度も送っています。", 2, hours=-2),
    Sort("要修正", "返金について", "全額返してください。", blocked=True),
)  # fmt: skip
"""Fifteen, one of each."""


def waiting(sorts: tuple[Sort, ...] = SORTS) -> list[m.Draft]:
    """Their drafts, each pending on a case of its own."""
    return [_waits(sort) for sort in sorts]


def _waits(sort: Sort) -> m.Draft:
    (key,) = received(
        inbound(
            subject=sort.subject, text=sort.text, new_text=sort.text, display_name=sort.name,
            channel=sort.channel, visibility=sort.visibility, sent_at=now(),
            author=f"{abs(hash(sort.name)) % 10**8}@example.net",
        )
    )  # fmt: skip
    moves.relate([moves.Related(key, Relation(RelationKind.NEW), sort.language, ())])
    case = m.Message.objects.get(pk=key).case_id
    assert case is not None
    due = now() + timedelta(hours=max(sort.hours, 1)) if sort.hours is not None else None
    body = "このたびはご不便をおかけし、申し訳ございません。担当よりご連絡いたします。"
    reply = Reply(
        sort.channel, sort.visibility, sort.language, "Re: " + sort.subject[:80], body, due
    )
    at = len(sort.subject) + 1 + sort.text.find(ABUSE)
    spans = (Span("harassment:insult", at, at + len(ABUSE), ABUSE),) if ABUSE in sort.text else ()
    triage = Triage(sort.kind, sort.severity, sort.conduct, sort.language, evidence=spans)
    findings = (Finding("refund_promised", 0, 4, "beyond authority"),) if sort.blocked else ()
    (draft,) = moves.answer(
        [
            moves.Answered(
                case, {key: triage}, reply=replace(reply, severity=sort.severity), findings=findings
            )
        ]
    )
    if sort.hours is not None and sort.hours < 0:
        m.Draft.objects.filter(pk=draft).update(due=now() + timedelta(hours=sort.hours))
    return m.Draft.objects.select_related("case").get(pk=draft)
