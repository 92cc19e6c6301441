"""How a process that computes with models asks the C library for memory.

glibc keeps what a thread has freed for that thread's next request, so that a process whose threads
encode texts by turns holds several times what it needs (mallopt(3), "Environment variables"). It
reads these when a process starts; other C libraries read over them.
"""

from __future__ import annotations

SPARING = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "131072",
    "MALLOC_TRIM_THRESHOLD_": "131072",
}
"""Variables for the environment of such a process; sizes in bytes."""
