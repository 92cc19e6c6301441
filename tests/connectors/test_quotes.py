"""The new text of a mail: what its author wrote now, in the ways that mailers really quote."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.mime import parse_mail
from connectors.quotes import new_text

TRIMMER = Path(__file__).parents[3] / "shared/data/emails-reply-trimmer/test"
FORWARDS_KEPT = {"forwarded_apple.txt", "forwarded_gmail.txt"}
"""These expect the forwarded content to be dropped; here it is kept on purpose."""

WORDS = "届いた炊飯器の蓋が閉まりません。\n早めに交換してください。"
QUOTED = "> お問い合わせありがとうございます。\n> 担当者が確認いたします。"


@pytest.mark.parametrize(
    "attribution",
    [
        "2026年10月5日(月) 9:12 窓口 <support@madoguchi.example>:",
        "2026年10月5日（月） 9:12 窓口 <support@madoguchi.example>：",
        "2026/10/05 9:12、山田のメール:",
        "2026/10/05 9:12、山田 太郎 <taro@example.jp>のメール：",
        "2026/10/05 9:12、山田さんは書きました：",
        "On Mon, Oct 5, 2026 at 9:12 AM Support <support@madoguchi.example> wrote:",
        "On Mon, Oct 5, 2026 at 9:12 AM 窓口\n<support@madoguchi.example> wrote:",
        "Am 05.10.2026 um 09:12 schrieb Support <support@madoguchi.example>:",
        "Le lun. 5 oct. 2026 à 09:12, Support <s@madoguchi.example> a écrit :",
        "El lun, 5 oct 2026 a las 9:12, Support (<s@madoguchi.example>) escribió:",
        "山田太郎 <taro@example.jp> wrote:",
        "在 2026年10月5日，上午9:12，窓口 <s@madoguchi.example> 写道：",
    ],
)
def test_a_quote_below_its_attribution_is_dropped(attribution: str) -> None:
    assert new_text(f"{WORDS}\n\n{attribution}\n{QUOTED}\n", "Re: 炊飯器") == WORDS


@pytest.mark.parametrize(
    "boundary",
    [
        "-----Original Message-----\nFrom: s@madoguchi.example\nSent: Monday",
        "----- 元のメッセージ -----\n差出人: 窓口",
        "-------- 元のメール --------",
        "________________________________\n差出人: 窓口 <s@madoguchi.example>\n"
        "送信日時: 2026年10月5日 9:12\n宛先: 山田\n件名: Re: 炊飯器",
        "差出人： 窓口\n送信日時： 2026年10月5日 9:12\n宛先： 山田\n件名： Re: 炊飯器",
        "From: Support <s@madoguchi.example>\nDate: Mon, 5 Oct 2026\nTo: Taro\nSubject: Re:",
        "Von: Support\nGesendet: Montag, 5. Oktober 2026\nAn: Taro\nBetreff: AW: Kocher",
    ],
)
def test_an_unquoted_original_below_is_dropped(boundary: str) -> None:
    text = f"{WORDS}\n\n{boundary}\n\nお問い合わせありがとうございます。\n"
    assert new_text(text, "Re: 炊飯器") == WORDS


@pytest.mark.parametrize(
    "signature",
    [
        "-- \n山田太郎\n090-1234-5678",
        "━━━━━━━━━━━━━━━━━━\n株式会社さくら商事\n総務部 山田太郎\n〒100-0001 東京都千代田区\n"
        "TEL 03-1234-5678\n━━━━━━━━━━━━━━━━━━",
        "*********************\n山田太郎\nmail: taro@example.jp\n*********************",
        "＿＿＿＿＿＿＿＿＿＿\n有限会社うめ\n電話 03-1234-5678",
        "=-=-=-=-=-=-=-=-=\nYamada Taro\nhttps://yamada.example\n=-=-=-=-=-=-=-=-=",
        "～～～～～～～～～～\n山田\n携帯 090-1234-5678\n～～～～～～～～～～",
        "iPhoneから送信",
        "私のiPhoneから送信",
        "Androidから送信",
        "Sent from my iPhone",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "Envoyé de mon iPad",
        "Von meinem iPhone gesendet",
        "Yahoo!メールアプリから送信",
    ],
)
def test_a_signature_is_dropped(signature: str) -> None:
    assert new_text(f"{WORDS}\n\n{signature}\n") == WORDS


@pytest.mark.parametrize(
    "disclaimer",
    [
        "This e-mail and any attachments are confidential and intended solely for the addressee. "
        "If you are not the intended recipient, please delete it.",
        "CONFIDENTIALITY NOTICE: this message may be privileged. Unauthorized disclosure\n"
        "is prohibited.",
        "本メールには機密情報が含まれている場合があります。誤って受信された場合は破棄してください。",
        "このメールは宛先以外の方による利用を固く禁じます。誤送信の際は送信者までお知らせのうえ、"
        "削除をお願いいたします。",
        "【機密情報の取扱いについて】\n本メールを誤って受信された方は、無断で転載せず破棄願います。",
    ],
)
def test_a_disclaimer_is_dropped(disclaimer: str) -> None:
    assert new_text(f"{WORDS}\n\n{disclaimer}\n") == WORDS


def test_signature_disclaimer_device_line_and_quote_fall_together() -> None:
    text = (
        f"{WORDS}\n\n-----------------\n株式会社さくら商事\nTEL 03-1234-5678\n-----------------\n\n"
        "本メールには機密情報が含まれます。誤って受信された場合は破棄してください。\n\n"
        f"iPhoneから送信\n\n2026年10月5日(月) 9:12 窓口 <s@example.jp>:\n{QUOTED}\n"
    )
    assert new_text(text) == WORDS


@pytest.mark.parametrize(
    "text",
    [
        f"{WORDS}\n-----------------\n注文番号: A-1020\n電話: 03-1234-5678",
        f"{WORDS}\n\n----------\n返金してください。",
        "2026年10月5日に注文しました。\nまだ届きません。",
        "On Monday I ordered a kettle.\nIt wrote:\nE04 on its display.",
        "Your last message was confidential and I was not the intended recipient.\nExplain this.",
        "件名: なし\n返金してください。",
        ">_< もう限界です。\n返金してください。",
        "このメールに三日以内に返事をください。",
        "お世話になります。\n\n"
        "このメールの前のものは誤って送信しました。破棄して、会員情報も削除してください。",
        "The kettle is broken.\n\nSent by courier on Monday, no reply so far",
        "まだ返事がありません。\n昨日も同じ内容をスマホから送信しました",
        "Hello.\n\nThis message was sent in error, so delete it and destroy my data.",
        "昨日スマホから送信しましたが、返事がありません。",
        "```\nOn Mon, Oct 5, 2026, A wrote:\n> x\n```\nThis is what your form sent me.",
    ],
)
def test_the_authors_words_stay(text: str) -> None:
    assert new_text(text) == text


def test_an_answer_below_the_quote_is_found() -> None:
    text = f"2026年10月5日(月) 9:12 窓口 <s@example.jp>:\n{QUOTED}\n\n{WORDS}\n"
    assert new_text(text, "Re: 炊飯器") == WORDS


def test_answers_between_quotes_keep_what_they_answer() -> None:
    text = (
        "2026年10月5日(月) 9:12 窓口 <s@example.jp>:\n> 型番を教えてください。\n\nRK-10です。\n\n"
        "> 購入日はいつですか。\n\n九月三日です。\n\n> よろしくお願いします。\n"
    )
    found = new_text(text, "Re: 炊飯器")
    assert "RK-10です。" in found
    assert "> 購入日はいつですか。" in found
    assert "九月三日です。" in found
    assert "よろしくお願いします" not in found
    assert "窓口" not in found


def test_words_above_and_below_a_quote_both_stay() -> None:
    text = f"山田です。\n\n2026/10/05 9:12、窓口のメール:\n{QUOTED}\n\n{WORDS}\n"
    found = new_text(text, "Re: 炊飯器")
    assert found.startswith("山田です。")
    assert found.endswith(WORDS)


def test_nothing_but_a_quote_of_somebody_is_nothing() -> None:
    assert new_text(f"2026年10月5日(月) 9:12 窓口 <s@example.jp>:\n{QUOTED}\n") == ""


def test_words_are_never_all_taken_for_a_signature() -> None:
    text = "-- \n株式会社さくら商事\nTEL 03-1234-5678"
    assert "さくら商事" in new_text(text)
    assert new_text("iPhoneから送信") == "iPhoneから送信"


@pytest.mark.parametrize(
    ("subject", "marker"),
    [
        ("Fwd: 炊飯器", "---------- Forwarded message ---------\nFrom: 客 <k@example.jp>\nTo: s"),
        ("炊飯器", "---------- Forwarded message ---------\nFrom: 客 <k@example.jp>\nTo: s"),
        ("転送: 炊飯器", "-------- 元のメッセージ --------\n差出人: 客\n件名: 炊飯器"),
        ("FW: 炊飯器", "差出人: 客\n送信日時: 2026年10月5日\n宛先: 店\n件名: 炊飯器"),
        ("Fwd: 炊飯器", "Begin forwarded message:\n\nFrom: 客 <k@example.jp>\nSubject: 炊飯器"),
        ("Fw: 炊飯器", "---------- 転送メッセージ ----------\n差出人: 客\n件名: 炊飯器"),
    ],
)
def test_forwarded_content_stays(subject: str, marker: str) -> None:
    found = new_text(f"店長の鈴木です。対応をお願いします。\n\n{marker}\n\n{WORDS}\n", subject)
    assert found == f"店長の鈴木です。対応をお願いします。\n\n{WORDS}"


def test_a_quoted_forward_is_read_without_its_marks() -> None:
    quoted = "\n".join(f"> {line}" for line in ["From: k@example.jp", "", *WORDS.split("\n")])
    text = f"お願いします。\n\n> Begin forwarded message:\n>\n{quoted}\n"
    assert new_text(text, "Fwd: 炊飯器") == f"お願いします。\n\n{WORDS}"


def test_a_forward_without_a_mark_stays_whole() -> None:
    text = f"対応願います。\n\n{QUOTED}\n\n-- \n鈴木"
    assert new_text(text, "Fwd: 炊飯器") == text


def test_a_reply_to_a_forward_is_a_reply() -> None:
    quoted = "> ---------- Forwarded message ---------\n> From: k@example.jp"
    text = f"{WORDS}\n\n2026年10月5日(月) 9:12 窓口 <s@example.jp>:\n{quoted}\n"
    assert new_text(text, "Re: Fwd: 炊飯器") == WORDS


@pytest.mark.skipif(not TRIMMER.is_dir(), reason="the reply trimmer's mails are not here")
@pytest.mark.parametrize("wrapped", [True, False])
def test_the_reply_trimmers_mails(wrapped: bool) -> None:
    header = b"From: a@example.jp\nSubject: Re: x\nContent-Type: text/plain; charset=utf-8\n\n"
    different = set()
    for mail in sorted((TRIMMER / "emails").glob("*.txt")):
        found = parse_mail((header if wrapped else b"") + mail.read_bytes()).new_text
        wanted = (TRIMMER / "trimmed" / mail.name).read_text(encoding="utf-8")
        if found.split() != wanted.split():
            different.add(mail.name)
    assert different <= FORWARDS_KEPT
