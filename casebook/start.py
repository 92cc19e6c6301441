"""What a process does before it can use the record."""

from __future__ import annotations

import os
from pathlib import Path

from casebook.config import config_path, settings
from casebook.errors import ConfigError


def prepare() -> None:
    """Set Django up, so that the models can be imported. Raises ConfigError for a wrong file."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casebook.settings")
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()


def start() -> None:
    """Prepare, and bring the database's tables up to date; processes that start together do not
    migrate twice. Raises ConfigError for a wrong file, and where there is neither a configuration
    nor a record: an empty queue in the wrong folder would look like a quiet night."""
    found = settings()
    if config_path() is None and found.database.find() is None and not found.sqlite.exists():
        raise ConfigError(
            f"no madoguchi.toml and no record in {Path.cwd()}: go to its folder, "
            "or write one (see madoguchi.example.toml)"
        )
    found.var.mkdir(parents=True, exist_ok=True)
    prepare()
    if _behind():
        _migrate()


def _behind() -> bool:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _migrate() -> None:
    from django.core.management import call_command

    from casebook.locks import exclusive

    with exclusive("migrate", wait=True):
        if _behind():
            call_command("migrate", verbosity=0, interactive=False)
