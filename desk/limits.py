"""How long what people send may be, in characters as browsers count them (UTF-16 units)."""

from __future__ import annotations

REPLY = 20_000
"""A reply, and the private message beside it."""

_BYTES = 9
"""Of a character that three bytes of UTF-8 write, percent-encoded; no other has more a unit."""

_AROUND = 16 * 1024
"""The other fields of the largest form."""

REQUEST = _BYTES * 2 * REPLY + _AROUND
"""Bytes of the largest request that a page sends: both texts of a reply."""
