"""Messages handed over by a web form or another system: in once, and what became of them."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Header, Router, Status

from casebook import models as m
from casebook.states import MessageState
from desk.access import Action, Scope
from desk.api.keys import caller, needs
from desk.api.problems import Problem, Refused
from desk.api.shapes.messages import MessageIn, Taken
from desk.api.shapes.values import Number, Word
from desk.intake import API, Differs, Handed, take_in
from desk.words import plain, say

router = Router(tags=["messages"])
_KEY: Any = Header("", alias="Idempotency-Key")  # type: ignore[type-arg]


@router.post(
    "",
    response={201: Taken, 200: Taken, 400: Problem, 422: Problem},
    url_name="messages",
    summary="Hand a message over",
    **needs(Scope.MESSAGES_WRITE, Action.MESSAGE_ADD),
)
def add(
    request: HttpRequest,
    response: HttpResponse,
    given: MessageIn,
    idempotency_key: Word = _KEY,
) -> Status[Taken]:
    """Take a customer's message in; the next intake deals with it as with one from a mailbox. 201
    where it is new; 200 with what was taken in before where the same came under the same key, and
    422 where another one did."""
    key = given.external_id or idempotency_key
    if not key:
        text = say(
            "external_id か Idempotency-Key が必要です。",
            "Give an external_id, or the header Idempotency-Key.",
        )
        raise Refused(400, text)
    handed = _handed(given, _under(request) + key)
    try:
        row, new = take_in(API, handed)
    except Differs:
        text = say(
            "同じキーで別の内容を受け取り済みです。", "Another message came under this key before."
        )
        raise Refused(422, text) from None
    response["Location"] = f"{request.path.rstrip('/')}/{row.pk}"
    return Status(201 if new else 200, _taken(row))


@router.get(
    "/{number}",
    response=Taken,
    url_name="message",
    summary="Get what became of a message",
    **needs(Scope.MESSAGES_WRITE, Action.MESSAGE_ADD),
)
def message(request: HttpRequest, number: Number) -> Taken:
    """Where a message stands that was handed over with a key of this name."""
    rows = m.Message.objects.select_related("case").filter(source__name=API)
    found = get_object_or_404(rows, pk=number)
    if not found.external_id.startswith(plain(_under(request))):
        raise Http404
    return _taken(found)


def _under(request: HttpRequest) -> str:
    """What the keys of messages begin with that this caller hands over: a key that is made anew
    under the same name goes on where the old one ended."""
    return f"{caller(request).login}/"


def _handed(given: MessageIn, key: str) -> Handed:
    facts = (
        (say("商品・サービス", "Product"), given.product),
        (say("注文番号", "Order number"), given.order_number),
        (say("発生日", "Date"), given.happened_on.isoformat() if given.happened_on else ""),
        (say("ご希望", "Wish"), given.wish),
        (say("電話番号", "Telephone"), given.phone),
    )
    return Handed(
        key=key,
        email=given.email,
        text=given.text,
        name=given.name,
        subject=given.subject or given.product,
        facts=facts,
        sent_at=given.sent_at,
    )


def _taken(row: m.Message) -> Taken:
    return Taken(
        id=row.pk,
        state=MessageState(row.state),
        receipt=row.receipt,
        case=row.case.receipt if row.case else None,
    )
