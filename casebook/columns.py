"""Columns and checks that tables of the record share."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.db.models import Q


def one_of(values: type[StrEnum], default: StrEnum | None = None) -> models.CharField[str, str]:
    """A column that holds one of these values."""
    field: models.CharField[str, str] = models.CharField(
        max_length=16, choices=[(value.value, value.value) for value in values]
    )
    if default is not None:
        field.default = default.value
    return field


def states(values: type[StrEnum], table: str) -> models.CheckConstraint:
    """The database's own check that a row of `table` is in one of these states."""
    return models.CheckConstraint(
        condition=Q(state__in=[value.value for value in values]), name=f"{table}_state_known"
    )
