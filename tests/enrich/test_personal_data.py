"""Personal data by patterns. In the examples, {type:value} marks what is to be found."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.policy import load_policy
from casebook.types import Span
from enrich.personal_data import company_values, find, not_ours, redact
from enrich.personal_data.folding import fold, in_digits
from enrich.personal_data.numbers import luhn, my_number
from enrich.personal_data.phones import national
from enrich.personal_data.rules import Type

_MARK = re.compile(r"\{([a-z_]+):([^}]+)\}")


def found(text: str) -> list[tuple[str, str]]:
    return [(span.label, span.text) for span in find(text)]


def check(marked: str) -> None:
    text = _MARK.sub(lambda match: match[2], marked)
    assert found(text) == [(match[1], match[2]) for match in _MARK.finditer(marked)], text


PHONES = """
電話は{phone:090-1234-5678}までお願いします。
携帯 {phone:09012345678} に掛けてください
TEL：{phone:０３－１２３４－５６７８}（平日のみ）
{phone:(03)1234-5678} または {phone:03(1234)5678}
{phone:〇九〇－一二三四－五六七八}に連絡を
{phone:090ー1234ー5678}です
連絡先は{phone:+81 90-1234-5678}、自宅は{phone:+81-3-1234-5678}
{phone:+81(0)90-1234-5678}
{phone:0312345678}
{phone:090 1234 5678}
Call me at {phone:(415) 555-0132} or {phone:+44 20 7946 0958}.
My mobile is {phone:+1-415-555-0132}, office {phone:415-555-0133}.
電話 {phone:1234-5678} の内線
""".strip().splitlines()

NUMBERS = """
カードは{card:4111 1111 1111 1111}、期限12/27、名義はまだ
{card:4111111111111111} で決済
{card:５５５５－５５５５－５５５５－４４４４}
{card:3782 822463 10005}
card {card:6011-1111-1111-1117} 123
マイナンバーは{my_number:1234 5678 9018}です
{my_number:123456789018}
個人番号：{my_number:１２３４－５６７８－９０１８}
サンプル銀行 本店 普通 {bank_account:1234567}
口座番号：{bank_account:7654321}（普通）
ゆうちょ 記号{bank_account:12340-12345671}
Account number: {bank_account:12345678}, sort code to follow
IBAN {bank_account:GB82 WEST 1234 5698 7654 32}
注文番号：{order_number:A-20261105-001} の件
ご注文番号は「{order_number:123456789}」です。
予約番号 {order_number:RSV88231} で泊まりました
Order #{order_number:12345678} has not arrived.
My order number is {order_number:AB-99812}.
Booking reference: {order_number:XK7P2Q}
{order_number:ORD-2026-00123}が届きません
パスポート番号は{passport:TR1234567}です
Passport No. {passport:TK7654321}
""".strip().splitlines()

PLACES = """
〒{postal_code:150-0001} {address:東京都渋谷区神宮前1-2-3 サンプルマンション405号室}
郵便番号：{postal_code:1000001}
住所は{address:大阪府大阪市北区梅田一丁目二番三号}です
{address:横浜市西区みなとみらい2-2-1}に送ってください
住所：{address:北海道札幌市中央区北1条西2丁目3-4}
{postal_code:530-0001} {address:大阪府大阪市北区梅田3丁目1番3号}
{address:京都府京都市左京区吉田本町36番地1}
I live at {address:14 Baker Street, London} {postal_code:NW1 6XE}.
{address:123 Main Street, Springfield, IL} {postal_code:62704}
{address:1-2-3 Jingumae, Shibuya-ku, Tokyo} {postal_code:150-0001}
車は{license_plate:品川500あ12-34}です
{license_plate:横浜 330 さ 56-78} の白い車
License plate: {license_plate:7ABC123}
""".strip().splitlines()

PEOPLE = """
{person:山田太郎}と申します。
先日購入した{person:鈴木}といいます。
株式会社サンプルの{person:佐藤花子}と申します。
{person:髙橋}様より連絡がありました
担当の{person:中村}さんが来ました
店員の{person:小林}が謝りません
氏名：{person:渡辺 直美}
お名前（カナ）：{person:ワタナベ ナオミ}
契約者名：{person:伊藤一郎} 電話：{phone:03-1234-5678}
{person:ジョン・スミス}さんに聞きました
{person:佐々木}という店員の態度が悪い
会員の{person:山口}です。
{person:田中}店長に言いました
My name is {person:John Smith} and I want a refund.
I spoke with {person:Emily Carter} yesterday.
Mr. {person:Brown} told me so. Ms {person:Suzuki} agreed.
Full name: {person:Mary Anne O'Neil}
Dear {person:Emily},
{person:Taro Yamada} <{email:taro@example.com}> wrote
会員の{person:三宅つむぎ}です。電話してください
{person:小林 さくら}様
弟の{person:ファム・ティ・ラン}が使います
口座名義 {person:スズキ マリコ}
氏名　{person:鳥居 和歌子}
名義は{person:TARO YAMADA}です
{person:竹内}宛てにお送りください
The parcel was addressed to {person:Priya Raman}, {address:12 Dock Road, Harwick}.
His name as {person:Bobby Lowe} in your file
""".strip().splitlines()

LETTERS = [
    "ありがとうございました。\n--\n{person:山田 太郎}\n",
    "I want my money back.\n\nKind regards,\n{person:John Smith}\n",
]

OTHERS = """
生年月日：{birth_date:1985年4月1日}
{birth_date:昭和60年4月1日}生まれです
{birth_date:昭和六十年四月一日}生
誕生日は{birth_date:S60.4.1}
DOB: {birth_date:04/01/1985}
I was born on {birth_date:April 1, 1985} in Kobe.
メールは{email:taro.yamada+shop@example.co.jp}へ
{email:ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏｍ}
{email:a..b.@docomo.example.jp} に返信を
{email:taro[at]example.com}
{handle:@yamada_taro} さん、見てください
{handle:@taro.bsky.social} と {handle:@taro@social.example}
LINE ID：{handle:taro_1985}
https://x.com/{handle:yamada_taro}/status/1 を参照
パスワードは「{password:hunter2!}」です
ﾊﾟｽﾜｰﾄﾞ：{password:abcd1234}
暗証番号は{password:4821}です
password: {password:correcthorse}
my password is {password:Tr0ub4dor&3}.
PW={password:s3cr3t-pw}
""".strip().splitlines()

HARMLESS = """
お客様各位　この度は多様な仕様変更で皆様にご迷惑をお掛けし、奥様にもたくさんのお叱りを頂きました。
フリーダイヤル0120-123-456と0800-123-4567、ナビダイヤル0570-012-345に掛けました。
追跡番号は1234-5678-9018です。
伝票番号 123456789018 が見つかりません
型番 ABC-1234-5678 の品番は 123-4567 です
JANコード 4901234567894
IMEI: 490154203237518
2026年11月5日 10:30 に買った 12,800円の品です。
1,234,567円、3.14159265、20261105、150-0001というロット
「円@1,000」「3個@500円」
パスワードは8文字以上にしてください。パスワードを忘れました。
My password is not working. Password reset failed twice.
I am Very Angry. This is Totally Unacceptable Service.
Dear Sir or Madam, Dear Customer Service Team,
Product name: Kettle Pro. Model: X-200.
東京都の梅雨、渋谷区の店、大阪府大阪市で買いました。
お届け先の変更をしたいのですが
神様、店長さん、店員さん、業者さん、王様、大家さん、赤ちゃん
トヨタさんの対応は良かったです
第3回 2丁目の店で 5-6人 待ち
バージョン 10.0.19045.3803
ISBN 978-4-12-345678-9
購入2026年、注文3件、予約2名
1-800-555-0199 is your own toll-free number.
氏名の変更、様子、同様、殿堂、氏神
会員番号 0123456789
4111 1111 1111 1112
マイナンバーカードを作りました
誕生日のプレゼントを4月1日に注文
""".strip().splitlines()


@pytest.mark.parametrize("marked", [*PHONES, *NUMBERS, *PLACES, *PEOPLE, *LETTERS, *OTHERS])
def test_what_is_personal_is_found(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == []


def test_spans_count_in_characters_of_the_original() -> None:
    text = "㈱サンプルのﾔﾏﾀﾞ様\u200b、☎０９０\u200b－１２３４－５６７８"
    assert found(text) == [("person", "ﾔﾏﾀﾞ"), ("phone", "０９０\u200b－１２３４－５６７８")]


@given(st.text(max_size=60))
def test_a_folded_text_keeps_the_way_back(text: str) -> None:
    folded = fold(text)
    assert len(folded.starts) == len(folded.ends) == len(folded.text) == len(in_digits(folded.text))
    assert list(folded.starts) == sorted(folded.starts)
    for place, character in enumerate(folded.text):
        start, end = folded.original(place, place + 1)
        assert 0 <= start < end <= len(text)
        origin = unicodedata.normalize("NFKC", text[start:end])
        assert character in origin or character == "-"


@given(
    st.lists(
        st.one_of(st.text(max_size=12), st.sampled_from([*PHONES, *NUMBERS, *PEOPLE])), max_size=6
    )
)
def test_found_spans_are_slices_in_their_order_and_do_not_overlap(parts: list[str]) -> None:
    text = "".join(parts)
    spans = find(text)
    assert all(span.text == text[span.start : span.end] != "" for span in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    assert all(Type(span.label) for span in spans)


@given(st.text(max_size=40), st.text(max_size=40))
def test_redacting_leaves_what_stands_around(before: str, after: str) -> None:
    text = f"{before}\n090-1234-5678\n{after}"
    span = Span(Type.PHONE, len(before) + 1, len(before) + 14, "090-1234-5678")
    assert redact(text, [span], "ja") == f"{before}\n〔電話番号1〕\n{after}"


def test_the_same_value_has_the_same_number() -> None:
    text = "電話 090-1234-5678、０９０１２３４５６７８、+81 90-1234-5678、03-1111-2222"
    assert (
        redact(text, find(text))
        == "電話 〔電話番号1〕、〔電話番号1〕、〔電話番号1〕、〔電話番号2〕"
    )


def test_placeholders_speak_the_language_of_the_text_and_are_no_personal_data() -> None:
    text = "My name is John Smith, call +44 20 7946 0958. Password: hunter2\nMr Smith"
    once = redact(text, find(text))
    assert once == "My name is [person 1], call [phone 1]. Password: [password 1]\nMr [person 2]"
    assert find(once) == ()
    japanese = "山田太郎と申します。電話は090-1234-5678です。"
    once = redact(japanese, find(japanese))
    assert once == "〔氏名1〕と申します。電話は〔電話番号1〕です。"
    assert find(once) == ()


def test_what_the_company_makes_known_is_not_personal() -> None:
    policy = load_policy("default")
    company = policy.company.model_copy(
        update={"phone": "03-5555-0100", "email": "care@shop.example"}
    )
    public = company_values(policy.model_copy(update={"company": company}))
    text = "care@shop.exampleと０３－５５５５－０１００（+81 3-5555-0100）、別に03-5555-0101"
    assert [span.text for span in find(text, public=public)] == ["03-5555-0101"]


@given(st.integers(0, 10**15 - 1))
def test_one_check_digit_of_ten_makes_a_card_valid(number: int) -> None:
    assert sum(luhn(f"{number:015}{digit}") for digit in range(10)) == 1


@given(st.integers(0, 10**11 - 1))
def test_one_check_digit_of_ten_makes_a_my_number_valid(number: int) -> None:
    assert sum(my_number(f"{number:011}{digit}") for digit in range(10)) == 1


def test_a_number_is_read_as_dialled_at_home() -> None:
    assert national("+81 (0)90-1234-5678") == national("090 1234 5678") == "09012345678"


@pytest.mark.parametrize(
    "unit",
    [
        "1",
        "12-",
        "4111 ",
        "様",
        "田様",
        "@a",
        "a.",
        "〒1",
        "注文番号",
        "password: ",
        "Dear Aa ",
        "東京都市",
        "ｶﾞ",
        "e\u0301",
        "\ud800",
    ],
)
def test_a_hostile_text_is_read_to_its_end(unit: str) -> None:
    text = unit * (200_000 // len(unit)) + "\n090-1234-5678\n"
    assert find(text)[-1].text == "090-1234-5678"


@pytest.mark.parametrize("receipt", ["M-PW9RT6", "M-PW0NJW", "M-PW14E6", "M-PW77P1"])
def test_a_receipt_number_of_ours_is_nobodys_secret(receipt: str) -> None:
    text = f"本件の受付番号は {receipt} です。\nYour reference number is {receipt}."
    assert not_ours(text, load_policy("default")) == ()
