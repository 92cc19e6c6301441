"""How a process that computes with models asks the C library for memory and processor time.

glibc keeps what a thread has freed for that thread's next request, so that a process whose threads
encode texts by turns holds several times what it needs (mallopt(3), "Environment variables"). The
threads of OpenMP spin while they wait for work, on the cores that others need (libgomp manual,
"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"). Both are read when a process starts; other C libraries read
over them. oneDNN keeps the code that it made for each of a thousand sizes of product, which is a
tenth of the memory (oneDNN developer guide, "Primitive Cache").
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SPARING = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "8388608",
    "MALLOC_TRIM_THRESHOLD_": "67108864",
    "OMP_WAIT_POLICY": "PASSIVE",
    "GOMP_SPINCOUNT": "0",
    "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "32",
}
"""Variables for the environment of such a process; sizes in bytes."""


@contextmanager
def loading() -> Iterator[None]:
    """Around large imports: what they make stays, and Python's search for cycles among it takes a
    sixth of the time (gc.freeze, https://docs.python.org/3/library/gc.html)."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
