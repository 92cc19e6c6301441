"""Django's settings, made from `madoguchi.toml`."""

from __future__ import annotations

from urllib.parse import urlsplit

import dj_database_url

from casebook.config import settings
from casebook.errors import ConfigError

_found = settings()
_SQLITE = "django.db.backends.sqlite3"
_POSTGRESQL = "django.db.backends.postgresql"


def _database(url: str) -> dj_database_url.DBConfig:
    """The database behind `url`. Raises ConfigError naming the URL's place, never the URL: it holds
    a password."""
    try:
        # A password's #, / or ? ends the host's part early; its @ is then left in what follows.
        cut_short = "@" in urlsplit(url)._replace(netloc="").geturl()
        found = dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True)
    except ValueError:
        cut_short, found = True, {}
    if found.get("ENGINE") == _SQLITE or (found.get("ENGINE") == _POSTGRESQL and not cut_short):
        return found
    secret = _found.database
    place = f"environment variable {secret.env}" if secret.env else f"file {secret.file}"
    raise ConfigError(
        f"{place}: no URL of a database: it reads postgresql://user:password@host:5432/name or "
        "sqlite:////full/path; write #, /, ? and @ of a password as %23, %2F, %3F and %40"
    )


DATABASES = {"default": _database(_found.database_url)}
if DATABASES["default"]["ENGINE"] == _SQLITE:
    # IMMEDIATE takes the write lock at once: a transaction that reads and then writes cannot fail
    # half-way. FULL: a mail may leave the mailbox only once its record is on the disk.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 60,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    DATABASES["default"]["TEST"] = {"NAME": str(_found.var / "test.sqlite3")}
else:
    # Without it, a host that does not answer is waited for until the system gives up.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 10)

INSTALLED_APPS = ["casebook"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = _found.language
USE_I18N = True
# Prefect and the command line set logging up; doing it again inside a flow would flush Prefect's
# handlers while logging's lock is held, and wait for ever.
LOGGING_CONFIG = None
