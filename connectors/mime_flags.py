"""Why a mail must not be answered: machines, lists and ourselves (RFC 3834, 3464, 2369, 2919)."""

from __future__ import annotations

import re
from collections.abc import Collection

from casebook.types import Flags
from connectors.mime_headers import Fields
from connectors.mime_parts import Part

_AUTO_FIELDS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-autoreply-from")
_BULK_FIELDS = ("x-mailing-list", "x-ml-name", "x-mailinglist", "x-ml-count")
_DAEMON = re.compile(
    r"\b(?:mailer-daemon|postmaster|mail delivery (?:sub)?system)\b|^mailer-daemon", re.IGNORECASE
)
_FAILURE = re.compile(
    r"undeliver|not delivered|delivery (?:status|fail|has failed|incomplete|problem)"
    r"|returned mail|mail delivery failed|failure notice|could not be delivered|non-delivery"
    r"|配信(?:不能|失敗|エラー|でき)|配達(?:不能|でき)|送信(?:失敗|エラー|でき)|不達|届きません|返送",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"out of (?:the )?office|auto(?:matic)?[- ]?(?:reply|response)|away from|on vacation"
    r"|自動(?:返信|応答|配信)|不在|休暇中|夏季休業|年末年始",
    re.IGNORECASE,
)


def is_own(address: str, own: Collection[str]) -> bool:
    """Whether `address` is one of `own`, where `@example.jp` stands for its whole domain."""
    known = {entry.strip().lower() for entry in own}
    domain = "@" + address.rpartition("@")[2]
    return bool(address) and (address.lower() in known or domain.lower() in known)


def read_flags(root: Part, author: str, own: Collection[str], *, form: bool = False) -> Flags:
    """The flags of a mail. `X-Auto-Response-Suppress` alone says only what its sender wants.

    `form`: our own contact form sent it for its author, so that a program's sending is no sign.
    """
    fields = root.fields
    reported = _reports(root)
    automatic = _automatic(fields, form=form) or reported == "disposition"
    return Flags(
        auto_reply=automatic,
        bounce=_bounced(fields, reported, automatic=automatic),
        bulk=_bulk(fields),
        own=is_own(author, own),
    )


def _precedence(fields: Fields) -> str:
    return fields.first("precedence").strip().lower()


def _null_path(fields: Fields) -> bool:
    return fields.first("return-path").replace(" ", "") == "<>"


def _bulk(fields: Fields) -> bool:
    if any(name.startswith("list-") or name in _BULK_FIELDS for name in fields.values):
        return True
    return _precedence(fields) in ("bulk", "list", "junk")


def _automatic(fields: Fields, *, form: bool) -> bool:
    submitted = re.split(r"[;\s(]", fields.first("auto-submitted").strip().lower())[0]
    if submitted not in ("", "no") and not (form and submitted == "auto-generated"):
        return True
    if any(fields.first(name).strip().lower() not in ("", "no") for name in _AUTO_FIELDS):
        return True
    if _precedence(fields).replace("-", "_") == "auto_reply":
        return True
    # An absence in the subject alone may be the customer's very complaint.
    if not _AWAY.search(fields.line("subject")):
        return False
    return _null_path(fields) or _bulk(fields) or "x-auto-response-suppress" in fields


def _reports(root: Part) -> str:
    """What a report is about (RFC 6522): `delivery`, `disposition` (read receipt) or ""."""
    kinds = {child.type for child in root.children}
    if "message/delivery-status" in kinds or root.type == "message/delivery-status":
        return "delivery"
    # By the field as sent: of a mail fetched in part, the report's own parts may be missing.
    if not root.fields.first("content-type").lower().startswith("multipart/report"):
        return ""
    kind = root.params.get("report-type", "").lower()
    if "message/disposition-notification" in kinds or kind == "disposition-notification":
        return "disposition"
    return "delivery" if kind in ("", "delivery-status") else ""


def _bounced(fields: Fields, reported: str, *, automatic: bool) -> bool:
    if reported == "delivery" or "x-failed-recipients" in fields:
        return True
    if _DAEMON.search(fields.first("from")) and _FAILURE.search(fields.line("subject")):
        return True
    # Automatic replies have a null return path too (RFC 3834, section 3.3).
    return _null_path(fields) and not automatic
