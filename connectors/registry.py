"""Which connector reads which `type` of source: one line each."""

from __future__ import annotations

from importlib import import_module

from pydantic import ValidationError

from casebook.config import SourceTable, Table, explain
from casebook.errors import ConfigError
from connectors.base import Source

SOURCES = {
    "files": ("connectors.files", "FilesOptions", "FilesSource"),
    "imap": ("connectors.imap", "ImapOptions", "ImapSource"),
}
"""Type → module, its options and its class; imported only when a source of it is configured."""


def options_of(type_: str) -> type[Table]:
    """The options that a `[[sources]]` table of this type may have. Raises ConfigError."""
    if type_ not in SOURCES:
        raise ConfigError(f"type {type_!r} is unknown: use one of {', '.join(sorted(SOURCES))}")
    module, options, _ = SOURCES[type_]
    found: type[Table] = getattr(import_module(module), options)
    return found


def open_source(table: SourceTable) -> Source:
    """The connector for one `[[sources]]` table. Raises ConfigError with one clear line."""
    try:
        model = options_of(table.type)
        options = model.model_validate(table.options)
    except ValidationError as error:
        raise ConfigError(f"source {table.name!r}: {explain(error, model)}") from error
    except ConfigError as error:
        raise ConfigError(f"source {table.name!r}: {error}") from error
    module, _, name = SOURCES[table.type]
    source: Source = getattr(import_module(module), name)(table.name, options)
    return source
