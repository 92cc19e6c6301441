"""How often a password may be wrong."""

from __future__ import annotations

from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt
from django.db.models import QuerySet, Sum
from django.http import HttpRequest

FROM_ANYWHERE = 10
"""How many times as often as a login at one address may a login from anywhere, and an address for
whatever login, be wrong: enough for a whole office behind one address, and too much work for a
stranger to keep somebody out with."""


class Doors(AxesDatabaseHandler):  # type: ignore[misc]
    """Counts what was wrong for a login at an address; at a lower weight also what was wrong for
    the login from anywhere, and from the address for whatever login."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """The wrong passwords that count against this try; a login waits from AXES_FAILURE_LIMIT
        on."""
        since = get_cool_off_threshold(request)
        rows = AccessAttempt.objects.filter(attempt_time__gte=since)
        of_login = rows.filter(username=get_client_username(request, credentials))
        there = {"ip_address": request.axes_ip_address}  # type: ignore[attr-defined]
        return max(
            _wrong(of_login.filter(**there)),
            _wrong(of_login) // FROM_ANYWHERE,
            _wrong(rows.filter(**there)) // FROM_ANYWHERE,
        )


def _wrong(rows: QuerySet[Any]) -> int:
    return int(rows.aggregate(all=Sum("failures_since_start"))["all"] or 0)
