"""All that the record holds, before and after somebody asked for something."""

from __future__ import annotations

from typing import Any

from django.apps import apps

_KEPT = ("casebook", "auth", "otp_static", "otp_totp")
_PASSING = ("last_login", "used_at", "throttling_failure_count", "throttling_failure_timestamp")
"""Fields that tell of the asking itself."""

Record = dict[str, list[Any]]


def record() -> Record:
    """The rows of everything that people or programs can change, by the kind of thing."""
    models = (
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in _KEPT and model._meta.model_name != "permission"
    )
    return {
        str(model._meta.model_name): list(
            model._default_manager.order_by("pk").values_list(
                *(one.name for one in model._meta.concrete_fields if one.name not in _PASSING)
            )
        )
        for model in models
    }


def changed(before: Record, after: Record) -> set[str]:
    """The kinds of things that are not as they were."""
    return {name for name, rows in before.items() if rows != after[name]}
