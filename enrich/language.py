"""Which language a customer writes."""

from __future__ import annotations

import re
from functools import lru_cache

_KANA = re.compile(r"[\u3041-\u30ff\uff66-\uff9f]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_READ = 2_000
_HEADLINE = 12
_REMEMBERED = 4096
"""Texts whose language is remembered: those that come next are looked at ahead."""


@lru_cache(_REMEMBERED)
def detect(text: str, default: str) -> str:
    """The language of `text` as an ISO 639-1 code; `default` where nothing can be told.

    Kana decides for Japanese at once, and a few characters without it are a Japanese headline; the
    rest is py3langid's judgement.
    """
    sample = text[:_READ]
    if _KANA.search(sample):
        return "ja"
    if len(sample.strip()) <= _HEADLINE and _HAN.search(sample):
        return "ja"
    if not re.search(r"[^\W\d_]{3}", sample):
        return default
    # Its model takes a third of a second to load, which Japanese mail never needs.
    import py3langid

    code, _ = py3langid.classify(sample)
    return str(code)
