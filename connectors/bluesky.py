"""An account on Bluesky: mentions, replies, quotes and direct messages come in, replies go out.

AT Protocol, https://docs.bsky.app. Nothing here waits: a limit that is reached is a TransientError
with `retry_at`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from casebook.clock import now
from casebook.errors import AmbiguousError, PermanentError
from casebook.lengths import LIMITS, PRIVATE, Limit
from casebook.outbound import Outbound, Pace, Rules, Sent
from casebook.types import Batch, Cursor, Visibility
from connectors.bluesky_client import Client, Document, listed
from connectors.bluesky_errors import Refused
from connectors.bluesky_options import BlueskyOptions
from connectors.bluesky_poll import Poll
from connectors.bluesky_posts import DM, POST, link_of, parts_of, reply_refs
from connectors.bluesky_text import facets, record_key
from connectors.lenient import moment
from connectors.web import answer_lost, unreadable

__all__ = ["BlueskyAccount", "BlueskyOptions"]

_PUBLIC = (Pace(1_666, 3_600), Pace(11_666, 86_400))
"""A server allows an account 5,000 points an hour and 35,000 a day; a post is 3."""
_PRIVATE = (Pace(600, 300),)
"""A server allows an address 3,000 requests in five minutes; a message takes up to four."""
_LOOKED_UP = 25
_PAGES = 10
"""Pages of a conversation that are searched for a message of ours."""
_CLOCKS = timedelta(minutes=2)
"""How far the server's clock and ours may be apart."""
_SEND = "chat.bsky.convo.sendMessage"


class BlueskyAccount:
    """One account, as a `connectors.base.Source` and `Sender`, with `Names` and `Rechecks`."""

    def __init__(self, name: str, options: BlueskyOptions) -> None:
        """`name` is the source's name in the record; nothing is sent yet."""
        self._options = options
        self._client = Client(name, options)
        private = {Visibility.PRIVATE: _PRIVATE} if options.dms else {}
        self.rules = Rules(
            {Visibility.PUBLIC: _PUBLIC, **private}, after_contact=True, recheck_hours=24
        )

    def check(self) -> str:
        """As `connectors.base.Source.check`: `https://bsky.social: @handle (did)`."""
        session = self._client.get("com.atproto.server.getSession")
        if self._options.dms:
            self._client.get("chat.bsky.convo.listConvos", chat=True, limit=1)
        handle = " ".join(str(session.get("handle")).split())[:253]
        return f"{self._options.base_url}: @{handle} ({self._client.did})"

    def poll(self, cursor: Cursor) -> Iterator[Batch]:
        """As `connectors.base.Source.poll`: posts, then direct messages, each ascending.

        The cursor is that of `connectors.bluesky_poll.Poll`.
        """
        yield from Poll(self._client, self._options, cursor).batches()

    def limits(self, visibility: Visibility) -> tuple[Limit, ...]:
        """As `connectors.base.Sender.limits`."""
        return (LIMITS if visibility is Visibility.PUBLIC else PRIVATE)["bluesky"]

    def send(self, outbound: Outbound) -> Sent:
        """As `connectors.base.Sender.send`: an answer to the post, or a message to its author."""
        self._fits(outbound)
        if outbound.visibility is Visibility.PUBLIC:
            return self._reply(outbound)
        return self._message(outbound)

    def named(self, outbound: Outbound, at: datetime) -> Sent | None:
        """As `connectors.base.Names.named`: a post, by its key; the chat names its messages."""
        if outbound.visibility is not Visibility.PUBLIC:
            return None
        uri = f"at://{self._client.did}/{POST}/{_key(outbound)}"
        return Sent(uri, at, link_of(uri))

    def find_sent(self, outbound: Outbound) -> Sent | None:
        """As `connectors.base.Sender.find_sent`: a post by its key, which is made of the reply's
        identity; a message, since the chat knows no keys, by its text among what we wrote since."""
        if outbound.visibility is Visibility.PUBLIC:
            return self._posted(outbound)
        return self._written(outbound)

    def gone(self, external_ids: Sequence[str]) -> Iterator[str]:
        """As `connectors.base.Rechecks.gone`: posts that were deleted or taken down, or whose
        author left. Direct messages cannot be asked for so, and stay."""
        posts = [post for post in external_ids if not post.startswith(DM)]
        for start in range(0, len(posts), _LOOKED_UP):
            asked = posts[start : start + _LOOKED_UP]
            answer = self._client.get("app.bsky.feed.getPosts", uris=asked)
            shown = {post.get("uri") for post in listed(answer, "posts", self._client.place)}
            missing = (post for post in asked if post not in shown)
            # Those of an author who blocks the account are there, and are not shown to it.
            yield from (post for post in missing if not self._stands(post))

    def _fits(self, outbound: Outbound) -> None:
        at = self._client.at
        if outbound.visibility not in self.rules.ways:
            raise PermanentError(
                f"{at}: direct messages are switched off: set `dms = true`, or answer another way",
                code="no_such_way",
            )
        for limit in self.limits(outbound.visibility):
            if limit.count(outbound.body) > limit.most:
                raise PermanentError(
                    f"{at}: the reply is longer than Bluesky takes ({limit.most:,}): shorten it",
                    code="too_long",
                )

    def _reply(self, outbound: Outbound) -> Sent:
        record = {
            "$type": POST,
            "text": outbound.body,
            "facets": facets(outbound.body, self._did_of),
            "reply": self._reply_refs(outbound.answers.external_id),
            "langs": [outbound.language],
            "createdAt": now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        body = {"repo": self._client.did, "collection": POST, "rkey": _key(outbound)}
        answer = self._client.post(
            "com.atproto.repo.createRecord", body | {"record": record}, writes=True
        )
        return self._sent(str(answer.get("uri") or ""))

    def _reply_refs(self, uri: str) -> dict[str, Any]:
        """What an answer to a post names: asked for anew, since it may be gone by now."""
        answer = self._client.get("app.bsky.feed.getPosts", uris=[uri])
        post: Document = next(
            (p for p in listed(answer, "posts", self._client.place) if p.get("uri") == uri), {}
        )
        refs = reply_refs(post)
        if refs is None:
            raise PermanentError(
                f"{self._client.at}: the post is gone, or its author blocks the account: answer"
                " another way, or close the case",
                code="post_gone",
            )
        viewer = post.get("viewer")
        if isinstance(viewer, dict) and viewer.get("replyDisabled") is True:
            raise PermanentError(
                f"{self._client.at}: its author lets the account not answer this post: answer"
                " another way",
                code="reply_not_allowed",
            )
        return refs

    def _did_of(self, handle: str) -> str | None:
        """Whose name stands in a text, so that it leads to them; a name may be nobody's."""
        try:
            answer = self._client.get("com.atproto.identity.resolveHandle", handle=handle)
        except Refused:
            return None
        did = answer.get("did")
        return did if isinstance(did, str) else None

    def _posted(self, outbound: Outbound) -> Sent | None:
        try:
            answer = self._record(self._client.did, POST, _key(outbound))
        except Refused as error:
            if error.word == "RecordNotFound":
                return None
            raise
        record = answer.get("value")
        if not isinstance(record, dict) or record.get("text") != outbound.body:
            raise AmbiguousError(
                f"{self._client.at}: another post stands where the reply would: look whether it"
                " was changed by hand",
                code="key_taken",
            )
        return self._sent(str(answer.get("uri") or ""), record)

    def _stands(self, uri: str) -> bool:
        try:
            self._record(*parts_of(uri))
        except Refused as error:
            # Of an account that is gone the server says no more than the second.
            if error.word in ("RecordNotFound", "InvalidRequest"):
                return False
            raise
        return True

    def _record(self, did: str, collection: str, key: str) -> Document:
        return self._client.get(
            "com.atproto.repo.getRecord", repo=did, collection=collection, rkey=key
        )

    def _sent(self, uri: str, record: Document | None = None) -> Sent:
        link = link_of(uri)
        if not link:
            raise answer_lost(self._client.place)
        return Sent(uri, moment((record or {}).get("createdAt")) or now(), link)

    def _message(self, outbound: Outbound) -> Sent:
        convo = self._convo(outbound)
        if convo.get("status") == "request":
            self._client.post("chat.bsky.convo.acceptConvo", {"convoId": convo["id"]}, chat=True)
        message = {"text": outbound.body, "facets": facets(outbound.body, self._did_of)}
        body = {"convoId": convo["id"], "message": message}
        return self._told(self._client.post(_SEND, body, chat=True, writes=True))

    def _convo(self, outbound: Outbound) -> Document:
        answer = self._client.get(
            "chat.bsky.convo.getConvoForMembers", chat=True, members=[outbound.answers.author]
        )
        convo = answer.get("convo")
        if not isinstance(convo, dict) or not isinstance(convo.get("id"), str):
            raise unreadable(self._client.place)
        return convo

    def _written(self, outbound: Outbound) -> Sent | None:
        since = min(outbound.begun_at, now()) - _CLOCKS
        convo, token = self._convo(outbound)["id"], ""
        for _ in range(_PAGES):
            answer = self._client.get(
                "chat.bsky.convo.getMessages",
                chat=True,
                convoId=convo,
                limit=self._options.page_size,
                cursor=token or None,
            )
            page = listed(answer, "messages", self._client.place)
            for message in page:
                if (
                    self._is(outbound, message)
                    and (moment(message.get("sentAt")) or now()) >= since
                ):
                    return self._told(message)
            token = str(answer.get("cursor") or "")
            older = any((moment(message.get("sentAt")) or now()) < since for message in page)
            if not token or not page or older:
                return None
        raise AmbiguousError(
            f"{self._client.at}: too much was written since for the reply to be found: look whether"
            " it is there",
            code="not_found_yet",
        )

    def _is(self, outbound: Outbound, message: Document) -> bool:
        sender = message.get("sender")
        ours = isinstance(sender, dict) and sender.get("did") == self._client.did
        return ours and message.get("text") == outbound.body

    def _told(self, message: Document) -> Sent:
        number = message.get("id")
        if not isinstance(number, str) or not number:
            raise answer_lost(self._client.place)
        return Sent(f"{DM}{number}", moment(message.get("sentAt")) or now())


def _key(outbound: Outbound) -> str:
    return record_key(outbound.identity, outbound.begun_at)
