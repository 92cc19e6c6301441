"""Which connector serves which `type` of source or sender: one line each.

Others' connectors register an entry point of the group `madoguchi.connectors`, whose name is the
type and whose object is a `Connector`.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NamedTuple, cast

from pydantic import ValidationError

from casebook.config import (
    PAGES,
    AccountTable,
    SenderTable,
    Settings,
    SourceTable,
    Table,
    explain,
)
from casebook.errors import ConfigError
from connectors.base import Sender, Source

GROUP = "madoguchi.connectors"


class Connector(NamedTuple):
    """Where a connector lives; imported only when an account of it is configured. The class takes
    the account's name and its options; with `poll` it is a Source, with `send` a Sender."""

    module: str
    options: str
    account: str


CONNECTORS = {
    "bluesky": Connector("connectors.bluesky", "BlueskyOptions", "BlueskyAccount"),
    "files": Connector("connectors.files", "FilesOptions", "FilesSource"),
    "google-reviews": Connector(
        "connectors.google_reviews", "GoogleReviewsOptions", "GoogleReviewsAccount"
    ),
    "imap": Connector("connectors.imap", "ImapOptions", "ImapSource"),
    "mastodon": Connector("connectors.mastodon", "MastodonOptions", "MastodonAccount"),
    "smtp": Connector("connectors.smtp", "SmtpOptions", "SmtpSender"),
    "x": Connector("connectors.x", "XOptions", "XAccount"),
}
"""By type, those that come along."""

_MAIL = "smtp"
"""The type of what sends mails."""


def options_of(type_: str) -> type[Table]:
    """The options that a table of this type may have. Raises ConfigError."""
    found = _connector(type_)
    options: type[Table] = getattr(import_module(found.module), found.options)
    return options


def open_source(table: SourceTable) -> Source:
    """The connector for one `[[sources]]` table. Raises ConfigError with one clear line."""
    return cast(Source, _open(table, "source", "poll", "read from"))


def open_sender(table: SenderTable | SourceTable) -> Sender:
    """The connector for one `[[senders]]` table, or for a source that replies by itself. Raises
    ConfigError with one clear line."""
    return cast(Sender, _open(table, "sender", "send", "send with"))


def sends(type_: str) -> bool:
    """Whether accounts of this type can send. Raises ConfigError where the type is unknown."""
    return hasattr(_class(type_), "send")


def answering(settings: Settings) -> dict[str, SenderTable | SourceTable]:
    """For each source (by name) the account that replies to its messages leave through: the sender
    that answers it, else the source itself where it can send. What comes by a page of ours is
    answered by mail, through the first sender of mails unless another is named. Raises ConfigError
    for an unknown type."""
    own = {one.name: one for one in settings.sources if one.enabled and sends(one.type)}
    others = {name: one for one in settings.senders if one.enabled for name in one.answers}
    mail = next((one for one in settings.senders if one.enabled and one.type == _MAIL), None)
    pages = dict.fromkeys(PAGES, mail) if mail else {}
    return {**pages, **own, **others}


def _open(table: AccountTable, called: str, way: str, use: str) -> Any:
    try:
        model = options_of(table.type)
        options = model.model_validate(table.options)
        if not hasattr(_class(table.type), way):
            raise ConfigError(f"type {table.type!r} is none to {use}")
    except ValidationError as error:
        raise ConfigError(f"{called} {table.name!r}: {explain(error, model)}") from error
    except ConfigError as error:
        raise ConfigError(f"{called} {table.name!r}: {error}") from error
    return _class(table.type)(table.name, options)


def _class(type_: str) -> Any:
    found = _connector(type_)
    return getattr(import_module(found.module), found.account)


def _connector(type_: str) -> Connector:
    if type_ in CONNECTORS:
        return CONNECTORS[type_]
    others = _others()
    if type_ not in others:
        known = ", ".join(sorted({*CONNECTORS, *others}))
        raise ConfigError(f"type {type_!r} is unknown: use one of {known}")
    return _loaded(others[type_])


def _others() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


@cache
def _loaded(point: EntryPoint) -> Connector:
    """The connector of another package; only one that is configured is ever loaded."""
    try:
        found = point.load()
    except Exception as error:
        package = point.dist.name if point.dist else point.value
        raise ConfigError(
            f"type {point.name!r} of package {package} does not load ({type(error).__name__}):"
            " install the package again, or ask its makers"
        ) from error
    if not isinstance(found, Connector):
        raise ConfigError(f"type {point.name!r}: {point.value} is no connectors.registry.Connector")
    return found
