"""`madoguchi desk`: the desk's pages, served by uvicorn."""

from __future__ import annotations

import logging
import os
import warnings

from casebook.start import start


def serve(host: str, port: int) -> None:
    """Serve the pages on this address until Ctrl-C or SIGTERM. Raises ConfigError for a wrong
    configuration."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "desk.settings"
    start()
    _quiet()
    import uvicorn
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.asgi import get_asgi_application

    from desk.keeping import Keeper

    SessionStore.clear_expired()
    keeper = Keeper()
    keeper.start()
    try:
        # No access log: the address of a survey is what gives access to it.
        uvicorn.run(
            get_asgi_application(),
            host=host,
            port=port,
            access_log=False,
            lifespan="off",
            server_header=False,
            log_level="warning",
        )
    finally:
        keeper.close()


def _quiet() -> None:
    """Let the log tell where a request failed, but neither its address nor what it said."""
    logger = logging.getLogger("django")
    handler = logging.StreamHandler()
    handler.addFilter(_discreet)
    logger.addHandler(handler)
    logger.setLevel(logging.ERROR)
    logger.propagate = False
    # What strangers try is no trouble of ours.
    for name in ("django.security", "axes", "mozilla_django_oidc"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    # WhiteNoise reads files in one piece; the one that there is has four kilobytes.
    warnings.filterwarnings("ignore", "StreamingHttpResponse must consume synchronous iterators")


def _discreet(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    trace = error.__traceback__ if error else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else ""
    kind = type(error).__name__ if error else record.name
    record.msg, record.args = f"madoguchi: the desk failed: {kind}{place}", ()
    record.exc_info = record.exc_text = None
    return True
