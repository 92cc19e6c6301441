"""Log lines without personal data: a file's name or a server's answer may hold a customer's."""

from __future__ import annotations

import logging


class Discreet(logging.Filter):
    """Puts placeholders in the place of the personal data that patterns find in a line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact the line's text; no line is left out."""
        # Reading a line is rare, and loads what a run that finds nothing to say does not need.
        from enrich.personal_data import find, redact

        line = record.getMessage()
        record.msg, record.args = redact(line, find(line)), ()
        return True
