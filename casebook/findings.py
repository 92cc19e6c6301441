"""What the guard can find in a reply: the codes, what they mean, who may override them, and what it
must know of the case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from casebook.handling import Authority
from casebook.types import Conduct, Kind
from casebook.wording import Bilingual


class Code(StrEnum):
    """What speaks against sending a reply."""

    ADMITS_FAULT = "admits_fault"
    YIELDS_TO_MALICE = "yields_to_malice"
    BLAME_SHIFTING = "blame_shifting"
    PERSONAL_DATA = "personal_data"
    DETAILS_IN_PUBLIC = "details_in_public"
    NO_PRIVATE_CHANNEL = "no_private_channel"
    UNAUTHORISED_PROMISE = "unauthorised_promise"
    PROMISE_BEFORE_DUE = "promise_before_due"
    NO_DUE_TIME = "no_due_time"
    DUE_DIFFERS = "due_differs"
    LEAKS_INTERNAL = "leaks_internal"
    UNSAFE_LINK = "unsafe_link"
    DISMISSIVE = "dismissive"
    TOO_LONG = "too_long"
    WRONG_LANGUAGE = "wrong_language"
    UNFILLED_SLOT = "unfilled_slot"
    OBEYS_INJECTION = "obeys_injection"
    NO_APOLOGY = "no_apology"


MOVED_ON = "moved_on"
"""The customer wrote after a reply was approved: it waits for approval again."""

TIME_PASSED = "time_passed"
"""The time that an approved reply names passed before it left: it waits for approval again."""

CORRECTED = "triage_corrected"
"""Somebody corrected what was said of the message that a draft answers; its note tells the labels
(`severity: 1 → 3`), and it blocks where that is graver than was thought."""

BEYOND_MAXIMUM = "beyond_maximum"
"""The time that a draft names is later than the policy allows unseen; its note tells both in
minutes of business time (`3000/1440`)."""

ANOTHER_DAY = "another_day"
"""Note of DUE_DIFFERS: a time means another moment than on the day on which it was written."""

WARNINGS = frozenset({Code.NO_APOLOGY})
"""Told, but in nobody's way."""

NEVER_OVERRIDDEN = frozenset({Code.PERSONAL_DATA, Code.OBEYS_INJECTION, Code.LEAKS_INTERNAL})
"""What no reason excuses: it harms somebody who has no say in it."""

WHY: dict[str, Bilingual] = {
    Code.ADMITS_FAULT: Bilingual(
        ja="事実が確認される前に、自社の過失や責任を認めています。",
        en="It admits fault or liability before the facts are established.",
    ),
    Code.YIELDS_TO_MALICE: Bilingual(
        ja="脅迫や不当な要求に対して、謝罪・同意・譲歩をしています。",
        en="It apologises, agrees or gives in to a threat or an unreasonable demand.",
    ),
    Code.BLAME_SHIFTING: Bilingual(
        ja="取引先・他部署・お客様などに責任を転嫁しています。",
        en="It puts the blame on a partner, a colleague, the customer or one's own ignorance.",
    ),
    Code.PERSONAL_DATA: Bilingual(
        ja="この返信に書いてはならない個人情報が含まれています。",
        en="It holds personal data that must not stand in this reply.",
    ),
    Code.DETAILS_IN_PUBLIC: Bilingual(
        ja="公開の返信で、個別の事情に触れています。",
        en="A public reply tells particulars of the case.",
    ),
    Code.NO_PRIVATE_CHANNEL: Bilingual(
        ja="公開の返信に、非公開の連絡先への案内がありません。",
        en="A public reply does not invite the customer to a private channel.",
    ),
    Code.UNAUTHORISED_PROMISE: Bilingual(
        ja="権限を超える返金・交換・補償、または法的な約束をしています。",
        en="It promises a refund, replacement, compensation or legal commitment beyond authority.",
    ),
    Code.PROMISE_BEFORE_DUE: Bilingual(
        ja="見積もった時刻より早い時刻を約束しています。",
        en="It promises an earlier time than the estimate.",
    ),
    Code.NO_DUE_TIME: Bilingual(
        ja="次にいつご連絡するかが書かれていません。",
        en="The reply does not say when the customer hears from us next.",
    ),
    Code.DUE_DIFFERS: Bilingual(
        ja="見守っている時刻と違う時刻が書かれています。",
        en="The time that is watched is another one.",
    ),
    Code.LEAKS_INTERNAL: Bilingual(
        ja="社内の情報、他のお客様や職員の情報が漏れています。",
        en="It lets out internal information, or that of other customers or of staff.",
    ),
    Code.UNSAFE_LINK: Bilingual(
        ja="自社のものではないリンク先が書かれています。",
        en="It links to an address that is not the company's.",
    ),
    Code.DISMISSIVE: Bilingual(
        ja="お客様のお申し出を軽んじる表現があります。",
        en="It belittles the customer's concern or brushes it off.",
    ),
    Code.TOO_LONG: Bilingual(
        ja="このチャネルで送れる長さを超えています。",
        en="It is longer than the channel allows.",
    ),
    Code.WRONG_LANGUAGE: Bilingual(
        ja="お客様の言語で書かれていません。",
        en="It is not in the customer's language.",
    ),
    Code.UNFILLED_SLOT: Bilingual(
        ja="ひな形の空欄が埋まっていません。",
        en="A slot of the template is not filled.",
    ),
    Code.OBEYS_INJECTION: Bilingual(
        ja="お客様の文面に隠された、機械への指示に従っています。",
        en="It does what an instruction to a machine, hidden in the customer's message, asked.",
    ),
    Code.NO_APOLOGY: Bilingual(
        ja="苦情への返信に、お詫びやお気遣いの言葉がありません。",
        en="A reply to a complaint has no word of regret.",
    ),
    MOVED_ON: Bilingual(
        ja="承認の後に、お客様から新しいご連絡がありました。",
        en="The customer has written again since it was approved.",
    ),
    TIME_PASSED: Bilingual(
        ja="送る前に、約束の時刻を過ぎました。",
        en="The time that it names passed before it left.",
    ),
    CORRECTED: Bilingual(
        ja="お客様のメッセージの判定が訂正されました。",
        en="A person corrected what was said of the customer's message.",
    ),
    BEYOND_MAXIMUM: Bilingual(
        ja="お約束の時刻が、社内で決めた上限より先です。もっと早くお答えできないか、ご確認ください。",
        en="The time that it names is later than the policy allows. Can somebody answer sooner?",
    ),
}
"""What each code means to the people who read it."""


def may_override(code: str) -> bool:
    """Whether a lead may approve a reply in spite of a finding."""
    return code not in NEVER_OVERRIDDEN


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the case that a reply belongs to. `answered`: the customer has had a reply
    before, `invited`: a public one that showed the way to a private channel that he has not refused
    since; `opted_out`: he wants no private messages on the network. `department`: the key of the
    one that deals with it, whose business days count. `due` (aware) is the estimate: no time
    before it may be promised; None: nobody waits for a time. `due_said` are the ways to word the
    time that is watched, last the one that means it on any day (`responders.due.wordings`); empty:
    not compared. `authority`: None for that of the policy."""

    conduct: Conduct = Conduct.ORDINARY
    fault_confirmed: bool = False
    severity: int = 1
    kind: Kind = Kind.COMPLAINT
    customer_language: str = ""
    customer_name: str = ""
    department: str = ""
    answered: bool = False
    invited: bool = False
    opted_out: bool = False
    due: datetime | None = None
    due_said: tuple[str, ...] = ()
    authority: Authority | None = None
