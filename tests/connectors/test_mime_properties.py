"""What holds for every mail: any bytes are read, and what a sender wrote comes back."""

from __future__ import annotations

import json
from email.header import Header
from email.message import EmailMessage
from email.mime.text import MIMEText
from email.utils import formataddr
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.mime import as_json, parse_mail
from connectors.quotes import new_text

FIXTURES = sorted((Path(__file__).parent / "fixtures/mime").glob("*.eml"))
MAILS = [path.read_bytes() for path in FIXTURES]

kana_and_kanji = st.text(
    st.characters(min_codepoint=0x3041, max_codepoint=0x3093)
    | st.sampled_from("返品交換注文電話壊届料金対応至急願謝罪店員説明不良品"),
    min_size=1,
    max_size=60,
)
words = st.lists(kana_and_kanji, min_size=1, max_size=6).map("。\n".join)
charsets = st.sampled_from(["utf-8", "iso-2022-jp", "shift_jis", "euc-jp"])
noise = st.sampled_from(
    [b"=?", b"?=", b"\x1b$B", b"--edge", b"\n\n", b"\0", b"\xff", b"<", b"Content-Type: ", b"> "]
)


relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def assert_clean(raw: bytes) -> None:
    found = parse_mail(raw, own=["@example.jp"])
    json.dumps(as_json(found), ensure_ascii=False).encode("utf-8")
    texts = (found.text, found.new_text, found.subject, found.author, found.display_name)
    names = [file.name for file in found.attachments]
    assert not any("\0" in text for text in (*texts, *names, *found.references, found.message_id))
    assert "\n" not in found.subject
    assert not any(defect.startswith("mail: ") for defect in found.defects)
    assert parse_mail(raw).identity == found.identity


@relaxed
@given(st.binary(max_size=2_000))
def test_any_bytes_are_read(raw: bytes) -> None:
    assert_clean(raw)


@relaxed
@given(st.binary(max_size=400), st.binary(max_size=400))
def test_any_header_and_body_are_read(value: bytes, body: bytes) -> None:
    for name in (b"From", b"Subject", b"Date", b"Content-Type", b"References", b"To"):
        assert_clean(name + b": " + value + b"\nMIME-Version: 1.0\n\n" + body)


@relaxed
@given(st.sampled_from(MAILS), st.data())
def test_mutated_mails_are_read(raw: bytes, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(raw)))
        length = data.draw(st.integers(0, 40))
        raw = raw[:start] + data.draw(noise | st.binary(max_size=8)) + raw[start + length :]
    assert_clean(raw)


@relaxed
@given(charsets, words, kana_and_kanji, kana_and_kanji)
def test_a_plain_mail_comes_back(charset: str, body: str, subject: str, name: str) -> None:
    mail = MIMEText(body, "plain", charset)
    mail["Subject"] = Header(subject, charset).encode()
    mail["From"] = formataddr((str(Header(name, charset)), "taro@example.jp"))
    found = parse_mail(mail.as_bytes())
    assert found.text == body
    assert (found.subject, found.display_name) == (subject, name)
    assert found.author == "taro@example.jp"
    assert not any(defect.startswith("charset: ") for defect in found.defects)


@relaxed
@given(charsets, words, kana_and_kanji, st.binary(max_size=200))
def test_an_attachment_comes_back(charset: str, body: str, name: str, content: bytes) -> None:
    mail = EmailMessage()
    mail["From"] = "taro@example.jp"
    mail.set_content(body, charset=charset, cte="base64")
    mail.add_attachment(content, "application", "pdf", filename=f"{name}.pdf")
    found = parse_mail(mail.as_bytes())
    assert found.text == body
    assert [(file.name, file.bytes) for file in found.attachments] == [
        (f"{name}.pdf", len(content))
    ]


@relaxed
@given(words, st.text(max_size=300))
def test_new_text_only_leaves_out(body: str, noise_text: str) -> None:
    whole = f"{body}\n\n{noise_text}"
    found = new_text(whole)
    assert found or not body.strip()
    assert set(found.split()) <= set(whole.split())
