"""The first reply: it owns the matter, shows it was understood, says who does what by when.

Templates lie in `templates/<kind>/<language>/<channel>.jinja`. What the customer wrote is data in
them, cut down to one harmless line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from casebook.policy import Policy
from casebook.types import Channel, Conduct, Kind, Reply, Triage, Visibility
from responders.estimate import say_due

_TOPIC_LIMIT = 60
_NAME_LIMIT = 40
_PREFIX = re.compile(
    r"^\s*((re|fw|fwd|aw|返信|転送)\s*[:：]\s*|\[[^\]]{1,40}\]\s*)+", re.IGNORECASE
)
_UNSAFE = re.compile(r"https?:|www\.|[@<>{}\[\]|\\]|[\x00-\x1f\x7f]", re.IGNORECASE)
_BROKEN = re.compile("[\ufffd\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_ORGANISATION = re.compile(r"(株式|有限|合同|合資)会社|法人|組合|[（(][株有][)）]")
_QUESTIONS = {
    "order_number": {
        "ja": "ご注文番号、またはご購入日",
        "en": "the order number or the date of purchase",
    },
}


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What a draft is made from. `due` is the time to name (aware UTC); None for praise.

    `follow_up`: the customer has written about this case before.
    """

    receipt: str
    channel: Channel
    visibility: Visibility
    display_name: str
    subject: str
    triage: Triage
    due: datetime | None
    follow_up: bool = False


def needs_time(triage: Triage) -> bool:
    """True when the reply must say when the customer hears from us: always but for praise."""
    return triage.kind is not Kind.PRAISE


def draft(policy: Policy, facts: CaseFacts) -> Reply:
    """Draft the reply in the customer's language, or the policy's where that is neither Japanese
    nor English."""
    language = facts.triage.language if facts.triage.language in ("ja", "en") else policy.language
    template = _templates().get_template(
        f"{_template(facts.triage)}/{language}/{facts.channel}.jinja"
    )
    topic = _topic(facts.subject)
    body = template.render(
        salutation=_salutation(facts.display_name, language),
        company=policy.company.name.in_(language),
        desk=policy.company.desk.in_(language),
        email=policy.company.email,
        phone=policy.company.phone,
        receipt=facts.receipt,
        topic=topic,
        order=next(iter(facts.triage.entities.get("order_number", ())), ""),
        due=say_due(policy, facts.due, language) if facts.due else "",
        crisis=facts.triage.crisis,
        conduct=facts.triage.conduct,
        follow_up=facts.follow_up,
        questions=[_QUESTIONS[name][language] for name in facts.triage.missing],
    )
    return Reply(
        channel=facts.channel,
        visibility=facts.visibility,
        language=language,
        subject=_reply_subject(topic, facts.receipt, policy.company.desk.in_(language)),
        body=re.sub(r"\n{3,}", "\n\n", body).strip() + "\n",
        due=facts.due,
    )


def _template(triage: Triage) -> str:
    if triage.conduct is Conduct.THREAT:
        return "threat"
    if triage.severity == 3:
        return "crisis"
    if triage.conduct is not Conduct.ORDINARY:
        return "boundary"
    return triage.kind if triage.kind in (Kind.INQUIRY, Kind.REQUEST, Kind.PRAISE) else "complaint"


def _topic(subject: str) -> str:
    """The subject as it may be quoted back, or nothing where that would not be safe or helpful."""
    line = _PREFIX.sub("", " ".join(subject.split()))
    if len(line) > _TOPIC_LIMIT or _UNSAFE.search(line) or _BROKEN.search(line):
        return ""
    return line.replace("「", "『").replace("」", "』").replace('"', "'")


def _reply_subject(topic: str, receipt: str, desk: str) -> str:
    return f"Re: {topic or desk} [{receipt}]"


def _salutation(display_name: str, language: str) -> str:
    name = " ".join(display_name.split())
    harmless = 0 < len(name) <= _NAME_LIMIT and not (
        _UNSAFE.search(name) or _BROKEN.search(name) or re.search(r"\d{3}", name)
    )
    if language == "en":
        return f"Dear {name}," if harmless else "Hello,"
    if not harmless:
        return "お客様"
    bare = re.sub(r"\s*(様|さま|さん|御中)$", "", name)
    return f"{bare} {'御中' if _ORGANISATION.search(bare) else '様'}"


@cache
def _templates() -> Environment:
    # Mail is plain text, so nothing is escaped; StrictUndefined: a slot without a value is an
    # error here, not a gap in front of the customer.
    return Environment(  # noqa: S701
        loader=PackageLoader("responders"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
