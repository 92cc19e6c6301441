"""Values that the API takes, each with its bounds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

_LARGEST = 2**63 - 1
"""The largest key that a database holds."""


def storable(text: str) -> str:
    """The text; ValueError where a database cannot hold it."""
    if "\0" in text:
        raise ValueError("must not contain NUL")
    return text


def address(text: str) -> str:
    """The text; ValueError where it is no mail address."""
    try:
        validate_email(text)
    except ValidationError:
        raise ValueError("must be a mail address") from None
    return text


Text = Annotated[str, AfterValidator(storable)]
Word = Annotated[str, StringConstraints(max_length=200), AfterValidator(storable)]
Receipt = Annotated[str, StringConstraints(pattern=r"^M-[0-9A-HJKMNP-TV-Z]{6}$")]
Number = Annotated[int, Field(ge=1, le=_LARGEST)]
"""A thing's key."""
Moment = Annotated[
    AwareDatetime,
    Field(ge=datetime(1970, 1, 2, tzinfo=UTC), le=datetime(2200, 1, 1, tzinfo=UTC)),
]
"""A time with its offset from UTC, as far away as a calendar reaches."""
Version = Annotated[int, Field(ge=1, le=32_767)]
