"""Lists by pages: a cursor stands for where the last page ended, however much came since."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Any, TypeVar

from django.db.models import Model, QuerySet
from ninja import Schema
from pydantic import Field

from desk.api.problems import Refused
from desk.words import say

_Row = TypeVar("_Row", bound=Model)
_LARGEST = 2**63 - 1
_LONGEST_CURSOR = 40


class Page(Schema):
    """Which page of a list: `limit` things after `cursor`, which the page before gave (`next`)."""

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: Annotated[str, Field(max_length=_LONGEST_CURSOR)] = ""


def paged(rows: QuerySet[_Row], page: Page) -> tuple[list[_Row], str | None]:
    """The newest rows before the cursor, and the cursor of the next page; None at the end. Raises
    Refused (400) for a cursor that is none of ours."""
    if page.cursor:
        rows = rows.filter(pk__lt=_place(page.cursor))
    found: list[Any] = list(rows.order_by("-pk")[: page.limit + 1])
    if len(found) <= page.limit:
        return found, None
    return found[: page.limit], _cursor(found[page.limit - 1].pk)


def _cursor(place: int) -> str:
    return urlsafe_b64encode(f"v1:{place}".encode("ascii")).decode("ascii").rstrip("=")


def _place(cursor: str) -> int:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        version, _, place = urlsafe_b64decode(padded.encode("ascii")).decode("ascii").partition(":")
        # Only the number as it was written comes back to the same cursor.
        if version == "v1" and place.isdigit() and int(place) <= _LARGEST:
            return int(place)
    except ValueError:
        pass
    raise Refused(400, say("cursor が正しくありません。", "This cursor is none of ours."))
