"""What a reply tells of who somebody is, and what nobody ever writes out: a card, a password."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice

from casebook.findings import Code
from casebook.handling import HelpLine
from casebook.policy import Company, Policy
from casebook.types import Span, Visibility
from responders.guard.acts import Place
from responders.guard.figures import in_figures, long_numbers, secret_numbers
from responders.guard.reading import Reading

_ALWAYS = frozenset({"card", "my_number", "password"})
"""Labels (`enrich.personal_data`) of what must not even stand in a private reply."""
_HARMLESS = frozenset({"handle"})
"""A public reply is addressed to a handle."""
_SECRETS = re.compile(
    r"(?P<grouped>(?<![0-9-])[2-6][0-9]{3}([ -])[0-9]{4}\2[0-9]{4}\2[0-9]{3,4}(?![0-9]))"
    r"|(?:暗証番号|\bpin\b|cvv|cvc|セキュリティコード"
    r"|security code)[^\n0-9]{0,20}(?P<pin>[0-9]{3,8})(?![0-9-]|桁|文字| ?digits)|"
    r"(?:カード(?:番号)?|card(?: number| no\.?)?)[^\n0-9*]{0,12}"
    r"(?P<card>[0-9](?:[ -]?[0-9]){12,18})"
    r"|(?:マイナンバー|個人番号|my number|individual number)[^\n0-9]{0,30}"
    r"(?P<my>[0-9](?:[ -]?[0-9]){11})(?![0-9])"
    r"|(?:暗証番号|パスワード|セキュリティ(?:コード|番号)|pin(?: code| number)?|cvv|cvc"
    r"|security code|passcode|password|ワンタイム(?:コード|パスワード)|認証コード|pass ?phrase)"
    r"(?: for you)?(?:は|が|を|: ?|:|,? which is| is| was|=| ?→)(?:now )?"
    r"[ 「\"']{0,3}(?P<secret>(?=[^\n]{0,30}[0-9!@#$%_-])"
    r"[a-z0-9!@#$%^&*_.-]{3,40})(?!文字|桁| ?characters| ?digits)"
)
_OF_SECRETS = re.compile(
    r"パスワード|パス(?=[はを:「])|暗証|ログイン情報|合言葉|ワンタイム"
    r"|password|passcode|passphrase|log-?in|sign-?in|credentials|\bpw\b|\bpass\b"
)
_SECRET = re.compile(
    r"(?<![\w@./#-])(?!m-[0-9a-z]{6}(?![0-9a-z]))"
    r"(?=[a-z0-9#!$%^&*_-]{0,23}[0-9])(?=[0-9#!$%^&*_-]{0,23}[a-z])"
    r"[a-z0-9#!$%^&*_-]{6,24}(?![\w@./])",
    re.ASCII,
)
"""What looks like a password where one is spoken of: letters and digits together."""
_AROUND = 50
"""Characters around the word in which the password stands, if not in its sentence."""
_MOST = 20
"""Words that are looked around."""
_IDENTIFIER = re.compile(
    r"(?<!受付)(?<!電話)(?:番号|控え|会員|伝票|\bref(?:erence)?|\bid|\bcode|\bnumber|\bno)"
    r"[.:#「(（、, はがを]{0,4}(?:is |was )?(?!m-[0-9a-z]{6}(?![0-9a-z]))"
    r"(?!0120|0800|0570|\+?1?-?8(?:00|88))"
    r"(?P<value>(?=[a-z-]{0,8}[0-9])[a-z0-9][0-9a-z-]{4,24})(?![0-9a-z-]| ?(?:年|円|yen))"
)
"""A number that is called one: of an order, a member, a parcel, a licence."""
_CARD_ENDING = re.compile(
    r"(?:(?:[下後]|最後の|末尾) ?[4四] ?(?:桁|けた)|末尾)[^\n0-9]{0,12}[0-9]{4}(?![0-9])"
    r"|[*x•●]{4}[ -]?[0-9]{4}(?![0-9])"
    r"|\b(?:card|visa|mastercard|amex|jcb)[^\n.0-9]{0,12} (?:ending|ends|finishing|finishes)"
    r"(?: with| in)? [0-9]{4}(?![0-9])"
    r"|\b(?:last|final) (?:four|4)(?: (?:digits|numbers))?[^\n.0-9]{0,12}[0-9]{4}(?![0-9])"
)
_SPELT_ADDRESS = re.compile(
    r"[a-z0-9._-]{1,30}(?: ?dot ?[a-z0-9._]{1,30}){0,3}"
    r"(?: at | ?[\[(]at[\])] ?| ?(?:あっと|アット) ?)"
    r"[a-z0-9-]{2,30}(?: dot | ?[\[(]dot[\])] ?| ?(?:どっと|ドット) ?)[a-z]{2,6}(?![a-z])"
)
"""A mail address in words: hanako dot y at example dot net."""
_ORDER = re.compile(
    r"#(?P<hash>(?=[a-z-]{0,8}[0-9])[a-z0-9][a-z0-9-]{3,24})(?![a-z0-9-])"
    r"|\b(?:order|contract|policy|booking|reservation|member(?:ship)?|parcel|tracking|account)"
    r" (?!m-[0-9a-z]{6}(?![0-9a-z]))(?!(?:19|20)[0-9]{2}\b(?!-))"
    r"(?P<value>(?=[a-z-]{0,8}[0-9])[a-z0-9][a-z0-9-]{3,24})(?![a-z0-9-]| ?(?:yen|days|hours))"
)
_SPELT_NAME = re.compile(r"(?<![a-z-])(?:[a-z]-){3,20}[a-z](?![a-z-])")
_BIRTH = re.compile(
    r"(?:昭和|平成|令和|(?:19|20)[0-9]{2}年)[^\n、。]{0,14}(?:生まれ|のお生まれ)"
    r"|\bborn (?:on|in) [^\n,.]{0,20}[0-9]{4}"
)
_NUMBER = re.compile(r"\+?[0-9][0-9 ()-]{4,20}[0-9]")
_COLLEAGUE = re.compile(
    r"(?:担当(?:者)?[の:は]?|窓口[の:]?|責任者[の:]?|店長[の:]?|i'm|i am|my name is)$"
)
_ROLE = re.compile(
    r"(?:support|care|info|contact|help|desk|service|customer|cs|privacy|press|legal"
    r"|quality|crisis"
    r"|hello|feedback|sales|shop|store|office|sodan|soudan|madoguchi|okyaku|inquiry"
    r"|enquir|complain"
    r"|order|return|review|social|sns|line|mail|web|team|public|voice|guest|reserv|claims?|reply)"
)
_GREETED = re.compile(
    r"(?:\b(?:Hi|Hello|Dear|Hey|Thanks|Thank you|Sorry|Is this|For),? "
    r"(?:(?:Mr|Ms|Mrs|Miss|Dr)\.? )?"
    r"(?!(?:Valued|Dear|Our|All|Mrs?|Ms|Mx|Miss|Dr) )"
    r"(?P<name>[A-Z][a-z]{1,20}(?: [A-Z][a-z]{1,20}){1,2})"
    r"(?= ?[,!.:?\n]| (?:from|of|in|for)\b)"
    r"|\b(?P<initialled>[A-Z][a-z]{1,20} [A-Z]\. [A-Z][a-z]{1,20})\b"
    r"|\b(?P<san>[A-Z][a-z]{1,20} [A-Z][a-z]{1,20})(?=[- ]?(?:san|sama)\b)"
    r"|^(?P<first>[A-Z][a-z]{1,20}(?: [A-Z][a-z]{1,20}){1,2}),"
    r"(?= (?:we|thank|sorry|our|please|I)\b))",
    re.MULTILINE,
)
"""Somebody addressed by the full name, in English."""
_NOBODY = re.compile(r"Customer|Guest|Team|Support|Care|Sir|Madam|Friend|Everyone|Service")
_PART = re.compile(r"[\s・･.=]")
_FULL_NAME = 4
"""Letters from which a Japanese name without a blank is a full one."""


def private_data(
    reading: Reading, personal: Iterable[Span], visibility: Visibility, customer: str,
    policy: Policy,
) -> Iterator[tuple[Code, Place]]:  # fmt: skip
    """`personal_data`: in public anybody's; in private what is never written out: card, My Number,
    password. `personal` has offsets in the reply, the findings offsets in the folded text."""
    public = visibility is Visibility.PUBLIC
    for span in personal:
        told = span.label in _ALWAYS or (
            public and span.label not in _HARMLESS and _tells(reading, span, policy.company.domains)
        )
        if told:
            yield Code.PERSONAL_DATA, _folded(reading, span.start, span.end)
    spoken = in_figures(reading.text)
    for text in {reading.text, spoken}:
        for match in _SECRETS.finditer(text):
            yield Code.PERSONAL_DATA, match.span()
    for place in secret_numbers(spoken):
        yield Code.PERSONAL_DATA, place
    for word in islice(_OF_SECRETS.finditer(reading.text), _MOST):
        first, last = reading.sentence(*word.span())
        near = min(first, max(0, word.start() - _AROUND)), max(last, word.end() + _AROUND)
        for match in _SECRET.finditer(reading.text, *near):
            yield Code.PERSONAL_DATA, match.span()
    if not public:
        return
    for match in _IDENTIFIER.finditer(spoken):
        yield Code.PERSONAL_DATA, match.span("value")
    for pattern in (_SPELT_ADDRESS, _SPELT_NAME, _CARD_ENDING, _BIRTH):
        for match in pattern.finditer(reading.text):
            yield Code.PERSONAL_DATA, match.span()
    for match in _ORDER.finditer(reading.text):
        yield Code.PERSONAL_DATA, match.span(match.lastgroup or 0)
    for place in long_numbers(spoken, _numbers(policy.company, policy.help_lines)):
        yield Code.PERSONAL_DATA, place
    if named := _named(reading, customer):
        yield Code.PERSONAL_DATA, named
    for match in _GREETED.finditer(reading.raw):
        if not _NOBODY.search(match[0]):
            yield Code.PERSONAL_DATA, _folded(reading, *match.span(match.lastgroup or 0))


@cache
def _numbers(company: Company, lines: tuple[HelpLine, ...]) -> frozenset[str]:
    """The numbers that the company makes known, digits only."""
    known = "\n".join(one.model_dump_json() for one in (company, *lines))
    numbers = _NUMBER.findall(known)
    return frozenset(re.sub(r"\D", "", number) for number in numbers)


def _tells(reading: Reading, span: Span, domains: tuple[str, ...]) -> bool:
    """Whether a span tells who somebody outside the company is."""
    if span.label == "person":
        return not _introduces(reading, span)
    if span.label == "email":
        local, _, host = unicodedata.normalize("NFKC", span.text).casefold().rpartition("@")
        ours = any(host == domain or host.endswith(f".{domain}") for domain in domains)
        # What poses as our address is no one's: `unsafe_link` tells of it.
        if not ours and any(domain in local for domain in domains):
            return False
        named = re.search(r"[a-z]{2}[._][a-z]{2}|[0-9]", local) and not _ROLE.search(local)
        return not ours or bool(named)
    return True


def _is_full(name: str) -> bool:
    words = [word for word in _PART.split(name.strip()) if word]
    return len(words) > 1 or (len(name) >= _FULL_NAME and not name.isascii())


def _introduces(reading: Reading, span: Span) -> bool:
    before = reading.raw[max(0, span.start - 12) : span.start]
    return bool(_COLLEAGUE.search(unicodedata.normalize("NFKC", before).casefold().rstrip()))


def _named(reading: Reading, customer: str) -> Place | None:
    """Where the customer is called by the full name."""
    name = "".join(unicodedata.normalize("NFKC", customer).casefold().split())
    full = len(name) >= 3 and (_is_full(customer) or not name.isascii())
    text = reading.text.replace(" ", "\0")
    pattern = "\0?".join(map(re.escape, name[:60]))
    match = re.search(pattern, text) if full else None
    return match.span() if match else None


def _folded(reading: Reading, first: int, last: int) -> Place:
    start = bisect_left(reading.places, first)
    return start, max(bisect_left(reading.places, last), start + 1)
