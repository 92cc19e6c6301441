"""The shop's feedback box: customers write into it, and read our answers there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from casebook import clock
from casebook.config import Seconds, Secret, Table
from casebook.errors import (
    AmbiguousError,
    AuthError,
    ConfigError,
    ConnectorError,
    PermanentError,
    TransientError,
)
from casebook.lengths import Limit
from casebook.outbound import Outbound, Pace, Rules, Sent
from casebook.types import Batch, Channel, Cursor, Inbound, Visibility
from connectors.registry import Connector

if TYPE_CHECKING:
    from requests import Response

MAX_NAME = 200
MAX_TEXT = 100_000
MAX_REPLY = 2_000


class FeedbackOptions(Table):
    """One feedback box."""

    url: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")]
    """Address of the box's API, without a path."""
    key: Secret
    """Where the API key stands."""
    batch: Annotated[int, Field(ge=1, le=100)] = 50
    """Messages fetched and recorded at once."""
    timeout: Seconds = 30
    """Seconds to wait for the box at each step."""


CONNECTOR = Connector(__name__, "FeedbackOptions", "FeedbackBox")


def read_message(row: object) -> Inbound | None:
    """One message as the API gives it, None where it cannot be read; never raises."""
    if not isinstance(row, dict):
        return None
    key, author, text = row.get("id"), row.get("email"), row.get("text")
    if not (isinstance(key, str) and isinstance(author, str) and isinstance(text, str) and key):
        return None
    sent_at = None
    with suppress(ValueError, TypeError, OverflowError):
        sent_at = datetime.fromisoformat(row.get("at") or "").astimezone(UTC)
    return Inbound(
        identity=f"feedback:{key}",
        external_id=key,
        channel=Channel.FORM,
        visibility=Visibility.PRIVATE,
        author=author.lower(),
        display_name=str(row.get("name") or "")[:MAX_NAME],
        sent_at=sent_at,
        subject="",
        text=text[:MAX_TEXT],
        new_text=text[:MAX_TEXT],
        truncated=len(text) > MAX_TEXT,
    )


class FeedbackBox:
    """A feedback box as a source and as a sender."""

    rules = Rules(ways={Visibility.PRIVATE: (Pace(60, 60),)})

    def __init__(self, name: str, options: FeedbackOptions) -> None:
        """`name` is the account's name in the record; nothing is connected yet."""
        self._options = options

    def poll(self, cursor: Cursor) -> Iterator[Batch]:
        """As `connectors.base.Source.poll`; the cursor is the number of the last message seen."""
        number = cursor.get("number", 0)
        while True:
            page = self._json("GET", f"/messages?after={number}&limit={self._options.batch}")
            rows, following = page.get("messages"), page.get("last")
            if rows == []:
                return
            if not isinstance(rows, list) or not isinstance(following, int) or following <= number:
                raise self._unreadable()
            number = following
            found = [read_message(row) for row in rows]
            unread = found.count(None)
            told = (f"{unread} messages up to number {number} cannot be read",) if unread else ()
            yield Batch(tuple(filter(None, found)), {"number": number}, told)

    def check(self) -> str:
        """As `connectors.base.Checked.check`."""
        return f"{self._options.url}: {self._json('GET', '/count').get('count')} messages"

    def limits(self, visibility: Visibility) -> tuple[Limit, ...]:
        """The box counts characters."""
        return (Limit(MAX_REPLY, len),)

    def send(self, outbound: Outbound) -> Sent:
        """As `connectors.base.Sender.send`."""
        self._fits(outbound)
        answer = self._json(
            "PUT",
            f"/replies/{outbound.identity}",
            {"to": outbound.answers.external_id, "text": outbound.body},
        )
        return self._sent(answer)

    def find_sent(self, outbound: Outbound) -> Sent | None:
        """As `connectors.base.Sender.find_sent`: the box keeps a reply under our own name for it."""
        answer = self._call("GET", f"/replies/{outbound.identity}")
        return None if answer.status_code == 404 else self._sent(self._read(answer))

    def _fits(self, outbound: Outbound) -> None:
        if outbound.visibility is not Visibility.PRIVATE:
            raise PermanentError("the box has no public: answer privately", code="no_public")
        if len(outbound.body) > MAX_REPLY:
            raise PermanentError(
                f"the reply has more than {MAX_REPLY:,} characters: shorten it", code="too_long"
            )

    def _sent(self, answer: Mapping[str, Any]) -> Sent:
        return Sent(str(answer.get("id", "")), clock.now())

    def _json(self, method: str, path: str, body: object = None) -> Mapping[str, Any]:
        return self._read(self._call(method, path, body))

    def _call(self, method: str, path: str, body: object = None) -> Response:
        import requests
        from urllib3.exceptions import NewConnectionError

        options = self._options
        try:
            return requests.request(
                method,
                options.url + path,
                json=body,
                headers={"Authorization": f"Bearer {options.key.reveal()}"},
                timeout=options.timeout,
                allow_redirects=False,
            )
        except ConfigError as error:
            raise AuthError(f"{options.url}: {error}", code="secret_missing") from None
        except requests.RequestException as error:
            reason = getattr(error.args[0], "reason", None) if error.args else None
            if body is not None and not isinstance(reason, NewConnectionError):
                raise AmbiguousError(
                    f"{options.url}: the connection was lost while the reply was sent: it may be"
                    " there",
                    code="answer_lost",
                ) from None
            raise TransientError(
                f"{options.url}: cannot be reached: see that `url` is right and the box runs",
                code="host_unreachable",
            ) from None

    def _read(self, answer: Response) -> Mapping[str, Any]:
        if not answer.ok:
            raise self._refusal(answer)
        try:
            found = answer.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise self._unreadable()
        return found

    def _refusal(self, answer: Response) -> ConnectorError:
        url, status = self._options.url, answer.status_code
        if status in (401, 403):
            return AuthError(f"{url}: the key is refused: make a new one", code="wrong_key")
        if status == 429:
            seconds = answer.headers.get("Retry-After", "")
            wait = timedelta(seconds=int(seconds)) if seconds.isdecimal() else timedelta(minutes=1)
            return TransientError(
                f"{url}: asked too often; it goes on later",
                code="rate_limited",
                retry_at=clock.now() + wait,
            )
        if status >= 500:
            # A reply may be taken all the same, but the same name cannot be taken twice.
            return TransientError(f"{url}: out of service (HTTP {status})", code="server_busy")
        return PermanentError(
            f"{url}: refused (HTTP {status}): see that the message is still there", code="refused"
        )

    def _unreadable(self) -> TransientError:
        return TransientError(
            f"{self._options.url}: the answer is unreadable: see that `url` is the box's",
            code="unreadable",
        )
