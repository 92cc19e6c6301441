"""Mails over the limit: their headers and texts come, their attachments are only told of."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from casebook.types import Inbound
from connectors.imap_structure import assemble, items, read_structure
from connectors.mime import parse_mail
from tests.connectors.mailbox import Mailbox, mails
from tests.imap_proxy import ImapProxy

LIMIT = 50_000
TEXT = "箱がつぶれていました。写真を添えます。"


def message(number: int = 1) -> EmailMessage:
    """A mail without content."""
    made = EmailMessage()
    made["From"] = "花子 <hanako@example.com>"
    made["To"] = "support@example.jp"
    made["Subject"] = "写真です"
    made["Message-ID"] = f"<large{number}@example.com>"
    made["Date"] = "Mon, 05 Oct 2026 09:12:00 +0900"
    return made


def photo(made: EmailMessage, size: int = 100_000, name: str = "壊れた箱.jpg") -> EmailMessage:
    """The mail with an attached picture."""
    made.add_attachment(bytes(size), maintype="image", subtype="jpeg", filename=name)
    return made


def fetched(mailbox: Mailbox, raw: bytes, limit: int = LIMIT) -> Inbound:
    """The mail as the source brings it."""
    mailbox.dovecot.deliver(mailbox.user, raw)
    (inbound,) = mails(mailbox.poll(max_message_bytes=limit))
    return inbound


def test_text_and_attachment_of_a_large_mail(mailbox: Mailbox) -> None:
    made = message()
    made.set_content(TEXT, charset="iso-2022-jp")
    made.add_alternative(f"<p>{TEXT}</p>", subtype="html")
    raw = photo(photo(made), 1000, "second.jpg").as_bytes()
    inbound = fetched(mailbox, raw)
    whole = parse_mail(raw)
    assert inbound.truncated
    assert any("large" in defect for defect in inbound.defects)
    assert inbound.text == whole.text
    assert TEXT in inbound.text
    assert inbound.identity == whole.identity
    assert inbound.subject == "写真です"
    assert [(a.name, a.type) for a in inbound.attachments] == [
        ("壊れた箱.jpg", "image/jpeg"),
        ("second.jpg", "image/jpeg"),
    ]
    assert inbound.attachments[0].bytes > 100_000
    assert len(inbound.raw) < 5_000


def test_ordinary_mails_beside_it_come_whole(mailbox: Mailbox) -> None:
    mailbox.deliver(1)
    mailbox.dovecot.deliver(mailbox.user, photo(message()).as_bytes())
    mailbox.deliver(2)
    batches = mailbox.poll(max_message_bytes=LIMIT)
    assert [inbound.truncated for inbound in mails(batches)] == [False, True, False]
    assert mailbox.poll() == []


def test_html_only(mailbox: Mailbox) -> None:
    made = message()
    made.set_content(f"<p>{TEXT}</p>", subtype="html")
    inbound = fetched(mailbox, photo(made).as_bytes())
    assert TEXT in inbound.text


def test_a_long_text_that_is_cut_keeps_the_identity(mailbox: Mailbox) -> None:
    made = message()
    made.set_content("0123456789\n" * 10_000)
    made.add_alternative("<p>0123456789</p>\n" * 10_000, subtype="html")
    raw = photo(made).as_bytes()
    assert fetched(mailbox, raw, limit=2_000).identity == parse_mail(raw).identity


def test_a_named_text_is_a_file_as_in_a_mail_that_came_whole(mailbox: Mailbox) -> None:
    made = message()
    made.set_content("order,amount\n" * 5_000, subtype="csv", filename="../注文.csv")
    del made["Content-Disposition"]
    made.set_param("name", "../注文.csv")
    made.make_mixed()
    made.add_attachment(TEXT, disposition="inline")
    raw = made.as_bytes()
    inbound, whole = fetched(mailbox, raw), parse_mail(raw)
    assert [(a.name, a.type) for a in inbound.attachments] == [(".._注文.csv", "text/csv")]
    assert [(a.name, a.type) for a in whole.attachments] == [(".._注文.csv", "text/csv")]
    assert inbound.text == whole.text
    assert inbound.identity == whole.identity


def test_one_long_text_is_cut(mailbox: Mailbox) -> None:
    made = message()
    made.set_content("0123456789\n" * 10_000)
    inbound = fetched(mailbox, made.as_bytes())
    assert inbound.text.startswith("0123456789\n")
    assert LIMIT // 2 < len(inbound.raw) <= LIMIT + 1000
    assert inbound.truncated


def test_attachment_without_any_text(mailbox: Mailbox) -> None:
    made = message()
    made.set_content(bytes(100_000), maintype="application", subtype="pdf")
    inbound = fetched(mailbox, made.as_bytes())
    assert inbound.text == ""
    assert [a.type for a in inbound.attachments] == ["application/pdf"]


def test_attached_text_is_not_the_text(mailbox: Mailbox) -> None:
    made = message()
    made.set_content(TEXT)
    made.add_attachment("log line\n" * 20_000, filename="trace.log")
    inbound = fetched(mailbox, made.as_bytes())
    assert "log line" not in inbound.text
    assert [a.name for a in inbound.attachments] == ["trace.log"]


def test_forwarded_mail_is_one_attachment(mailbox: Mailbox) -> None:
    inner = photo(message(2))
    made = message()
    made.set_content(TEXT)
    made.add_attachment(inner)
    inbound = fetched(mailbox, made.as_bytes())
    assert TEXT in inbound.text
    assert [a.type for a in inbound.attachments] == ["message/rfc822"]


def test_bounce_with_a_large_original_is_a_bounce(mailbox: Mailbox) -> None:
    raw = (
        b"From: MAILER-DAEMON@example.com\nTo: support@example.jp\nMIME-Version: 1.0\n"
        b"Subject: Undelivered\nMessage-ID: <bounce@example.com>\n"
        b"Content-Type: multipart/report; report-type=delivery-status;\n boundary=b\n\n"
        b"--b\nContent-Type: text/plain\n\ncould not be delivered\n"
        b"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; example.com\n\n"
        b"--b\nContent-Type: message/rfc822\n\n" + photo(message()).as_bytes() + b"\n--b--\n"
    )
    inbound = fetched(mailbox, raw)
    assert inbound.flags.bounce
    assert "could not be delivered" in inbound.text


def test_header_larger_than_the_limit(mailbox: Mailbox) -> None:
    made = message()
    made.set_content(TEXT)
    raw = made.as_bytes()
    filler = b"".join(b"X-Filler-%d: %s\n" % (n, b"x" * 900) for n in range(200))
    head, _, body = raw.partition(b"\n\n")
    inbound = fetched(mailbox, head + b"\n" + filler + b"\n" + body)
    assert inbound.subject == "写真です"
    assert len(inbound.raw) < 3 * LIMIT


@pytest.mark.parametrize(
    "answer",
    [b"TAG NO cannot", b"* 1 FETCH (UID 1 BODYSTRUCTURE (NIL NIL))\r\nTAG OK done"],
    ids=["refused", "nonsense"],
)
def test_structure_that_cannot_be_had(mailbox: Mailbox, proxy: ImapProxy, answer: bytes) -> None:
    made = message()
    made.set_content(TEXT)
    mailbox.dovecot.deliver(mailbox.user, photo(made).as_bytes())
    proxy.rule = lambda command: answer if b"BODYSTRUCTURE" in command else None
    through = mailbox.through(proxy, max_message_bytes=LIMIT)
    (inbound,) = mails(mailbox.poll(**through))
    assert TEXT in inbound.text
    assert inbound.truncated
    assert len(inbound.raw) == LIMIT


def test_very_many_parts_are_bounded(mailbox: Mailbox) -> None:
    made = message()
    made.set_content(TEXT)
    made.make_mixed()
    for number in range(1000):
        made.add_attachment(f"part {number}" * 10, disposition="inline")
    inbound = fetched(mailbox, made.as_bytes())
    assert TEXT in inbound.text
    assert len(inbound.attachments) <= 200


def test_nests_are_bounded(mailbox: Mailbox) -> None:
    opening = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(90)
    )
    raw = b"From: a@example.com\nMIME-Version: 1.0\n" + opening + b"\nhello\n" + b"x\n" * LIMIT
    assert fetched(mailbox, raw).truncated


@pytest.mark.parametrize("structure", [(), (1, 2), (None,), ([],), ([()], b"MIXED"), (b"TEXT",)])
def test_structures_that_are_none(structure: tuple[object, ...]) -> None:
    with pytest.raises((ValueError, TypeError, IndexError)):
        read_structure(structure)


def test_names_in_a_structure_cannot_break_out_of_a_header() -> None:
    evil = b'a"\r\nContent-Type: text/html\r\n\r\nb'
    leaf = (b"IMAGE", b"PNG", (b"NAME", evil), None, None, b"BASE64", 9)
    text = (b"TEXT", b"PLAIN", None, None, None, b"7BIT", 5, 1)
    root = read_structure(([text, leaf], b"MIXED", (b"BOUNDARY", b"x")))
    assert items(root, 90_000) == ["BODY.PEEK[1.MIME]<0.90000>", "BODY.PEEK[1]<0.90000>"]
    assert items(root, 100) == ["BODY.PEEK[1.MIME]<0.32768>", "BODY.PEEK[1]<0.32768>"]
    header = b"From: a@example.com\r\n\r\n"
    raw = assemble(root, header, {b"BODY[1]<0>": b"hello", b"BODY[1.MIME]<0>": b"\r\n"})
    inbound = parse_mail(raw)
    assert inbound.text.strip() == "hello"
    assert len(inbound.attachments) == 1
