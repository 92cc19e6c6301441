"""The weights of the Japanese half of the bundled embedding model; README.md tells their origin."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "japanese.safetensors"


@cache
def fingerprint() -> str:
    """Eight hexadecimal digits that change with the weights."""
    return hashlib.sha256(FILE.read_bytes()).hexdigest()[:8]
