"""What keeps an approved reply from leaving, before anything is claimed."""

from __future__ import annotations

from datetime import datetime

from casebook import models as m
from casebook import outgoing
from casebook.clock import now
from casebook.config import settings
from casebook.outgoing import Way
from casebook.policy import Policy
from casebook.types import Visibility
from connectors.base import Sender

_CRISIS = 3
_NO_WAY = {
    "ja": "この返信の公開範囲では、このアカウントから送れません",
    "en": "this account has no way of that visibility",
}
_OPTED_OUT = {
    "ja": "お客様が非公開メッセージの受信を停止しています：別の方法でご連絡ください",
    "en": "the customer wants no more private messages: answer another way",
}
_NO_CONTACT = {
    "ja": "お客様からまだ非公開のメッセージがないため送れません：公開の返信でご案内ください",
    "en": "the customer has not written privately first: invite to it in public",
}
_TOO_LONG = {
    "ja": "長さが {found:,} で、上限 {most:,} を超えています：短くしてください",
    "en": "its length is {found:,}, the limit {most:,}: shorten it",
}


class Gates:
    """The rules of an account's network, its health, and the policy."""

    def __init__(self, name: str, sender: Sender, policy: Policy) -> None:
        self._name, self._sender, self._policy = name, sender, policy

    def refusal(self, draft: m.Draft, quoted: m.Message) -> tuple[str, str] | None:
        """Code and reason for which a draft can never leave as it is; None where it may."""
        rules, visibility = self._sender.rules, Visibility(draft.visibility)
        if visibility not in rules.ways:
            return "no_such_way", _say(_NO_WAY)
        if visibility is Visibility.PRIVATE:
            if outgoing.opted_out(quoted):
                return "opted_out", _say(_OPTED_OUT)
            if rules.after_contact and not outgoing.wrote_privately(quoted):
                return "no_contact", _say(_NO_CONTACT)
        body = draft.versions.get(number=draft.version).body
        for limit in self._sender.limits(visibility):
            if (found := limit.count(body)) > limit.most:
                return "too_long", _say(_TOO_LONG).format(found=found, most=limit.most)
        return None

    def closed(self, draft: m.Draft) -> bool:
        """Whether its way is closed for now: at night, at its limit, or in trouble."""
        visibility = Visibility(draft.visibility)
        local = now().astimezone(self._policy.zone)
        public = visibility is Visibility.PUBLIC and draft.severity < _CRISIS
        if public and self._policy.sending.is_quiet(local):
            return True
        row = m.Sender.objects.filter(name=self._name).first()
        again = row.not_before.get(visibility.value) if row else None
        if again and datetime.fromisoformat(again) > now():
            return True
        way = Way(self._name, tuple(self._sender.rules.ways[visibility]))
        return outgoing.pace_until(way, visibility) is not None


def _say(text: dict[str, str]) -> str:
    return text[settings().language]
