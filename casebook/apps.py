"""The Django app that holds the record."""

from __future__ import annotations

from django.apps import AppConfig


class CasebookConfig(AppConfig):
    """The record, under the label `casebook`."""

    name = "casebook"
    label = "casebook"
