"""Scenarios made by chance from a seed: what is planted is known."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.bench.complaints import EN, JA, Sentences, Slots, told

Row = dict[str, Any]

START = datetime(2026, 11, 2, 9, tzinfo=ZoneInfo("Asia/Tokyo"))
_HELLO = {
    False: ("お世話になっております。", "はじめまして。", "担当者様", ""),
    True: ("Hello,\n", "Dear Sir or Madam,\n", "Hi,\n", ""),
}
_AGAIN = {
    False: (
        "念のため再送します。",
        "先日のメールが届いていないようなので、もう一度お送りします。",
        "再送いたします。",
    ),
    True: (
        "I am sending this again in case it got lost.",
        "Resending my message.",
        "Trying again.",
    ),
}
_NUDGE = {
    False: (
        "まだお返事をいただいていません。先日のメールを下に貼ります。",
        "その後いかがでしょうか。前回お送りした内容です。",
        "三日待ちましたが連絡がありません。以下、前回のメールです。",
    ),
    True: (
        "I have had no reply yet. My earlier message is below.",
        "Any news? This is what I wrote to you:",
        "Three days and still no answer. Here is my first message again.",
    ),
}
_REMINDER = {
    False: (
        "{order}の件、まだお返事がありません。ご確認をお願いします。",
        "先日ご連絡した{thing}の件ですが、その後どうなりましたか。",
        "数日前にメールを差し上げた者です。返信がなく困っています。",
    ),
    True: (
        "I wrote to you about {order} a few days ago and have not heard back.",
        "Is there any news about my {thing}? I e-mailed you earlier.",
        "I am still waiting for a reply to my earlier message.",
    ),
}
_NEW_WORDS = {
    False: (
        "{order}について追加です。写真を撮りましたので添付します。連絡は夕方以降にいただけると助かります。",
        "追記です。{order}のことで、平日は留守にしますので土日にお願いします。",
        "{order}の者です。待てませんので、注文をキャンセルして弁護士に相談することにしました。",
    ),
    True: (
        "About {order}: I have attached two photos, and I can be reached in the evening.",
        "One more thing on {order}: nobody is at home on weekdays, so please come on a Saturday.",
        "Regarding {order}, I cannot wait any longer. Cancel it, or my lawyer will write to you.",
    ),
}
_EVENTS = (
    (
        "{place}市でインターネットがつながりません。{hour}時ごろから光回線のランプが赤く点滅しています。復旧の見込みを教えてください。",
        "{hour}時すぎから{place}でネットが使えなくなりました。近所も同じだそうです。障害でしょうか。",
        "{place}市の者です。今夜{hour}時から回線が不通です。仕事になりません。",
    ),
    (
        "{place}線が{hour}時から運転見合わせで、{place}駅に閉じ込められています。払い戻しはどうなりますか。",
        "{place}線の電車が止まって、商談に間に合いませんでした。{hour}時ごろです。案内放送がまったくありませんでした。",
        "{place}線の運休でホームに二時間いました。{hour}時からの遅延の説明をしてください。",
    ),
    (
        "{place}ホールの秋のコンサートが急に中止と聞きました。交通費も返してもらえるのでしょうか。",
        "楽しみにしていた{place}ホールのコンサート、当日になって中止とはどういうことですか。",
        "{place}ホールに着いたらコンサートは中止だと貼り紙がありました。なぜ前もって知らせないのですか。",
    ),
    (
        "アプリが{hour}時ごろから開きません。エラー画面が出るだけで、クーポンが使えませんでした。",
        "{hour}時からアプリにログインできません。エラーが出ます。いつ直りますか。",
        "今アプリを開くとエラーになります。{hour}時すぎからずっとです。",
    ),
)
_PRIVATE = (
    "{thing}（注文番号 {order}）がまだ届きません。いつ届きますか。",
    "注文番号{order}の{thing}が割れて届きました。交換してください。",
    "{thing}が動きません。注文番号は{order}です。返金をお願いします。",
)


@dataclass
class _Story:
    """A scenario in the making."""

    name: str
    at: datetime
    rows: list[Row] = field(default_factory=list)
    expected: list[Row] = field(default_factory=list)

    def add(self, text: str, relation: str, of: str | None = None, **more: Any) -> str:
        """Add a message with the relation that it has; returns its key."""
        key = f"m{len(self.rows) + 1}"
        self.rows.append({
            "key": key, "source": "mail", "author": "kyaku@example.net", "subject": "",
            "at": self.at.isoformat(), "thread": None, "receipt": None, "text": text,
            **more,
        })  # fmt: skip
        self.expected.append({"key": key, "relation": relation, "of": of})
        return key

    def wait(self, hours: float) -> None:
        """Let time pass."""
        self.at += timedelta(hours=hours)

    def row(self) -> Row:
        """The scenario in the format of `madoguchi relate --json`, with its labels."""
        return {"id": self.name, "messages": self.rows, "expected": self.expected}


def scenarios(seed: int, count: int) -> Iterator[Row]:
    """`count` scenarios of every kind in turn, the same for the same seed."""
    chance = random.Random(seed)
    kinds: tuple[Callable[[_Story, random.Random], None], ...] = (
        *(_repeated(kind) for kind in ("resend", "reword", "nudge", "forward")),
        *(_apart(slot) for slot in ("order", "thing", "day", "yen")),
        _followed, _reminded, _event, _private, _two_accounts,
    )  # fmt: skip
    for number in range(count):
        kind = kinds[number % len(kinds)]
        at = START + timedelta(hours=chance.randint(0, 300))
        story = _Story(f"g{number}", at)
        kind(story, chance)
        yield story.row()


def _pick(chance: random.Random) -> tuple[bool, Sentences, Slots]:
    english = chance.random() < 1 / 3
    return english, chance.choice(EN if english else JA), Slots.made(chance, english)


def _original(chance: random.Random) -> tuple[bool, Sentences, Slots, str, list[int]]:
    english, base, slots = _pick(chance)
    choice = [chance.randrange(3) for _ in base]
    text = told(base, choice, slots.written(chance, english), _between(english))
    return english, base, slots, chance.choice(_HELLO[english]) + text, choice


def _between(english: bool) -> str:
    return " " if english else ""


def _repeated(how: str) -> Callable[[_Story, random.Random], None]:
    def make(story: _Story, chance: random.Random) -> None:
        english, base, slots, text, choice = _original(chance)
        first = story.add(text, "new")
        story.wait(chance.uniform(1, 200))
        if how == "reword":
            others = [pick + chance.choice((1, 2)) for pick in choice]
            again = told(base, others, slots.written(chance, english), _between(english))
        elif how == "resend":
            again = _disguised(chance, text, chance.choice(_AGAIN[english]))
        elif how == "nudge":
            again = f"{chance.choice(_NUDGE[english])}\n\n{text}"
        else:
            again = _forwarded(story, text)
        subject = "Fwd: " if how == "forward" else ""
        story.add(again, "duplicate", first, subject=subject)

    return make


def _disguised(chance: random.Random, text: str, announced: str) -> str:
    """The text as it may come again: as it was, announced, wrapped, in full-width digits."""
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    forms = (
        text,
        f"{announced}\n\n{text}",
        text.replace("。", "。\n").replace(". ", ".\n"),
        text.translate(wide),
        f"{text}\n\nどうぞよろしくお願いします。" if "。" in text else f"{text}\n\nKind regards",
    )
    return chance.choice(forms)


def _forwarded(story: _Story, text: str) -> str:
    return (
        "---------- Forwarded message ---------\nFrom: 客 <kyaku@example.net>\n"
        f"Date: {story.at:%Y-%m-%d}\nSubject: \nTo: <support@example.jp>\n\n{text}"
    )


def _apart(slot: str) -> Callable[[_Story, random.Random], None]:
    """Nearly the same words, one fact another: another matter of the same customer."""

    def make(story: _Story, chance: random.Random) -> None:
        english, base, slots, _, choice = _original(chance)
        while "{" + {"yen": "amount"}.get(slot, slot) + "}" not in str(base) or (
            slot != "order" and "{order}" in str(base)
        ):
            english, base, slots, _, choice = _original(chance)
        forms = slots.written(chance, english)
        story.add(told(base, choice, forms, _between(english)), "new")
        story.wait(chance.uniform(1, 200))
        other = slots.other(slot, chance, english).written(chance, english)
        changed = {"yen": "amount"}.get(slot, slot)
        text = told(base, choice, {**forms, changed: other[changed]}, _between(english))
        story.add(text, "new")

    return make


def _followed(story: _Story, chance: random.Random) -> None:
    english, base, slots, text, _ = _original(chance)
    while "{order}" not in str(base):
        english, base, slots, text, _ = _original(chance)
    first = story.add(text, "new")
    story.wait(chance.uniform(1, 200))
    more = chance.choice(_NEW_WORDS[english]).format(order=slots.order)
    thread = first if chance.random() < 0.5 else None
    story.add(more, "follow-up", first, thread=thread)


def _reminded(story: _Story, chance: random.Random) -> None:
    english, base, slots, text, _ = _original(chance)
    while "{order}" not in str(base) or "{thing}" not in str(base):
        english, base, slots, text, _ = _original(chance)
    first = story.add(text, "new")
    story.wait(chance.uniform(24, 200))
    reminder = chance.choice(_REMINDER[english]).format(order=slots.order, thing=slots.thing)
    story.add(reminder, "follow-up", first)


def _event(story: _Story, chance: random.Random) -> None:
    forms = chance.choice(_EVENTS)
    slots, hour = Slots.made(chance, False), chance.randint(5, 10)
    first = ""
    for number, form in enumerate(chance.sample(forms, 3)):
        text = form.format(place=slots.place, hour=hour)
        author = f"koe{number}@example.net"
        key = story.add(text, "incident" if first else "new", first or None, author=author)
        first = first or key
        story.wait(chance.uniform(0.2, 8))


def _private(story: _Story, chance: random.Random) -> None:
    form = chance.choice(_PRIVATE)
    for number in range(3):
        slots = Slots.made(chance, False)
        text = form.format(thing=slots.thing, order=slots.order)
        story.add(text, "new", author=f"kyaku{number}@example.net")
        story.wait(chance.uniform(1, 30))


def _two_accounts(story: _Story, chance: random.Random) -> None:
    """The same words from an account on another channel: one customer only by the receipt."""
    _, _, _, text, _ = _original(chance)
    receipt = f"T{chance.randint(10_000, 99_999)}"
    first = story.add(text, "new", receipt=receipt)
    story.wait(chance.uniform(1, 100))
    if chance.random() < 0.5:
        story.add(text, "new", author="@kyaku", source="x")
    else:
        text = f"受付番号 {receipt} の者です。電話がほしいので、番号を送ります。"
        story.add(text, "follow-up", first, author="@kyaku", source="x")
