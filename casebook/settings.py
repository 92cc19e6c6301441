"""Django's settings, made from `madoguchi.toml`."""

from __future__ import annotations

import dj_database_url

from casebook.config import settings

_found = settings()

DATABASES = {
    "default": dj_database_url.parse(_found.database_url, conn_max_age=60, conn_health_checks=True)
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE takes the write lock at once: a transaction that reads and then writes cannot fail
    # half-way. FULL: a mail may leave the mailbox only once its record is on the disk.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 60,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    DATABASES["default"]["TEST"] = {"NAME": str(_found.var / "test.sqlite3")}

INSTALLED_APPS = ["casebook"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = _found.language
USE_I18N = True
# Prefect and the command line set logging up; doing it again inside a flow would flush Prefect's
# handlers while logging's lock is held, and wait for ever.
LOGGING_CONFIG = None
