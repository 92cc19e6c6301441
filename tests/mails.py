"""Made mails for benches and tests: complaints of 150 to 900 characters, half of them Japanese.

Seeded, so that every run sees the same; each from its own customer about its own order.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

_JA = {
    "item": [
        "電気ケトル",
        "炊飯器",
        "掃除機",
        "イヤホン",
        "加湿器",
        "カーテン",
        "デスクチェア",
        "化粧水",
        "冷凍餃子",
        "スーツケース",
        "光回線",
        "電子書籍",
        "子供用の靴",
        "空気清浄機",
    ],
    "opening": [
        "いつもお世話になっております。",
        "突然のご連絡で失礼いたします。",
        "はじめてご連絡いたします。",
        "先日そちらで買い物をした者です。",
        "お忙しいところ恐れ入ります。",
    ],
    "trouble": [
        "届いた{item}の電源が入らず、三日間まったく使えていません。",
        "{item}を開けたところ、角が割れていて中身もこぼれていました。",
        "お届け予定日を過ぎても{item}が届かず、配送状況も更新されていません。",
        "注文した{item}と色もサイズも違うものが届きました。",
        "{item}の代金が二重に引き落とされていることに気づきました。",
        "{item}の説明にあった機能が、実際の品には付いていませんでした。",
        "{item}について電話で尋ねたところ、担当の方の態度が冷たく、とても残念でした。",
    ],
    "detail": [
        "説明書の手順どおりに何度か試しましたが、状況は変わりませんでした。",
        "外箱には大きなへこみがあり、配達の方も気づいていたようです。",
        "家族の誕生日に間に合うように選んだものなので、本当に困っています。",
        "以前にも同じような行き違いがあり、今回で二度目になります。",
        "高齢の母が毎日使うもので、代わりの品も手元にありません。",
        "写真も撮ってありますので、必要でしたらお送りします。",
        "平日の日中は仕事のため、電話に出られないことが多いです。",
        "近くの店でも聞いてみましたが、販売元に聞くようにと言われました。",
    ],
    "wish": [
        "交換していただけるのか、返金になるのか、教えてください。",
        "いつまでに対応していただけるのか、はっきりした日を知らせてください。",
        "まずは原因を調べて、説明していただきたいです。",
        "早めのご返事をお待ちしています。",
    ],
}
_EN = {
    "item": ["kettle", "rice cooker", "vacuum cleaner", "pair of headphones", "humidifier", "desk chair",
             "face lotion", "suitcase", "broadband line", "e-book", "pair of shoes", "air purifier"],
    "opening": ["Hello,", "Good morning,", "Dear team,", "To whom it may concern,", "Hi there,"],
    "trouble": ["The {item} I received does not switch on, and I have not been able to use it for three days.",
                "When I opened the parcel, the {item} had a broken corner and parts were missing.",
                "My {item} has still not arrived although the delivery date was last week.",
                "You sent me the wrong colour and the wrong size of the {item} I had ordered.",
                "I have just seen that I was charged twice for the {item}.",
                "The {item} lacks a function that your page clearly describes.",
                "I called about the {item} and the person on the phone was rude to me."],
    "detail": ["I followed every step in the manual several times, and nothing changed.",
               "The box had a large dent that the driver must have noticed as well.",
               "It was meant as a birthday present, so this is really upsetting for us.",
               "This is the second time that something like this has happened with an order.",
               "My mother uses it every day and there is no other one in the house.",
               "I took some pictures that I can send you if they help.",
               "I am at work during the day and usually cannot answer the phone.",
               "A local shop told me that only the seller can do anything about it."],
    "wish": ["Please tell me whether you will replace it or give me a refund.",
             "Please give me a clear date by which this will be solved.",
             "I would like you to find out the cause and explain it to me.",
             "I look forward to a quick answer."],
}  # fmt: skip


def made_mails(count: int, seed: int = 20261122) -> list[bytes]:
    """`count` mails as bytes: CRLF, UTF-8, text/plain, in the order of their dates."""
    draw = random.Random(seed)
    start = datetime(2026, 11, 2, 0, 0, tzinfo=UTC)
    return [_mail(draw, number, start + timedelta(minutes=7 * number)) for number in range(count)]


def _mail(draw: random.Random, number: int, sent: datetime) -> bytes:
    japanese = number % 2 == 0
    words = _JA if japanese else _EN
    order = f"MD-{1_000_000 + number * 37}"
    item = draw.choice(words["item"])
    mail = EmailMessage()
    mail["From"] = f"{'客' if japanese else 'Customer'}{number:05d} <c{number:05d}@example.net>"
    mail["To"] = "support@example.jp"
    mail["Date"] = format_datetime(sent)
    mail["Message-ID"] = f"<made-{number:06d}@example.net>"
    mail["Subject"] = f"{item}の件（{order}）" if japanese else f"My {item}, order {order}"
    mail.set_content(_body(draw, words, item, order, japanese))
    return mail.as_bytes().replace(b"\n", b"\r\n")


def _body(
    draw: random.Random, words: dict[str, list[str]], item: str, order: str, japanese: bool
) -> str:
    length = draw.randint(150, 850)
    parts = [
        draw.choice(words["opening"]),
        f"注文番号は{order}です。" if japanese else f"Order: {order}.",
    ]
    parts.append(draw.choice(words["trouble"]).format(item=item))
    joint = "" if japanese else " "
    while len(joint.join(parts)) < length:
        parts.append(draw.choice(words["detail"] + words["trouble"]).format(item=item))
    parts.append(draw.choice(words["wish"]))
    return joint.join(parts)
