"""How often somebody may do something: counted in windows of time, in this process's memory."""

from __future__ import annotations

import math

from django.core.cache import cache

from casebook.clock import now


def wait(name: str, most: int, seconds: int) -> int:
    """Count one use of `name`, of which `most` are allowed in a window of `seconds`. Returns 0
    where it is one of them, else the seconds until the next window."""
    at = now().timestamp()
    window = int(at // seconds)
    key = f"pace:{name}:{window}"
    cache.add(key, 0, timeout=2 * seconds)
    used = cache.incr(key)
    return 0 if used <= most else max(1, math.ceil((window + 1) * seconds - at))
