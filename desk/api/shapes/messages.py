"""Messages that are handed over, and what became of them."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from ninja import Schema
from pydantic import AfterValidator, Field, StringConstraints

from casebook.states import MessageState
from desk.api.shapes.values import Moment, Word, address, storable


class MessageIn(Schema):
    """A customer's message from a form or another system. It comes in once: by `external_id`, its
    name there, or by the header `Idempotency-Key`."""

    text: Annotated[
        str,
        StringConstraints(min_length=1, max_length=8000, strip_whitespace=True),
        AfterValidator(storable),
    ]
    email: Annotated[
        str,
        StringConstraints(max_length=254),
        AfterValidator(address),
        Field(description="Where replies go", json_schema_extra={"format": "email"}),
    ]
    name: Word = ""
    subject: Word = ""
    product: Word = ""
    order_number: Word = ""
    happened_on: date | None = None
    wish: Word = ""
    phone: Annotated[str, StringConstraints(max_length=40), AfterValidator(storable)] = ""
    sent_at: Moment | None = None
    external_id: Word = ""


class Taken(Schema):
    """A message that was taken in. `receipt` can be told to the customer; `case` is the number of
    the case that it belongs to, once the intake has dealt with it."""

    id: int
    state: MessageState
    receipt: str | None
    case: str | None
