"""The mails that replies become, as mail programs read them."""

from __future__ import annotations

import email
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.errors import PermanentError
from casebook.outbound import Outbound, Quoted
from casebook.types import Channel, Flags, Visibility
from connectors.mime import parse_mail
from connectors.smtp_headers import MAX_REFERENCES, addr_spec
from connectors.smtp_message import Letter, compose
from connectors.smtp_options import SmtpOptions

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
ASKED = Quoted(
    external_id="INBOX;UIDVALIDITY=1;UID=1",
    author="hanako@example.com",
    display_name="山田花子",
    sent_at=datetime(2026, 11, 24, 1, 12, tzinfo=UTC),
    subject="割れていた",
    text="皿が割れていました。\n\n交換してください。",
    message_id="2@example.com",
    references=("1@example.com",),
)
REPLY = Outbound(
    identity="d-7",
    receipt="M-7F3K2Q",
    channel=Channel.EMAIL,
    visibility=Visibility.PRIVATE,
    language="ja",
    subject="Re: 割れていた [M-7F3K2Q]",
    body="山田花子様\n\nご迷惑をおかけしました。\n.\nFrom now on\n<b>太字</b>",
    answers=ASKED,
    begun_at=NOW,
)
TEXT = st.text(st.characters(codec="utf-8"), max_size=300)


def options(**changed: Any) -> SmtpOptions:
    table = {"host": "mail.example.jp", "sender": "やまと窓口 <support@example.jp>"}
    return SmtpOptions.model_validate(table | changed)


def reply(**changed: Any) -> Outbound:
    """`REPLY` with other values; those of `ASKED` begin with `to_`."""
    theirs = {key[3:]: value for key, value in changed.items() if key.startswith("to_")}
    ours = {key: value for key, value in changed.items() if not key.startswith("to_")}
    return replace(REPLY, answers=replace(ASKED, **theirs), **ours)


def letter(outbound: Outbound = REPLY, **changed: Any) -> Letter:
    return compose(outbound, options(**changed), NOW)


def read(outbound: Outbound = REPLY, **changed: Any) -> EmailMessage:
    found = email.message_from_bytes(letter(outbound, **changed).content, policy=default)
    assert isinstance(found, EmailMessage)
    return found


def content(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


def test_header() -> None:
    mail = read(reply_to="support+{receipt}@example.jp")
    assert dict(mail.items()) == {
        "From": "やまと窓口 <support@example.jp>",
        "To": "山田花子 <hanako@example.com>",
        "Subject": "Re: 割れていた [M-7F3K2Q]",
        "Date": "Tue, 24 Nov 2026 14:00:00 +0900",
        "Message-ID": "<d-7@example.jp>",
        "Reply-To": "support+M-7F3K2Q@example.jp",
        "In-Reply-To": "<2@example.com>",
        "References": "<1@example.com> <2@example.com>",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "base64",
        "MIME-Version": "1.0",
    }


def test_every_try_is_the_same_mail() -> None:
    assert letter() == letter()


@pytest.mark.parametrize(
    ("language", "changed", "heading"),
    [
        ("ja", {}, "2026年11月24日(火) 10:12、山田花子様:"),
        ("ja", {"to_display_name": "山田 様"}, "2026年11月24日(火) 10:12、山田様:"),
        ("ja", {"to_sent_at": None}, "山田花子様:"),
        ("ja", {"to_display_name": ""}, "2026年11月24日(火) 10:12、hanako@example.com様:"),
        ("en", {}, "On Tue, 24 Nov 2026 at 10:12, 山田花子 wrote:"),
        ("en", {"to_sent_at": None}, "山田花子 wrote:"),
    ],
)
def test_what_the_customer_wrote_stands_below(
    language: str, changed: dict[str, Any], heading: str
) -> None:
    text = content(read(reply(language=language, **changed)))
    quote = "\n> 皿が割れていました。\n>\n> 交換してください。\n"
    assert text == f"{REPLY.body}\n\n{heading}{quote}"


def test_nothing_is_quoted_where_nothing_was_written() -> None:
    assert content(read(reply(to_text=" \n"))) == REPLY.body + "\n"


def test_long_original_is_quoted_in_part() -> None:
    lines = content(read(reply(to_text="行\n" * 5_000))).splitlines()
    assert lines[-1] == "> （以下略）"
    assert len(lines) < 220
    assert len(content(read(reply(language="en", to_text="x" * 500_000)))) < 11_000


def test_our_own_reader_takes_the_reply_without_the_quote() -> None:
    found = parse_mail(letter(reply(language="en")).content)
    assert found.new_text == REPLY.body
    assert found.message_id == "d-7@example.jp"
    assert found.in_reply_to == "2@example.com"
    assert found.references == ("1@example.com", "2@example.com")
    assert not found.flags.any


def test_html_says_the_same_and_loads_nothing() -> None:
    mail = read(html=True)
    assert mail.get_content_type() == "multipart/alternative"
    page = content(mail, "html")
    assert "&lt;b&gt;太字&lt;/b&gt;" in page
    assert "ご迷惑をおかけしました。<br>" in page
    assert "<blockquote" in page
    assert 'lang="ja"' in page
    assert not any(word in page for word in ("http", "src=", "<script", "<img", "<link"))
    assert content(mail).startswith(REPLY.body)


def test_hostile_words_stay_words_in_html() -> None:
    hostile = reply(to_text="</blockquote><img src=x onerror=alert(1)>", to_display_name="<b>&")
    page = content(read(hostile, html=True), "html")
    assert "<img" not in page
    assert "<b>" not in page


def test_japanese_in_iso_2022_jp_needs_no_transfer_encoding() -> None:
    raw = letter(charset="iso-2022-jp").content
    assert b'charset="iso-2022-jp"\r\nContent-Transfer-Encoding: 7bit' in raw
    assert b"=?iso-2022-jp?b?" in raw
    assert b"utf-8" not in raw
    assert content(read(charset="iso-2022-jp")).startswith(REPLY.body)


@pytest.mark.parametrize(
    "changed",
    [
        {"body": "①番の商品"},
        {"body": "ﾊﾝｶｸ"},
        {"body": "😀"},
        {"subject": "髙橋様"},
        {"to_display_name": "髙橋"},
        {"to_text": "～㈱"},
        {"body": "\x1b$B"},
    ],
)
def test_what_iso_2022_jp_lacks_leaves_in_utf_8(changed: dict[str, Any]) -> None:
    raw = letter(reply(**changed), charset="iso-2022-jp").content
    assert b'charset="utf-8"' in raw
    assert b"iso-2022-jp" not in raw


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        ("Thank you.", "7bit"),
        ("Thank you – we will call.", "quoted-printable"),
        ("ありがとうございます。", "base64"),
        ("x" * 999, "quoted-printable"),
    ],
)
def test_transfer_encoding_suits_the_text(body: str, encoding: str) -> None:
    mail = read(reply(body=body, to_text=""))
    assert mail["Content-Transfer-Encoding"] == encoding
    assert content(mail) == body + "\n"


@given(
    body=TEXT,
    subject=TEXT,
    name=TEXT,
    text=TEXT,
    charset=st.sampled_from(["utf-8", "iso-2022-jp"]),
    html=st.booleans(),
)
def test_no_text_becomes_a_header_or_breaks_a_line(
    body: str, subject: str, name: str, text: str, charset: str, html: bool
) -> None:
    outbound = reply(body=body, subject=subject, to_display_name=name, to_text=text)
    raw = letter(outbound, charset=charset, html=html).content
    head = raw.partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if line[:1] not in b" \t"]
    expected = {
        b"From", b"To", b"Subject", b"Date", b"Message-ID", b"In-Reply-To", b"References",
        b"MIME-Version", b"Content-Type", b"Content-Transfer-Encoding",
    }  # fmt: skip
    assert len(names) == len(set(names))
    assert set(names) <= expected
    assert head.isascii()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    found = parse_mail(raw)
    assert found.recipients == ("hanako@example.com",)
    assert found.author == "support@example.jp"


@pytest.mark.parametrize(
    "name",
    [
        "a\r\nBcc: everybody@example.com",
        "a\nBcc: everybody@example.com",
        "Yamada, Hanako",
        'Hanako "the Boss" \\ Yamada',
        "<evil@example.com>",
        "=?utf-8?b?5bGx?=",
        "\u202eevil",
        "a" * 5_000,
        "山田" * 500,
    ],
)
def test_hostile_display_name_stays_a_name(name: str) -> None:
    mail = read(reply(to_display_name=name))
    (to,) = mail["To"].addresses
    assert to.addr_spec == "hanako@example.com"
    assert mail["Bcc"] is None
    assert len(to.display_name) < 200


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("a..b@docomo.ne.jp", '"a..b"@docomo.ne.jp'),
        ("a.@ezweb.ne.jp", '"a."@ezweb.ne.jp'),
        ("hanako@例え.jp", "hanako@xn--r8jz45g.jp"),
        ("花子@例え.jp", "花子@例え.jp"),
        ("o'neil+x@example.com", "o'neil+x@example.com"),
        ("x@[192.0.2.1]", "x@[192.0.2.1]"),
        ("", None),
        ("hanako", None),
        ("hanako@", None),
        ("a b@example.com", None),
        ("a@example.com>,<b@example.com", None),
        ("a@example.com\r\nRCPT TO:<b@example.com>", None),
        ("x" * 300 + "@example.com", None),
        ("a@" + "x" * 64 + "é.jp", None),
    ],
)
def test_addresses(address: str, written: str | None) -> None:
    assert addr_spec(address) == written


def test_phone_carriers_address_is_quoted_in_header_and_envelope() -> None:
    found = letter(reply(to_author="a..b@docomo.ne.jp"))
    assert found.recipient == '"a..b"@docomo.ne.jp'
    assert b'<"a..b"@docomo.ne.jp>' in found.content
    assert parse_mail(found.content).recipients == ("a..b@docomo.ne.jp",)


def test_international_address_is_written_in_utf_8() -> None:
    found = letter(reply(to_author="花子@例え.jp"), charset="iso-2022-jp")
    assert found.utf8
    assert "<花子@例え.jp>".encode() in found.content


@pytest.mark.parametrize("author", ["", "nobody", "a b@example.com"])
def test_no_recipient(author: str) -> None:
    with pytest.raises(PermanentError) as caught:
        letter(reply(to_author=author))
    assert caught.value.code == "no_recipient"


def test_thread_is_bounded_and_holds_its_first_mail() -> None:
    many = tuple(f"{number}@example.com" for number in range(1, 100))
    mail = read(reply(to_references=many, to_message_id="last@example.com"))
    ids = mail["References"].split()
    assert len(ids) == MAX_REFERENCES
    assert ids[0] == "<1@example.com>"
    assert ids[-2:] == ["<99@example.com>", "<last@example.com>"]


def test_hostile_message_ids_are_left_out() -> None:
    hostile = ("a b@x", "a\r\nBcc: x@x", "<x>", "x" * 999, "日本@x", "ok@x")
    mail = read(reply(to_references=hostile, to_message_id="a\r\nBcc: x@x"))
    assert mail["References"] == "<ok@x>"
    assert mail["In-Reply-To"] is None
    assert mail["Bcc"] is None
    assert read(reply(to_references=(), to_message_id=""))["References"] is None


def test_only_automatic_replies_say_so() -> None:
    assert read()["Auto-Submitted"] is None
    assert read(reply(automatic=True))["Auto-Submitted"] == "auto-replied"


@pytest.mark.parametrize(
    "changed",
    [
        {"to_flags": Flags(auto_reply=True)},
        {"to_flags": Flags(bulk=True)},
        {"to_flags": Flags(bounce=True)},
        {"to_flags": Flags(own=True)},
        {"to_author": "MAILER-DAEMON@example.com"},
        {"to_author": "no-reply@example.com"},
        {"to_author": "noreply@example.com"},
        {"to_author": "list-request@example.com"},
        {"to_author": "bounce+123@example.com"},
    ],
)
def test_automatic_replies_go_to_no_program(changed: dict[str, Any]) -> None:
    with pytest.raises(PermanentError) as caught:
        letter(reply(automatic=True, **changed))
    assert caught.value.code == "robot"
    # A person may answer whom they like.
    assert letter(reply(**changed))


def test_too_large_a_mail_is_not_made() -> None:
    with pytest.raises(PermanentError, match="max_message_bytes") as caught:
        letter(reply(body="長い" * 5_000), max_message_bytes=10_000)
    assert caught.value.code == "too_long"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"sender": "nobody"}, "give an address"),
        ({"sender": "a <b@c.jp> d"}, "give an address"),
        ({"sender": "a@b.jp\nBcc: x@y.jp"}, "sender"),
        ({"reply_to": "support@example.jp"}, "{receipt}"),
        ({"reply_to": "support@{receipt}.example.jp"}, "{receipt}"),
        ({"reply_to": "Desk <support+{receipt}@example.jp>"}, "{receipt}"),
        ({"username": "support"}, "give `username` with one"),
        ({"password": {"env": "X"}}, "give `username` with one"),
        ({"tls": "none"}, "this machine only"),
    ],
)
def test_options_that_cannot_be(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told.replace("{", r"\{")):
        options(**changed)


@pytest.mark.parametrize(
    "pattern", ["support+{receipt}@example.jp", "support.{receipt}@example.jp"]
)
def test_reply_address_holds_the_receipt(pattern: str) -> None:
    assert read(reply_to=pattern)["Reply-To"] == pattern.replace("{receipt}", "M-7F3K2Q")


def test_ports_and_addresses() -> None:
    assert options().address == "smtps://mail.example.jp:465"
    assert options(tls="starttls").address == "smtp://mail.example.jp:587"
    assert options(tls="none", host="127.0.0.1").tcp_port == 25
    assert options(sender="desk@例え.jp").domain == "xn--r8jz45g.jp"
