"""What is read from mails as they are really sent. The fixtures are the project's own writing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from casebook.types import Attachment, Channel, Flags, Inbound, Visibility
from connectors import charsets
from connectors.mime import as_json, attached, parse_mail

FIXTURES = Path(__file__).parent / "fixtures/mime"
BODY = (
    "サポート御中\n\n先週そちらで購入した加湿器ですが、電源を入れても動きません。\n"
    "交換か返金をお願いします。\n\n山田花子"
)
CHARGED = "送料が二重に引かれています。ご確認ください。"
CHAIR = (
    "昨日届いた椅子の脚が折れていました。\n写真はこちら <https://photo.example/1>です。\n\n"
    "注文番号 A-1020\n\n- 交換\n- 返金"
)


def read(name: str, *own: str) -> Inbound:
    return parse_mail((FIXTURES / f"{name}.eml").read_bytes(), own=own)


def mail(*fields: str, body: bytes = b"hello") -> Inbound:
    return parse_mail("\n".join(fields).encode() + b"\n\n" + body)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("iso2022jp", BODY),
        ("iso2022jp_unlabelled", BODY),
        ("iso2022jp_raw_headers", BODY),
        ("iso2022jp_halfwidth_kana", "受付のﾃﾞﾝﾜが繋がりません。"),
        ("iso2022jp_ms", "①㈱やまとの髙橋さんに電話した\n②返事がない"),
        (
            "cp932_labelled_shift_jis",
            "㈱やまとの髙橋です。①送料が二重に引かれています。～ご確認ください。",
        ),
        ("cp932_labelled_utf8", CHARGED),
        ("utf8_labelled_iso2022jp", CHARGED),
        ("eucjp_unlabelled", CHARGED),
        ("docomo", "先月の料金がおかしいです。"),
        ("html_only", CHAIR),
        ("html_placeholder", CHAIR),
        ("forward_as_attachment", "異物が入っていました\n\nお菓子の袋に金属片が入っていました。"),
    ],
)
def test_text(name: str, text: str) -> None:
    assert read(name).text == text


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("iso2022jp", False),
        ("iso2022jp_unlabelled", True),
        ("cp932_labelled_shift_jis", False),
        ("cp932_labelled_utf8", True),
        ("utf8_labelled_iso2022jp", True),
    ],
)
def test_a_mended_charset_is_told(name: str, told: bool) -> None:
    assert any(defect.startswith("charset: ") for defect in read(name).defects) is told


@pytest.mark.parametrize(
    ("name", "author", "display_name", "subject"),
    [
        ("iso2022jp", "hanako@example.jp", "山田花子", "加湿器が動きません"),
        ("iso2022jp_raw_headers", "hanako@example.jp", "山田花子", "加湿器が動きません"),
        (
            "cp932_labelled_shift_jis",
            "takahashi@example.jp",
            "髙橋①",
            "㈱やまとの対応について",
        ),
        ("rfc6532_headers", "花子@例え.jp", "山田花子", "返品の件、三度目です"),
        (
            "word_split_in_character",
            "taro@example.jp",
            "",
            "注文した品が届かないまま三週間になります",
        ),
        ("docomo", "a..b@docomo.ne.jp", "", "料金について"),
        ("ezweb", "a.@ezweb.ne.jp", "鈴木", "au"),
        ("broken_header_line", "taro@example.jp", "", "order 1020"),
    ],
)
def test_headers(name: str, author: str, display_name: str, subject: str) -> None:
    found = read(name)
    assert (found.author, found.display_name, found.subject) == (author, display_name, subject)


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("iso2022jp", Flags()),
        ("bounce", Flags(auto_reply=True, bounce=True)),
        ("auto_reply", Flags(auto_reply=True)),
        ("out_of_office", Flags(auto_reply=True)),
        ("complaint_about_absence", Flags()),
        ("suppress_only", Flags()),
        ("newsletter", Flags(bulk=True)),
    ],
)
def test_flags(name: str, flags: Flags) -> None:
    assert read(name).flags == flags


@pytest.mark.parametrize(
    ("fields", "flags"),
    [
        (["Auto-Submitted: no"], Flags()),
        (["Auto-Submitted: auto-generated (by a robot)"], Flags(auto_reply=True)),
        (["Precedence: auto_reply"], Flags(auto_reply=True)),
        (["X-Autoreply: yes"], Flags(auto_reply=True)),
        (["Precedence: list"], Flags(bulk=True)),
        (["List-Id: <a.example>"], Flags(bulk=True)),
        (["Return-Path: <>"], Flags(bounce=True)),
        (["Return-Path: <>", "Auto-Submitted: auto-replied"], Flags(auto_reply=True)),
        (["Return-Path: <a@example.jp>"], Flags()),
        (["Subject: Delivery Status Notification (Failure)"], Flags()),
        (
            [
                "Content-Type: multipart/report; report-type=disposition-notification; boundary=x",
                "Subject: read",
            ],
            Flags(auto_reply=True),
        ),
    ],
)
def test_flags_by_fields(fields: list[str], flags: Flags) -> None:
    assert mail("From: a@example.jp", *fields).flags == flags


def test_a_failure_told_by_a_daemon_is_a_bounce() -> None:
    found = mail("From: MAILER-DAEMON (Mail System)", "Subject: 配信不能のお知らせ")
    assert found.flags == Flags(bounce=True)


@pytest.mark.parametrize("own", ["A@Example.JP", "@example.jp", " a@example.jp "])
def test_our_own_addresses(own: str) -> None:
    raw = b"From: A <a@EXAMPLE.jp>\n\nhello"
    assert parse_mail(raw, own=[own]).flags.own
    assert not parse_mail(b"From: a@sub.example.jp\n\nhello", own=[own]).flags.own


FORM = ("From: お問い合わせ <form@example.jp>", "Reply-To: 佐藤 <Sato@customer.example>")


@pytest.mark.parametrize("field", ["X-Mailer: form", "Auto-Submitted: auto-generated"])
def test_the_author_of_a_contact_forms_mail_is_the_customer(field: str) -> None:
    raw = "\n".join((*FORM, field)).encode() + b"\n\nbroken"
    found = parse_mail(raw, own=["@example.jp"])
    assert (found.author, found.display_name) == ("sato@customer.example", "佐藤")
    assert found.flags == Flags()
    assert not any(defect.startswith("author: ") for defect in found.defects)


@pytest.mark.parametrize(
    ("fields", "author", "flags"),
    [
        (FORM[:1], "form@example.jp", Flags(own=True)),
        ((FORM[0], "Reply-To: desk@example.jp"), "form@example.jp", Flags(own=True)),
        (
            (FORM[0], "Reply-To: desk@example.jp, sato@customer.example"),
            "sato@customer.example",
            Flags(),
        ),
        ((*FORM, "Auto-Submitted: auto-replied"), "sato@customer.example", Flags(auto_reply=True)),
        (("From: a@shop.example", FORM[1]), "a@shop.example", Flags()),
        (
            ("From: a@shop.example", FORM[1], "Auto-Submitted: auto-generated"),
            "a@shop.example",
            Flags(auto_reply=True),
        ),
    ],
)
def test_a_reply_to_redirects_our_own_mails_only(
    fields: tuple[str, ...], author: str, flags: Flags
) -> None:
    raw = "\n".join(fields).encode() + b"\n\nbroken"
    found = parse_mail(raw, own=["@example.jp"])
    assert (found.author, found.flags) == (author, flags)


def test_attachments_have_harmless_names_and_decoded_sizes() -> None:
    assert read("rfc2231_names").attachments == (
        Attachment("壊れた箱のphoto.jpg", "image/jpeg", 10),
        Attachment("領収書.pdf", "application/pdf", 8),
        Attachment(".._.._etc_eviltxt.exe", "text/plain", 2),
    )


def test_an_enclosed_mail_is_one_attachment_named_by_its_subject() -> None:
    found = read("forward_as_attachment")
    assert [(file.name, file.type) for file in found.attachments] == [
        ("異物が入っていました", "message/rfc822")
    ]


def test_a_list_of_attachments_from_elsewhere_replaces_what_is_found() -> None:
    files = [Attachment("photo.jpg", "image/jpeg", 9_000_000)]
    found = parse_mail(b"From: a@b.jp\n\nhello", attachments=files, truncated=True)
    assert found.attachments == tuple(files)
    assert found.truncated


def test_flowed_text_is_unwrapped() -> None:
    found = read("format_flowed")
    assert found.text.startswith(
        "The kettle I bought last week leaks from the bottom and has ruined the table.\n"
    )
    assert "> We are sorry to hear that.\nI want a refund.\n\n-- \nAnn" in found.text
    assert found.new_text.endswith("I want a refund.")


@pytest.mark.parametrize(
    ("value", "author", "name"),
    [
        ('"Yamada, Taro" <Taro@Example.JP>', "taro@example.jp", "Yamada, Taro"),
        ("taro@example.jp (Yamada Taro)", "taro@example.jp", "Yamada Taro"),
        ("<taro@example.jp", "taro@example.jp", ""),
        ("Taro <<taro@example.jp>>", "taro@example.jp", "Taro"),
        ('"a..b"@docomo.ne.jp', "a..b@docomo.ne.jp", ""),
        ('"Taro <taro@example.jp>', "taro@example.jp", "Taro <>"),
        ("staff: taro@example.jp, jiro@example.jp;", "taro@example.jp", ""),
        ("Taro <mailto:taro@example.jp>", "taro@example.jp", "Taro"),
        ("=?utf-8?B?5bGx55SwIDx0YXJvQGV4YW1wbGUuanA+?=", "taro@example.jp", "山田 <>"),
        (
            "=?utf-8?Q?support=40bank.example?= <taro@example.jp>",
            "taro@example.jp",
            "support@bank.example",
        ),
        ("x@y@example.jp", "x@y@example.jp", ""),
    ],
)
def test_author(value: str, author: str, name: str) -> None:
    found = mail(f"From: {value}")
    assert (found.author, found.display_name) == (author, name)


def test_an_author_without_an_address_is_found_elsewhere() -> None:
    found = mail("From: Taro", "Reply-To: <taro@example.jp>")
    assert found.author == "taro@example.jp"
    assert "author: not from From" in found.defects
    assert "author: no address" in mail("From: Taro").defects


def test_names_cannot_turn_the_writing_direction() -> None:
    assert mail("From: =?utf-8?Q?a=E2=80=AEb=07?= <a@b.jp>").display_name == "ab"


def test_recipients_of_all_fields() -> None:
    found = mail(
        "To: S <Support+M-7F3K2Q@madoguchi.example>, b@c.jp",
        "Cc: d@e.jp",
        "Delivered-To: box@madoguchi.example",
        "X-Original-To: b@c.jp",
    )
    assert found.recipients == (
        "support+m-7f3k2q@madoguchi.example",
        "b@c.jp",
        "d@e.jp",
        "box@madoguchi.example",
    )


@pytest.mark.parametrize(
    ("value", "sent_at"),
    [
        ("Mon, 05 Oct 2026 09:12:00 +0900", datetime(2026, 10, 5, 0, 12, tzinfo=UTC)),
        ("5 Oct 26 09:12 JST", datetime(2026, 10, 5, 0, 12, tzinfo=UTC)),
        ("2026-10-05T09:12:00+09:00", datetime(2026, 10, 5, 0, 12, tzinfo=UTC)),
        ("Mon, 05 Oct 2026 09:12:00 -0000", datetime(2026, 10, 5, 9, 12, tzinfo=UTC)),
        ("yesterday", None),
        ("Mon, 05 Oct 9999 23:59:00 -1200", None),
        ("Mon, 45 Oct 2026 99:12:00 +0900", None),
    ],
)
def test_sent_at(value: str, sent_at: datetime | None) -> None:
    found = mail("From: a@b.jp", f"Date: {value}")
    assert found.sent_at == sent_at
    assert ("date: not readable" in found.defects) is (sent_at is None)


def test_without_a_date_the_first_hop_tells_the_time() -> None:
    found = mail(
        "Received: from b by c; Mon, 05 Oct 2026 09:15:00 +0900",
        "Received: from a by b; Mon, 05 Oct 2026 09:12:00 +0900",
    )
    assert found.sent_at == datetime(2026, 10, 5, 0, 12, tzinfo=UTC)


def test_threading_keys_have_no_brackets() -> None:
    found = mail(
        "Message-ID: <c@example.jp>",
        "In-Reply-To: Your mail of Monday <b@example.jp>",
        "References: <a@example.jp>\n <b@example.jp>",
    )
    assert found.message_id == "c@example.jp"
    assert found.in_reply_to == "b@example.jp"
    assert found.references == ("a@example.jp", "b@example.jp")


HEAD = b"From: a@b.jp\nDate: Mon, 05 Oct 2026 09:12:00 +0900\nSubject: s\n"


@pytest.mark.parametrize("key", [b"Message-ID: <1@b.jp>\n", b""])
def test_identity_ignores_the_way_a_mail_took(key: bytes) -> None:
    here = parse_mail(HEAD + key + b"\nbroken\n")
    there = parse_mail(
        b"Delivered-To: x@y.jp\r\nReceived: by z\r\n"
        + (HEAD + key).replace(b"\n", b"\r\n")
        + b"\r\nbroken\r\n\r\n",
        external_id="9",
    )
    assert here.identity == there.identity
    assert here.identity.startswith("mail1:")


@pytest.mark.parametrize("key", [b"Message-ID: <1@b.jp>\n", b""])
def test_identity_tells_different_mails_apart(key: bytes) -> None:
    one = parse_mail(HEAD + key + b"\nbroken\n")
    two = parse_mail(HEAD + key + b"\nbroken again\n")
    assert one.identity != two.identity


def test_identity_is_the_same_without_the_attachments() -> None:
    kind = b'Message-ID: <1@b.jp>\nContent-Type: multipart/mixed; boundary="e"\n\n'
    text = b"--e\nContent-Type: text/plain\n\nbroken\n"
    file = b"--e\nContent-Type: image/png\n\nPNG\n--e--\n"
    assert parse_mail(HEAD + kind + text + file).identity == parse_mail(HEAD + kind + text).identity


@pytest.mark.parametrize("text", ["届きません。" * 3_000, ""])
def test_identity_rests_on_what_was_sent_and_not_on_how_it_is_read(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = HEAD.replace(b": s", b": =?utf-8?B?44GC?=\n =?utf-8?B?44GE?=") + (
        b"Message-ID: <1@b.jp>\nContent-Type: text/plain; charset=utf-8\n\n" + text.encode()
    )
    before = parse_mail(raw)
    monkeypatch.setattr(charsets, "clean", lambda text: text.swapcase() + "?")
    after = parse_mail(raw.replace(b"\n =?", b"\r\n\t=?"))
    assert before.subject != after.subject
    assert before.identity == after.identity


@pytest.mark.parametrize("field", ["From: b@b.jp", "Subject: t", "Date: Tue, 06 Oct 2026 09:12"])
def test_identity_of_a_message_id_that_is_used_again(field: str) -> None:
    name = field.partition(":")[0]
    lines = [*HEAD.decode().splitlines(), "Message-ID: <1@b.jp>"]
    changed = [field if line.startswith(name) else line for line in lines]
    assert mail(*lines).identity != mail(*changed).identity


def test_identity_sees_the_first_text_that_is_not_empty() -> None:
    kind = b'Message-ID: <1@b.jp>\nContent-Type: multipart/alternative; boundary="e"\n\n--e\n'
    parts = b"Content-Type: text/plain\n\n\n--e\nContent-Type: text/html\n\n<p>%s\n--e--\n"
    one, two = (parse_mail(HEAD + kind + parts % word) for word in (b"one", b"two"))
    assert one.identity != two.identity


def test_a_file_that_is_no_mail_keeps_its_first_lines() -> None:
    found = parse_mail("ご担当者様\nNote: 二行目\n\n三行目".encode())
    assert found.text == "ご担当者様\nNote: 二行目\n\n三行目"
    assert "header: none found" in found.defects


@pytest.mark.parametrize("raw", [b"", b"\n\n\n", b"\0\1\2\xff\xfe" * 50, b"\r", b"From: "])
def test_bytes_that_are_no_mail(raw: bytes) -> None:
    found = parse_mail(raw)
    assert found.raw == raw
    assert found.defects
    assert "\0" not in found.text


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("base64", b"5Y+w5omA44Gu!!\n44GP44KJ\n"),
        ("BASE64;", b"5Y+w5omA44Gu44GP44KJ"),
        ("quoted-printable", b"=E5=8F=B0=E6=89=80=\n=E3=81=AE=E3=81=8F=E3=82=89"),
        ("8-bit", "台所のくら".encode()),
        ("x-unheard-of", "台所のくら".encode()),
    ],
)
def test_transfer_encodings(encoding: str, body: bytes) -> None:
    found = mail(
        "From: a@b.jp",
        "Content-Type: text/plain; charset=utf-8",
        f"Content-Transfer-Encoding: {encoding}",
        body=body,
    )
    assert found.text == "台所のくら"


def test_channel_and_json() -> None:
    found = parse_mail((FIXTURES / "rfc2231_names.eml").read_bytes(), external_id="INBOX/1/7")
    assert (found.channel, found.visibility) == (Channel.EMAIL, Visibility.PRIVATE)
    assert found.external_id == "INBOX/1/7"
    printed = json.loads(json.dumps(as_json(found)))
    assert list(printed) == [
        "author", "display_name", "sent_at", "subject", "text", "new_text", "message_id",
        "in_reply_to", "references", "attachments", "flags", "defects",
    ]  # fmt: skip
    assert printed["sent_at"] == "2026-10-05T00:12:00+00:00"
    assert printed["attachments"][1] == {
        "name": "領収書.pdf",
        "type": "application/pdf",
        "bytes": 8,
    }
    assert printed["flags"] == {"auto_reply": False, "bounce": False, "bulk": False, "own": False}


MIKEL = Path(__file__).parents[3] / "shared/data/emails-mikel"


@pytest.mark.skipif(not MIKEL.is_dir(), reason="the mail library's mails are not here")
def test_a_mail_librarys_mails() -> None:
    for path in sorted(path for path in MIKEL.rglob("*") if path.is_file()):
        found = parse_mail(path.read_bytes())
        json.dumps(as_json(found), ensure_ascii=False).encode()
        assert not any(defect.startswith("mail: ") for defect in found.defects), path
        if path.parent.name == "multipart_report_emails":
            assert found.flags.bounce, path


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.eml")), ids=lambda path: path.stem)
def test_each_attachment_is_found_with_its_bytes(path: Path) -> None:
    raw = path.read_bytes()
    known = parse_mail(raw).attachments
    for place, attachment in enumerate(known):
        found = attached(raw, place)
        assert found is not None
        assert (found[0], len(found[1])) == (attachment, attachment.bytes)
    assert attached(raw, len(known)) is None
    assert attached(raw, -1) is None
