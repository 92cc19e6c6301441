"""Loaded by pytest before Django's settings: a configuration and a database of the run's own.

With MADOGUCHI_TEST_DATABASE=postgresql the database is a PostgreSQL that this process starts.
"""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import tempfile
from pathlib import Path

from tests.postgres import PostgreSQL

VAR = Path(tempfile.mkdtemp(prefix="madoguchi-test-"))
atexit.register(shutil.rmtree, VAR, ignore_errors=True)

for name in [name for name in os.environ if name.startswith(("MADOGUCHI_", "PREFECT_"))]:
    if name != "MADOGUCHI_TEST_DATABASE":
        del os.environ[name]
os.environ.pop("DATABASE_URL", None)
os.environ["PREFECT_HOME"] = str(VAR / "prefect")
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"

_config = VAR / "madoguchi.toml"
_config.write_text(
    'var = "."\nlanguage = "en"\n[prefect]\napi_url = "http://127.0.0.1:9/api"\n'
    # Nobody answers there; the pages of such a sign-in are among the desk's all the same.
    '[desk.oidc]\nclient_id = "desk"\nclient_secret = { env = "OIDC_SECRET" }\n'
    'authorization_url = "http://127.0.0.1:9/authorize"\ntoken_url = "http://127.0.0.1:9/token"\n'
    'userinfo_url = "http://127.0.0.1:9/userinfo"\njwks_url = "http://127.0.0.1:9/jwks"\n'
)
os.environ["MADOGUCHI_CONFIG"] = str(_config)

if os.environ.get("MADOGUCHI_TEST_DATABASE") == "postgresql":
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        _port = int(probe.getsockname()[1])
    _server = PostgreSQL(_port)
    _server.__enter__()
    atexit.register(_server.__exit__, None, None, None)
    os.environ["DATABASE_URL"] = _server.url
