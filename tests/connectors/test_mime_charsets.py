"""Bytes become the text that was written, whatever the label says."""

from __future__ import annotations

import pytest

from connectors.charsets import clean, codec_of, decode

JAPANESE = "ご注文の品が①つ届いていません。至急ご確認ください。"
PLAIN = "ご注文の品が届いていません。至急ご確認ください。"


@pytest.mark.parametrize("label", ["", "utf-8", "us-ascii", "iso-8859-1", "shift_jis", "x-none"])
@pytest.mark.parametrize("codec", ["utf-8", "cp932", "euc_jp", "iso2022_jp"])
def test_japanese_is_read_under_any_label(codec: str, label: str) -> None:
    found = decode(PLAIN.encode(codec), label)
    assert found.text == PLAIN
    wrong = codec_of(label) != found.charset
    assert bool(found.defect) is wrong


@pytest.mark.parametrize(
    ("codec", "label", "text"),
    [
        ("cp932", "Shift_JIS", JAPANESE),
        ("cp932", "windows-31j", JAPANESE),
        ("cp932", "", "山田太郎"),
        ("cp932", "Shift_JIS", "ﾃﾞﾝﾜ"),
        ("cp1252", "iso-8859-1", "“Schöne” Grüße – 5 €"),
        ("latin-1", "", "Formação Verão"),
        ("cp1251", "windows-1251", "Товар не работает"),
        ("cp949", "ks_c_5601-1987", "물건이 오지 않았습니다"),
        ("gb18030", "gb2312", "我订购的商品没有送到"),
        ("big5", "big5", "我訂購的商品沒有送到"),
        ("utf-16", "utf-16", PLAIN),
        ("utf-7", "utf-7", "Größe"),
    ],
)
def test_a_true_label_is_believed(codec: str, label: str, text: str) -> None:
    assert decode(text.encode(codec), label).text == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"\x1b$B-!-j\x1b(B", "①㈱"),
        (b"\x1b(I\x43\x3d\x44\x1b(B end", "ﾃｽﾄ end"),
        (b"\x1b$B$\x22\x1b(B \xc3\xbd\xc4", "あ ﾃｽﾄ"),
        (b"\x1b$B$\x22\x0e\x43\x3d\x44\x0f$$\x1b(B", "あﾃｽﾄい"),
        (b"\x1b$B$\x22\nabc", "あ\nabc"),
        (b"\x1b$(D\x30\x21\x1b(B", "丂"),
        (b"\x1b$B$\x22$", "あ"),
    ],
)
def test_what_mailers_add_to_iso_2022_jp(raw: bytes, text: str) -> None:
    assert decode(raw, "iso-2022-jp").text == text


def test_a_character_cut_off_at_the_end_is_forgiven() -> None:
    assert decode(PLAIN.encode()[:-1], "utf-8").text == PLAIN[:-1]


def test_bytes_of_no_charset_are_replaced_and_told() -> None:
    found = decode(b"caf\xc3\xa9 \xff\xfe\x81 \x80\x00", "utf-8")
    assert "charset" in found.defect
    assert found.text


@pytest.mark.parametrize("label", ["punycode", "idna", "rot13", "base64", "unicode_escape", "zip"])
def test_codecs_that_are_no_charsets_are_refused(label: str) -> None:
    assert codec_of(label) == ""


def test_clean_text_fits_every_store() -> None:
    assert clean("a\0b\ud800\r\nc\rd\x85e\x07\tf") == "ab\ufffd\nc\nd\ne\tf"
