"""Where a request comes from, as limits count it."""

from __future__ import annotations

import logging
from functools import cache
from ipaddress import IPv6Address, ip_address, ip_network

from django.http import HttpRequest

_HOUSE = 64
"""Bits of an IPv6 address that are one house's; it chooses the others as it likes."""

_log = logging.getLogger("desk")


def origin(request: HttpRequest) -> str:
    """The address that a request comes from; of IPv6 that of the whole house, `2001:db8::`. What is
    no address comes back as it is."""
    text: str = request.META.get("REMOTE_ADDR", "")
    try:
        address = ip_address(text)
    except ValueError:
        return text
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or ip_network((address, _HOUSE), strict=False).network_address
    if address.is_loopback and request.is_secure():
        _unnamed()
    return str(address)


@cache
def _unnamed() -> None:
    """Say once that a proxy which speaks TLS does not name who calls: all count as one."""
    _log.warning("the proxy names no caller: let it set X-Forwarded-For (docs/operations.md)")
