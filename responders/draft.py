"""The first reply: it owns the matter, shows it was understood, says who does what by when.

Templates lie in `templates/<kind>/<language>/<channel>.jinja`. What the customer wrote is data in
them, cut down to one harmless line.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from casebook.policy import Policy
from casebook.timing import Purpose
from casebook.types import Channel, Conduct, Kind, Reply, Triage, Visibility
from responders.due import say_due
from responders.guard import guard

_TOPIC_LIMIT = 60
_NAME_LIMIT = 40
_PREFIX = re.compile(
    r"^\s*((re|fw|fwd|aw|返信|転送)(\[\d{1,2}\])?\s*[:：]\s*|\[[^\]]{1,40}\]\s*)+", re.IGNORECASE
)
_OUR_NUMBER = re.compile(r"\s*\[M-[0-9A-Z]{6}\]")
_CONTACT = re.compile(
    r"://|@|www\.|[\w-]{2,}\.[a-z]{2,}(?![a-z])|\d{2,4}-\d{2,4}-\d{3,4}(?!\d)|0\d{9}", re.IGNORECASE
)
_MARKUP = re.compile(r"[<>{}\[\]|\\`\ufffd]")
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
"""Unicode categories (UAX #44) that nobody sees, or that turn the reading direction."""
_ORGANISATION = re.compile(r"(株式|有限|合同|合資|合名)会社|法人|組合|[（(][株有][)）]|[㈱㈲]")
_HONORIFIC = re.compile(r"(\s*(様|さま|さん|殿|御中))+$")
_QUESTIONS = {
    "order_number": {"ja": "ご注文番号", "en": "the order number"},
    "purchase_date": {"ja": "ご購入日", "en": "the date of purchase"},
    "product": {
        "ja": "商品またはサービスの名称（型番）",
        "en": "the product or service, with its model",
    },
    "what_happened": {"ja": "お困りの内容", "en": "what happened"},
    "wished_solution": {"ja": "ご希望の対応", "en": "what you would like us to do"},
}


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What a draft is made from. `due` is the time to name (aware UTC); None where `needs_time`
    says so. `told` is when it is said, for 「本日」 and 「明日」; None: by its date.

    `follow_up`: the customer has written about this case before. `purpose`: a FIRST_REPLY, or a
    notice of DELAY with a new time.
    """

    receipt: str
    channel: Channel
    visibility: Visibility
    display_name: str
    subject: str
    triage: Triage
    due: datetime | None
    follow_up: bool = False
    told: datetime | None = None
    purpose: Purpose = Purpose.FIRST_REPLY


@dataclass(frozen=True, slots=True)
class Letter:
    """Whom a text of ours goes to, and about what. `subject` is the customer's own, `language` the
    one that he writes in, `told` the moment (aware) at which a time is named: today, tomorrow."""

    receipt: str
    channel: Channel
    visibility: Visibility
    display_name: str
    subject: str
    language: str
    severity: int = 1
    told: datetime | None = None

    @property
    def topic(self) -> str:
        """The subject as it may be quoted back; empty where that would not be safe or helpful."""
        return _topic(self.subject)

    def written_in(self, policy: Policy) -> str:
        """The customer's language, or the policy's where that is neither Japanese nor English."""
        return self.language if self.language in ("ja", "en") else policy.language


def needs_time(triage: Triage) -> bool:
    """True when the reply must say when the customer hears from us: always but for plain praise."""
    return _template(triage) != Kind.PRAISE


def draft(policy: Policy, facts: CaseFacts) -> Reply:
    """Draft the reply in the customer's language, or the policy's where that is neither Japanese
    nor English. Raises ValueError where a time is needed and `due` is None."""
    if facts.due is None and needs_time(facts.triage):
        raise ValueError("this reply needs a time to name")
    order = next(iter(facts.triage.entities.get("order_number", ())), "")
    language = facts.triage.language
    letter = Letter(
        facts.receipt,
        facts.channel,
        facts.visibility,
        facts.display_name,
        facts.subject,
        language,
        facts.triage.severity,
        facts.told,
    )
    return write(
        policy,
        Purpose.DELAY if facts.purpose is Purpose.DELAY else _template(facts.triage),
        letter,
        facts.due,
        order="" if order in letter.topic else order,
        apology=policy.wording.apology.in_(letter.written_in(policy)),
        opening=policy.opening(facts.triage, letter.written_in(policy)),
        crisis=facts.triage.crisis,
        conduct=facts.triage.conduct,
        follow_up=facts.follow_up,
        questions=[_QUESTIONS[name][letter.written_in(policy)] for name in facts.triage.missing],
    )


def write(
    policy: Policy, template: str, letter: Letter, due: datetime | None = None, **slots: object
) -> Reply:
    """Fill a template for a customer: with what every letter holds, the time that it names (`due`,
    aware UTC), and the `slots` of its own. Raises jinja2's UndefinedError where one is missing."""
    language = letter.written_in(policy)
    found = _templates().get_template(f"{template}/{language}/{letter.channel}.jinja")
    desk = policy.company.desk.in_(language)
    body = found.render(
        salutation=_salutation(letter.display_name, language, policy.wording.customer),
        company=policy.company.name.in_(language),
        desk=desk,
        email=policy.company.email,
        phone=policy.company.phone,
        receipt=letter.receipt,
        topic=letter.topic,
        due=say_due(policy, due, language, letter.told) if due else "",
        we=policy.wording.we,
        customer=policy.wording.customer,
        **slots,
    )
    return Reply(
        channel=letter.channel,
        visibility=letter.visibility,
        language=language,
        subject=_reply_subject(letter.topic, letter.receipt, desk),
        body=re.sub(r"\n{3,}", "\n\n", body).strip() + "\n",
        due=due,
        severity=letter.severity,
    )


def reply_subject(policy: Policy, subject: str, receipt: str, language: str) -> str:
    """The subject of a reply to a message with this one, which is quoted where it is harmless."""
    return _reply_subject(_topic(subject), receipt, policy.company.desk.in_(language))


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
    line = _PREFIX.sub("", _OUR_NUMBER.sub("", _one_line(subject)))
    if not _harmless(line, _TOPIC_LIMIT):
        return ""
    return line.replace("「", "『").replace("」", "』").replace('"', "'")


def _one_line(text: str) -> str:
    # Cut first: a line of megabytes is as useless as one a little over the limit.
    return " ".join(text[:1_000].split())


def _harmless(line: str, limit: int) -> bool:
    """True when a stranger's line may stand in our reply: short, visible, no markup, and no
    address or telephone number that would look like ours."""
    return (
        len(line) <= limit
        and not _CONTACT.search(unicodedata.normalize("NFKC", line))
        and not _MARKUP.search(line)
        and not any(unicodedata.category(letter) in _INVISIBLE for letter in line)
        and not guard(line, needs_time=False)
    )


def _reply_subject(topic: str, receipt: str, desk: str) -> str:
    return f"Re: {topic or desk} [{receipt}]"


def _salutation(display_name: str, language: str, unnamed: str) -> str:
    name = _HONORIFIC.sub("", _one_line(display_name))
    harmless = bool(re.search(r"[^\W\d_]", name)) and not re.search(r"\d{3}", name)
    if not (harmless and _harmless(name, _NAME_LIMIT)):
        return "Hello," if language == "en" else unnamed
    if language == "en":
        return f"Dear {name},"
    return f"{name} {'御中' if _ORGANISATION.search(name) else '様'}"


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
