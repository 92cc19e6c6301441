"""Made-up complaints for measuring: each sentence in several wordings, each fact in its slot."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

Sentences = Sequence[Sequence[str]]

JA: Sequence[Sentences] = (
    (
        (
            "{day}に注文した{thing}（注文番号 {order}、{amount}）がまだ届きません。",
            "{day}に{thing}（{amount}）を頼みましたが、いまだに手元に着いていません。注文番号は{order}です。",
            "注文番号{order}の{thing}、代金は{amount}ですが、{day}の注文なのに未着のままです。",
        ),
        (
            "発送のお知らせもなく、マイページでは準備中のままです。",
            "マイページの表示は「準備中」から変わらず、発送の連絡もありません。",
            "発送連絡が来ないまま、画面ではずっと準備中になっています。",
        ),
        (
            "いつ届くのか教えてください。",
            "到着予定をお知らせください。",
            "何日に届くのか知りたいです。",
        ),
    ),
    (
        (
            "{day}に届いた{thing}（注文番号 {order}）の箱を開けたら、割れていました。",
            "{day}に受け取った{thing}ですが、開封したところ破損していました。注文番号{order}の分です。",
            "注文番号{order}の{thing}が割れた状態で{day}に届きました。",
        ),
        (
            "箱の角もつぶれていて、緩衝材はほとんど入っていませんでした。",
            "緩衝材がほぼなく、外箱の角は潰れていました。",
            "外箱は角がつぶれ、中の緩衝材はわずかでした。",
        ),
        (
            "新しい品と交換してください。",
            "代わりの品を送ってください。",
            "交換をお願いしたいです。",
        ),
    ),
    (
        (
            "{day}の請求に、身に覚えのない{amount}が含まれています（注文番号 {order}）。",
            "{day}付けで{amount}を引き落とされましたが、身に覚えのない請求です。番号は注文番号{order}とあります。",
            "注文番号{order}として{day}に{amount}の請求がありますが、まったく身に覚えのない請求です。",
        ),
        (
            "家族にも確かめましたが、誰も買っていません。",
            "家の者に聞いても、購入した者はいませんでした。",
            "家族の誰も買い物をしていないことは確認済みです。",
        ),
        (
            "すぐに返金してください。",
            "至急、返金をお願いします。",
            "早急に払い戻してください。",
        ),
    ),
    (
        (
            "予約番号 {order} で{day}に{place}のホテルを予約していましたが、フロントで予約が入っていないと言われました。",
            "{day}、{place}のホテルの受付で「予約は確認できない」と断られました。予約番号は{order}です。",
            "{place}のホテルに{day}の予約（予約番号{order}）を入れていたのに、現地では予約がないと言われました。",
        ),
        (
            "仕方なく近くの別の宿に泊まり、{amount}かかりました。",
            "結局ほかの宿を自分で探し、{amount}を払って泊まりました。",
            "やむを得ず近隣の宿を取り、宿泊費{amount}が余計にかかりました。",
        ),
        (
            "どうしてこうなったのか、原因を説明してください。",
            "なぜこのようなことが起きたのか、説明を求めます。",
            "原因について、きちんとした説明をお願いします。",
        ),
    ),
    (
        (
            "{day}に{place}店で買った{thing}（{amount}）が、三日で動かなくなりました。",
            "{place}店で{day}に購入した{thing}ですが、三日使っただけで故障しました。値段は{amount}でした。",
            "{amount}で買った{thing}が、購入から三日で動作しなくなりました。{place}店で{day}に求めた物です。",
        ),
        (
            "電源ボタンを押してもランプが一瞬光るだけです。",
            "スイッチを入れても、一瞬ランプが点いてすぐ消えます。",
            "電源を押すとランプが一度光り、それきり反応がありません。",
        ),
        (
            "修理か交換をお願いします。",
            "交換、または修理をしてください。",
            "直していただくか、取り替えてください。",
        ),
    ),
    (
        (
            "{day}に届いた注文番号 {order} は、頼んだ{thing}ではなく違う商品でした。",
            "注文番号{order}で{thing}を頼んだのに、{day}に届いたのは違う商品でした。",
            "{day}に着いた荷物（注文番号{order}）の中身が、{thing}ではない違う商品でした。",
        ),
        (
            "納品書には正しい品名が書かれています。",
            "同封の納品書の品名は合っています。",
            "納品書を見ると、品名は正しく記載されていました。",
        ),
        (
            "正しい品を送り、間違った方は引き取ってください。",
            "間違って届いた品を引き取り、注文どおりの品を届けてください。",
            "誤って届いた物は引き取っていただき、本来の品を早く送ってください。",
        ),
    ),
    (
        (
            "{day}、{place}店のレジで店員の方にとても失礼な態度を取られました。",
            "{place}店で{day}に買い物をした際、レジ係の失礼な対応に驚きました。",
            "{day}に{place}店を利用しましたが、レジの担当者の態度が失礼でした。",
        ),
        (
            "小銭を数えていると舌打ちをされ、袋も投げるように渡されました。",
            "硬貨を出していたら舌打ちされ、商品の袋を投げて寄こされました。",
            "支払いの小銭を出すのに手間取ると舌打ちをし、袋を放るように渡してきました。",
        ),
        (
            "従業員への指導と、再発防止をお願いします。",
            "二度とないように、店員の指導をしてください。",
            "再発防止のため、きちんと指導していただきたいです。",
        ),
    ),
    (
        (
            "{day}に申し込んだ{thing}の定期便（注文番号 {order}）を解約したいのに、解約できません。",
            "定期便の{thing}を解約しようとしても解約できない状態です。申込日は{day}、注文番号は{order}です。",
            "注文番号{order}、{day}申し込みの{thing}の定期便が、どうやっても解約できません。",
        ),
        (
            "電話は何度かけても話し中、画面の解約ボタンを押すと最初に戻されます。",
            "解約ボタンは押しても最初の画面に戻るだけ、電話はいつも話し中です。",
            "サイトで手続きすると最初の画面に戻り、電話をしても話し中ばかりです。",
        ),
        (
            "次回分の{amount}は払いません。今すぐ解約してください。",
            "直ちに解約手続きを済ませてください。次の{amount}を支払う気はありません。",
            "次の引き落とし{amount}の前に、すみやかに解約してください。",
        ),
    ),
    (
        (
            "{day}に返品した{thing}（注文番号 {order}）の返金{amount}がまだされていません。",
            "{thing}を{day}に送り返しましたが、{amount}の返金がまだありません。注文番号は{order}です。",
            "注文番号{order}の{thing}は{day}に返品済みなのに、返金がまだです。金額は{amount}です。",
        ),
        (
            "受け取ったというメールは来ていますが、その先の連絡がありません。",
            "返品を受領したとのメールのあと、何の案内も来ません。",
            "荷物を受領したとの通知は届いたものの、その後の案内はないままです。",
        ),
        (
            "いつ入金されるのか教えてください。",
            "入金の時期をお知らせください。",
            "いつ口座に戻るのか知らせてください。",
        ),
    ),
    (
        (
            "{day}に受け取った{thing}（注文番号 {order}）の部品が足りません。",
            "注文番号{order}、{day}に着いた{thing}ですが、部品が不足しています。",
            "{day}到着の{thing}、部品が一部入っていませんでした。注文番号は{order}です。",
        ),
        (
            "説明書の図にある取り付け用の金具とねじ一式が見当たりません。",
            "取り付け金具と、ねじの袋がどこにもありません。",
            "図に載っている金具一式とねじが見つかりません。",
        ),
        (
            "不足している部品を送ってください。",
            "足りない分を至急お送りください。",
            "欠けている部品を届けてください。",
        ),
    ),
    (
        (
            "{day}に買った{thing}から焦げたような臭いがして、煙が出ました。",
            "{thing}を使っていたら焦げ臭くなり、煙が上がりました。購入は{day}です。",
            "{day}購入の{thing}が、使用中に煙を出して焦げ臭くなりました。",
        ),
        (
            "すぐコンセントを抜いたので火事にはなりませんでしたが、床に跡が残りました。",
            "慌ててプラグを抜き火は出ずに済みましたが、床が焦げました。",
            "コンセントを抜いて大事には至らなかったものの、床に焦げ跡ができました。",
        ),
        (
            "原因を調べて、説明してください。代金{amount}の返金も求めます。",
            "何が原因かを調査して報告してください。{amount}は返金してもらいます。",
            "原因の説明と、支払った{amount}の返金をお願いします。",
        ),
    ),
    (
        (
            "{day}に{place}の会場で受けた講座の領収書（申込番号 {order}）がまだ届きません。",
            "{place}で{day}に受講した講座ですが、領収書が未着です。申込番号は{order}です。",
            "申込番号{order}、{day}に{place}で開かれた講座の領収書が届いていません。",
        ),
        (
            "会社の精算の締め切りがあり、受講料{amount}を立て替えたままです。",
            "受講料の{amount}は自分が立て替えていて、会社の精算期限が迫っています。",
            "立て替えた{amount}の精算が、会社の期限に間に合わなくなりそうです。",
        ),
        (
            "いつ発送されるのか、ご連絡ください。",
            "発送の予定日をお知らせください。",
            "いつ送っていただけるのか教えてください。",
        ),
    ),
)

EN: Sequence[Sentences] = (
    (
        (
            "The {thing} I ordered on {day} (order {order}, {amount}) has not arrived.",
            "I ordered a {thing} on {day} and it still hasn't come. The order number is {order}, {amount} paid.",
            "My order {order}, a {thing} for {amount} placed on {day}, was never delivered.",
        ),
        (
            "The tracking page has said 'preparing' for over a week.",
            "For more than a week the tracking page shows nothing but 'preparing'.",
            "Tracking has been stuck on 'preparing' for more than a week now.",
        ),
        (
            "When will it be delivered?",
            "Please tell me when I can expect delivery; when will it come?",
            "I need to know the delivery date. When will it get here?",
        ),
    ),
    (
        (
            "I was charged {amount} on {day} for order {order}, which I never placed.",
            "On {day} my card was charged {amount} for an order I never placed, number {order}.",
            "There is a charge of {amount} dated {day} on my card for order {order}. I never placed it, yet I was charged.",
        ),
        (
            "Nobody in my family bought anything from you either.",
            "I asked my family, and none of them bought anything from your shop.",
            "My family have not bought anything from you, I checked.",
        ),
        (
            "Please refund the money at once.",
            "I want a refund immediately.",
            "Refund this amount without delay.",
        ),
    ),
    (
        (
            "The {thing} from order {order} arrived on {day} broken.",
            "Order {order} came on {day}, and the {thing} inside was broken.",
            "When I opened order {order} on {day}, I found the {thing} broken.",
        ),
        (
            "The box was crushed at one corner and there was no padding inside.",
            "There was no padding at all, and one corner of the box had been crushed.",
            "One box corner was crushed; padding was missing entirely inside the box.",
        ),
        (
            "Please send a replacement.",
            "I would like it replaced.",
            "Send me a replacement for it, please.",
        ),
    ),
    (
        (
            "I booked a room in {place} for {day} under booking {order}, but reception had no booking in my name.",
            "Reception in {place} told me on {day} there was no booking for me, although I hold booking number {order}.",
            "On {day} the hotel in {place} said there was no booking, yet my booking number is {order}.",
        ),
        (
            "I had to find another hotel late at night and pay {amount} myself.",
            "Late at night I ended up paying {amount} for a different hotel which I had to find myself.",
            "So I paid {amount} for another hotel which I found by myself late at night.",
        ),
        (
            "Please explain how this could happen.",
            "I expect an explanation of how this could happen.",
            "How could this happen? I'd like you to explain.",
        ),
    ),
    (
        (
            "The {thing} I bought in your {place} shop on {day} for {amount} stopped working after three days.",
            "After three days the {thing}, bought for {amount} in your {place} shop on {day}, stopped working.",
            "I paid {amount} for a {thing} in the {place} shop on {day}, and three days later it stopped working.",
        ),
        (
            "The light flashes once when I press the button and then nothing happens.",
            "When I press the power button its light flashes once, then nothing.",
            "Pressing the button gives one flash of the light and nothing else happens.",
        ),
        (
            "Please repair or replace it.",
            "I want it repaired or replaced.",
            "It needs a repair or a replacement, please.",
        ),
    ),
    (
        (
            "A member of staff in your {place} shop was extremely rude to me on {day}.",
            "On {day} I was treated very rudely: a staff member in your {place} shop was rude beyond belief.",
            "Your staff in the {place} shop were terribly rude when I visited on {day}.",
        ),
        (
            "She sighed while I counted my coins and threw the bag on the counter.",
            "While I was counting coins she sighed, and then she threw my bag onto the counter.",
            "As I counted out the coins there was sighing, and the bag was thrown on the counter.",
        ),
        (
            "I expect an apology.",
            "I would like an apology from the shop.",
            "An apology is the least I expect.",
        ),
    ),
)

THINGS_JA = (
    "コーヒーメーカー", "電気ケトル", "炊飯器", "加湿器", "空気清浄機", "掃除機", "トースター", "腕時計",
    "イヤホン", "本棚", "食器棚", "自転車", "スーツケース", "羽毛布団", "ランドセル", "扇風機",
    "ミキサー", "体重計", "マットレス", "望遠鏡",
)  # fmt: skip
THINGS_EN = (
    "kettle", "toaster", "blender", "bookcase", "suitcase", "headset", "lamp", "mattress", "bicycle",
    "vacuum cleaner", "coffee machine", "rice cooker", "backpack", "telescope", "heater", "wardrobe",
)  # fmt: skip
PLACES_JA = ("青葉", "桜見", "南浜", "白鳥", "緑ヶ丘", "若草", "港北", "鳴瀬")
PLACES_EN = ("Aoba", "Minahama", "Shiratori", "Wakakusa", "Naruse", "Midorigaoka")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August",
           "September", "October", "November", "December")  # fmt: skip
_ORDERS = (
    "MD-2026{:02d}{:02d}-{:04d}",
    "A{:02d}{:02d}-{:05d}",
    "{:02d}{:02d}{:05d}",
    "W{:02d}{:02d}{:04d}",
)


@dataclass(frozen=True, slots=True)
class Slots:
    """The facts of one complaint; each can be written in several forms."""

    thing: str
    order: str
    day: date
    yen: int
    place: str

    def other(self, name: str, chance: random.Random, english: bool) -> Slots:
        """The same with another value of the slot `name`."""
        new = Slots.made(chance, english)
        while getattr(new, name) == getattr(self, name):
            new = Slots.made(chance, english)
        values = {field: getattr(self, field) for field in self.__slots__}
        return Slots(**{**values, name: getattr(new, name)})

    @classmethod
    def made(cls, chance: random.Random, english: bool) -> Slots:
        """Facts drawn by chance."""
        day = date(2026, chance.randint(9, 10), chance.randint(1, 28))
        form = chance.choice(_ORDERS)
        return cls(
            thing=chance.choice(THINGS_EN if english else THINGS_JA),
            order=form.format(day.month, day.day, chance.randint(1000, 9999)),
            day=day,
            yen=100 * chance.randint(12, 980),
            place=chance.choice(PLACES_EN if english else PLACES_JA),
        )

    def written(self, chance: random.Random, english: bool) -> Mapping[str, str]:
        """Each fact in a form drawn by chance."""
        month, day, yen = self.day.month, self.day.day, self.yen
        days: tuple[str, ...]
        amounts: tuple[str, ...]
        if english:
            days = (
                f"{day} {_MONTHS[month - 1]}",
                f"{_MONTHS[month - 1][:3]} {day}",
                f"{_MONTHS[month - 1]} {day}",
            )
            amounts = (f"{yen:,} yen", f"¥{yen:,}", f"{yen} JPY")
        else:
            days = (
                f"{month}月{day}日",
                f"{month}/{day}",
                f"令和8年{month}月{day}日",
                f"2026年{month}月{day}日",
            )
            amounts = (
                f"{yen:,}円",
                f"{yen}円",
                f"¥{yen:,}",
                *((f"{yen / 10_000:g}万円",) if yen % 1_000 == 0 else ()),
            )
        return {"thing": self.thing, "order": self.order, "place": self.place,
                "day": chance.choice(days), "amount": chance.choice(amounts)}  # fmt: skip


def told(base: Sentences, choice: Sequence[int], facts: Mapping[str, str], sep: str) -> str:
    """A complaint with the given wording of each sentence."""
    parts = (forms[pick % len(forms)] for forms, pick in zip(base, choice, strict=True))
    return sep.join(part.format_map(dict(facts)) for part in parts)
