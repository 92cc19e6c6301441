"""Things that the routes are asked for: one's own and others', waiting and decided, there and gone.

Each is a function of the login that asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.auth.models import User
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from casebook import models as m
from casebook import moves
from casebook.events import Event
from casebook.types import (
    Attachment,
    Finding,
    RelationKind,
)
from desk.access import Role, Scope
from desk.intake import API, Handed, take_in
from tests.casebook.test_merging import followed, opened
from tests.desk.conftest import signed_in
from tests.desk.ready import ready

OTHER = "other"
"""A colleague, who asks for nothing here."""

PASSWORD, CODE = "correct horse battery", "abcd2345"
"""By which whoever asks proves who they are: their password and a recovery code."""

MAIL = (
    b"From: c@example.net\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nx\r\n'
    b'--b\r\nContent-Type: image/svg+xml; name="a.svg"\r\n\r\n<svg/>\r\n--b--\r\n'
)

Made = tuple[tuple[Any, ...], Mapping[str, Any]]
"""The arguments of an address, and the fields that are sent."""


def fields(**given: Any) -> dict[str, Any]:
    """What is sent."""
    return given


def there(*names: Any, **given: Any) -> Callable[[str], Made]:
    return lambda who: (names, given)


def a_draft(
    stands: Callable[[m.Draft, str], object] | None = None, *, public: bool = False, **given: Any
) -> Callable[[str], Made]:
    def made(who: str) -> Made:
        (row,) = ready(public=public)
        if stands is not None:
            stands(row, who)
        return (row.pk,), given

    return made


def a_case(
    stands: Callable[[m.Case, str], Mapping[str, Any] | object] | None = None, **given: Any
) -> Callable[[str], Made]:
    """A case that waits for a reply, or as `stands` leaves it, which may add to the fields."""

    def made(who: str) -> Made:
        case = opened(raw=MAIL, attachments=(Attachment("a.svg", "image/svg+xml", 6),))
        more = stands(case, who) if stands else None
        return (case.receipt,), {**given, **(more if isinstance(more, dict) else {})}

    return made


def asked(row: m.Draft, _who: str) -> None:
    moves.ask_lead(row.pk, OTHER, "よいですか")


def asked_by_oneself(row: m.Draft, who: str) -> None:
    moves.ask_lead(row.pk, who, "よいですか")


def decided(row: m.Draft, _who: str) -> None:
    moves.reject(row.pk, OTHER, "電話で済んだ")


def approved(row: m.Draft, _who: str) -> None:
    moves.approve(row.pk, OTHER)


def approved_first(row: m.Draft, who: str) -> None:
    moves.approve(row.pk, who, two=True)


def approved_first_by_another(row: m.Draft, _who: str) -> None:
    moves.approve(row.pk, OTHER, two=True)


def rewritten(row: m.Draft, _who: str) -> None:
    moves.edit(row.pk, OTHER, row.versions.get().body, ())


def blocked(row: m.Draft, _who: str) -> None:
    body = f"当社の過失です。{row.versions.get().body}"
    moves.edit(row.pk, OTHER, body, [Finding("admits_fault", 0, 7)])


def free(case: m.Case, _who: str) -> None:
    moves.reject(case.drafts.get().pk, OTHER, "不要")


def closed(case: m.Case, _who: str) -> None:
    moves.close(case.pk, OTHER, "済")


def owned(case: m.Case, _who: str) -> None:
    moves.assign(case.pk, OTHER, OTHER)


def merged(case: m.Case, _who: str) -> None:
    moves.merge(case.pk, opened().pk, OTHER)


def beside(case: m.Case, _who: str) -> dict[str, Any]:
    return {"receipt": opened().receipt}


def beside_merged(case: m.Case, who: str) -> dict[str, Any]:
    other = opened()
    merged(other, who)
    return {"receipt": other.receipt}


def holds(case: m.Case, _who: str) -> dict[str, Any]:
    """Another case was merged into it."""
    part = opened()
    moves.merge(part.pk, case.pk, OTHER)
    return {"receipt": part.receipt}


def held(case: m.Case, _who: str) -> dict[str, Any]:
    """Another case was merged into it, whose message is gone again."""
    part = opened()
    key = part.messages.get().pk
    moves.merge(part.pk, case.pk, OTHER)
    moves.split(key, OTHER)
    return {"receipt": part.receipt}


def follows(case: m.Case, _who: str) -> dict[str, Any]:
    return {"message": followed(case)}


def only(case: m.Case, _who: str) -> dict[str, Any]:
    return {"message": case.messages.get().pk}


def anothers(case: m.Case, _who: str) -> dict[str, Any]:
    return {"message": opened().messages.get().pk}


def unlike(case: m.Case, who: str) -> dict[str, Any]:
    return {**only(case, who), "of_message": anothers(case, who)["message"]}


def alike(case: m.Case, _who: str) -> dict[str, Any]:
    first = opened(author="d@example.net").messages.get().pk
    key = case.messages.get().pk
    m.Suggestion.objects.create(message_id=key, of_message_id=first, evidence=[], score=0.8)
    return {"message": key, "of_message": first}


def alike_elsewhere(case: m.Case, _who: str) -> dict[str, Any]:
    return alike(opened(), _who)


def of_incident(case: m.Case, _who: str) -> None:
    event = m.Incident.objects.create(first=opened().messages.get())
    m.Case.objects.filter(pk=case.pk).update(incident=event)


def a_message(
    which: Callable[[m.Case, str], dict[str, Any]], **given: Any
) -> Callable[[str], Made]:
    """A case with a message's key, of its own or of another case, in the address."""

    def made(who: str) -> Made:
        case = opened()
        return (case.receipt, which(case, who)["message"]), given

    return made


def a_file(*, own: bool) -> Callable[[str], Made]:
    def made(who: str) -> Made:
        (receipt,), _given = a_case()(who)
        key = m.Attachment.objects.get().pk
        return (receipt if own else opened().receipt, key), {}

    return made


def an_event(who: str) -> Made:
    case = opened()
    event = m.Incident.objects.create(first=case.messages.get())
    m.Case.objects.filter(pk=case.pk).update(incident=event)
    return (event.pk,), {}


def a_search(owner: str = "", *, seen: bool = False, **given: Any) -> Callable[[str], Made]:
    """A saved search of `owner`, of whoever asks where none is named; `seen` by all."""

    def made(who: str) -> Made:
        row = m.SavedSearch.objects.create(
            owner=owner or who, name="返金", query="返金", shared=seen
        )
        return (row.pk,), given

    return made


def a_token(*, revoked: bool = False) -> Callable[[str], Made]:
    """A key that a colleague made."""

    def made(who: str) -> Made:
        row, _secret = moves.add_token("crm", Role.AGENT, [Scope.SEARCH], OTHER)
        if revoked:
            moves.revoke_token(row.pk, OTHER)
        return (row.pk,), {}

    return made


def a_hook(**given: Any) -> Callable[[str], Made]:
    def made(who: str) -> Made:
        return (moves.add_webhook("https://crm.example/", [Event.CASE_OPENED], OTHER).pk,), given

    return made


def a_delivery(who: str) -> Made:
    moves.try_webhook(a_hook()(who)[0][0], OTHER)
    row = m.WebhookDelivery.objects.get()
    moves.claim_webhook(row.pk)
    moves.webhook_failed(row.pk, "TimeoutError")
    return (row.pk,), {}


def colleague(**given: Any) -> Callable[[str], Made]:
    def made(who: str) -> Made:
        signed_in(Role.APPROVER if who != Role.APPROVER else Role.LEAD)
        return (Role.APPROVER if who != Role.APPROVER else Role.LEAD,), given

    return made


def oneself(**given: Any) -> Callable[[str], Made]:
    return lambda who: ((who,), given)


def oneself_proving(**given: Any) -> Callable[[str], Made]:
    """One's own account, which has a password and a second factor."""

    def made(who: str) -> Made:
        user, _ = User.objects.get_or_create(username=who)
        user.set_password(PASSWORD)
        user.save()
        TOTPDevice.objects.create(user=user, name="desk", confirmed=True)
        device = StaticDevice.objects.create(user=user, name="desk")
        StaticToken.objects.create(device=device, token=CODE)
        return (), given

    return made


def handed_over(owner: str = "") -> Callable[[str], Made]:
    """A message that came by the API with a key of `owner`, of whoever asks where none is named."""

    def made(who: str) -> Made:
        row, _new = take_in(API, Handed(f"{owner or who}/1", "c@example.net", "割れていました。"))
        return (row.pk,), {}

    return made


def several(
    deed: str, stands: Callable[[m.Draft, str], object] | None = None, *, repeats: bool = False
) -> Callable[[str], Made]:
    """A draft of the list; one to a message that `repeats` another."""

    def made(who: str) -> Made:
        (row,) = ready()
        if repeats:
            other = opened().messages.get().pk
            m.Relation.objects.filter(message=row.answers_id).update(
                kind=RelationKind.DUPLICATE, of_message=other
            )
        if stands is not None:
            stands(row, who)
        return (), {"draft": row.pk, "deed": deed, "owner": who, "until": "tomorrow"}

    return made
