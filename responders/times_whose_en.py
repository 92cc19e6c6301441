"""Whose time it is in an English sentence, and what for.

English says what is done before it says when; a time at the head of a clause belongs to what
follows.
"""

from __future__ import annotations

import re

STOP = re.compile(
    r"(?<![ap]\.m)(?<![ap]m)[.](?=\s|$)|\.(?=\s{1,3}[A-Z])|[!?]|\n[ \t]{0,8}(?:\n|[-*•])"
)
LEADS = False
"""Whether a time always stands before what is done by it."""
PROGRESS = re.compile(
    r"\b(?:progress|updates?|status|how far|where (?:things|we) stand|interim)\b", re.IGNORECASE
)
_DEADLINE = re.compile(
    r"(?:just |only )?(?:by|before|until|till|within|inside|in|no later|not later|under|up to|allow"
    r"|give|no more|at most|beyond|first thing|end of)\b",
    re.IGNORECASE,
)
_ALLOWED = re.compile(
    r"(?:(?:allow|give) (?P<us>us|me)|(?:needs?|takes?|taking|require)\b(?P<our> us)?)",
    re.IGNORECASE,
)
"""A span that is asked for: "Please allow us a week"."""
_HOURS = re.compile(
    r"\b(?:open(?:ing)? (?:hours|from|until|till|daily)|(?:are|is) (?:open|closed)\b"
    r"|(?:business|office) hours|lines are|mon(?:day)?(?:-| to )fri|weekdays|daily|every day"
    r"|(?:re-?)?opens?\b|closes?\b|closed\b|valid|expires?|runs|lasts|accepted\b"
    r"|(?:we|I|lines?|desk|office|agents?|staff|team) (?:is|are|am) available)",
    re.IGNORECASE,
)
_CLOSES = (
    r"(?:be (?:closed|open|unavailable|away|out)|close|re-?open|open|expire|end|begin|start"
    r"|remain)\b"
)
_STEPS = (
    r"(?:look|examine|investigate|check|review|forward|pass|hand|ask|speak|talk|meet|collect"
    r"|gather|consult|inspect|test|interview|discuss|share (?:this|it|your)|begin|start|work)\b"
)
_FUTURE = (
    r"(?:\b(?:will|shall)|['’]ll|(?:\b(?:are|am|is)|['’](?:re|m|s)) (?:going|due|scheduled|set) to"
    r"|\b(?:aim|expect|plan|intend|promise|hope|undertake|commit) to"
    r"|\b(?:we|I)(?: are| am|['’]re|['’]m)(?= (?:phoning|calling|ringing|transferring"
    r"|getting back|coming back)\b)"
    r"|\b(?:you|we|I) (?:should|may|can)(?= (?:expect|hear|receive|get)))"
)
_OWN = r"(?! (?:expect|hear|receive|get|count on|rely on|be sure|be assured|look forward))"
"""What makes of "you can" a request, and none of "you can expect"."""
_DENIED = (
    r"\b(?:will|shall|can|could|do|does|did|would) ?not\b|\b(?:won|can|couldn|don|shan)['’]t\b"
    r"|\bnot (?:be )?possible\b|\bout of the question\b|\bunrealistic\b|\bunable\b|\bimpossible\b"
    r"|\b(?:wrong|premature|too (?:early|soon)|not something)\b|\brather than\b|\bbeyond what\b"
    r"|\binstead of\b"
)
_REQUEST = (
    r"\b(?:if|unless|should you|provided that|in case|as long as)\b|"
    r"^\s{0,3}(?:reply|respond|send|contact|call|write|tell|return|provide|confirm|let)\b"
    r"|\bkindly\b|\b(?:could|can|would|will|do) you\b|\blet us know\b"
    r"|\bplease (?!allow|bear|expect|wait|give|be assured|rest|accept|note)"
    r"|\byou(?: are|['’]re) (?:asked|requested|required)\b"
    r"|\b(?:we|I)(?: would|['’]d)? (?:ask|request|invite|urge|need) (?:you|that you)\b"
    rf"|\byou(?:['’]ll| will)? (?:must|need to|can{_OWN}|may{_OWN}|have to)\b"
    r"|\byour? (?:reply|answer|response)\b"
    r"|\b(?:as )?you(?: would|['’]d)? (?:like|demand|ask|wish|want|request|expect|require|insist"
    r"|need)(?! not)\b"
    r"|\b(?:asks?|wants?|wish|demands?|insists?|requests?) (?:us|for|that we|to)\b"
)
_AGAIN = (
    r"\band (?:then )?(?:write|reply|answer|call|tell|let you|send|give|report|respond|contact"
    r"|get back|come back|inform|update|e-?mail|phone|ring|confirm)\b"
)
_OURS = (
    r"\b(?:hear|hearing|reply|answer|word|news|response|message|mail|call|letter|update|contact"
    r"|more)"
    r"(?: back| in writing| again)? from (?:us|me)\b"
    r"|\bexpect (?:our|an?|to hear)\b|(?<!n't )(?<!not )\b(?:count|rely) on (?:our|my|an?"
    r"|hearing|us|me)\b"
    r"|\b(?:reply|answer|response|letter|conclusion|decision|report"
    r"|message) (?:to you )?(?:follows|comes)\b"
    r"|(?<!will )(?<!to )\b(?:allow|give) (?:us|me)\b|\bbear with us\b|\bplease wait\b"
    r"|\bback to you\b"
)
_DONE = r"(?:[a-z]{2,12}ed|sent|told|spoke|wrote|made|got|put|left|gave|given|taken|written|spoken)"
_STORY = (
    r"(?<!to )(?<!with )(?<!for )\b(?:you|we|I|it|they|he|she|has|have|that|which|who)"
    rf"(?:['’]ve| have| had| has)?(?: been| already| just)? (?:{_DONE}|bought|paid|said|came|went"
    r"|fell|broke|began|happened|occurred|took|did|had|lost|found|saw|felt|read|heard)\b"
    r"|(?<!to )(?<!with )(?<!for )\byou (?:announce|threaten|say|write|mention|describe|plan|intend"
    r"|name|set|call|speak|report|refer|complain|point|state|tell)\b"
    r"|\byour (?:order|purchase|visit|stay|call)\b"
    r"|\b(?:placed|purchased|ordered|bought|delivered|dated) (?:on|it)\b|\bwas\b|\bwere\b"
)
PREDICATE = re.compile(
    rf"(?P<denied>{_DENIED})|(?P<request>{_REQUEST})|(?P<hours>{_FUTURE} (?:also |only )?{_CLOSES})"
    rf"|(?P<work>{_FUTURE} (?:now |first |also |then |have |be )?{_STEPS})|(?P<again>{_AGAIN})"
    rf"|(?P<future>{_FUTURE})|(?P<ours>{_OURS})|(?P<story>{_STORY})",
    re.IGNORECASE,
)
"""What is said to be done; `again`: a second verb after "will"."""
_PAST = re.compile(_STORY, re.IGNORECASE)
_THING = (
    r"(?:answer|reply|response|report|decision|findings|results?|outcome|conclusions?|explanation"
    r"|update|contact|call|e-?mail|letter|message|word|verdict)\b"
)
_NAMED = re.compile(
    r"\b(?:our|my|the|a|an|next|full|final)(?: (?!last|previous|earlier)[a-z-]{2,12}){0,2}"
    rf" {_THING}|^(?:full |final |next )?{_THING}",
    re.IGNORECASE,
)
"""What of ours a time without a verb is for: "Our answer: by Friday"."""
_ANSWERS = re.compile(
    rf"\b(?:writ(?:e|ing|ten)|repl(?:y|ies|ied)|answer|respon(?:d|se)|contact|call|phone"
    rf"|telephone|ring|e-?mail|message"
    r"|text|dm|let you|tell|told|inform|notif(?:y|ied)|update|explain|confirm|advise|hear"
    r"|receive|get(?:ting)? back|phoning|calling|ringing|transfer"
    r"|com(?:e|ing)\b|back to you|in touch|follow|reach|send|sent|share|provide|give you|given"
    r"|present|set out"
    r"|refund|replac|repair|fix|deliver|ship|dispatch|post|mail|resolv|solv|solution|settle"
    r"|credit|reimburs|compensat"
    r"|pa(?:y|id)\b|sort|put (?:it|this|things) right|deal|arrive|be with you|issue|conclu|decid"
    r"|decision"
    rf"|outcome|result|finding|verdict|know|{_THING})",
    re.IGNORECASE,
)
"""What answers or solves the matter."""
_NOBODY = re.compile(r"\b(?:no|none|nobody|neither|nothing)\b", re.IGNORECASE)
_THING_ALONE = re.compile(_THING, re.IGNORECASE)
_REPORTS = re.compile(r"\b(?:report|brief|account)", re.IGNORECASE)
_PART_OF = re.compile(r"\b(?:day|end|part|half|beginning|start|middle)\s{0,3}$", re.IGNORECASE)
_THEIRS = re.compile(r"\byour (?:message|letter|e-?mail|complaint|note|photo\w*) $", re.IGNORECASE)
"""What a day after it is that of, unless an answer to it is told of."""
_OTHER = (
    r"(?:(?:the|our|its|his|her|their|an?|all|both|every)\b"
    rf"(?!(?: [a-z-]{{2,12}})? {_THING})|them|him)"
)
_THEM = re.compile(
    rf"\b(?:writ(?:e|ten)|call|phone|contact|ring|e-?mail|message|text|tell|inform|notify|brief"
    rf"|update|reply|respond"
    rf"|explain|report)(?: (?:to|with))? {_OTHER}"
    rf"|\b(?:send|sent|share|provide|give|post|mail|ship|present|return|pass)\b.{{0,80}}? (?:to"
    rf"|with) {_OTHER}",
    re.IGNORECASE,
)
"""What is told or handed to somebody else than the customer."""
_GETS_OURSELVES = re.compile(
    r"\s{0,3}(?:receive|get(?! back| in)|hear|have(?! (?:[a-z]+(?:ed|en|t)\b))|know)\b",
    re.IGNORECASE,
)
"""What reaches us: "we will receive the report"."""
_TO_US = re.compile(
    r"\b(?:to|give|gives|send|sends|tell|tells|inform|brief|by|with|for|let|reach|update) (?:us"
    r"|me)\b",
    re.IGNORECASE,
)
"""What somebody does for us, such as reporting."""
_GETS = re.compile(
    r"\s{0,3}(?:(?:now|also|then|soon|still|only|first|instead|therefore|[a-z]{3,10}ly"
    r"|be) ){0,2}(?:hear|receive|get|have|find|know|learn|see"
    r"|expect|given)",
    re.IGNORECASE,
)
"""What you will do that is our doing: "you will hear"."""
_TOLD = re.compile(
    rf"\s{{0,3}}(?:[a-z]{{2,12}} )?be (?:[a-z]{{2,12}} )?{_ANSWERS.pattern}", re.IGNORECASE
)
"""What will be done to you: "you will be told"."""
_TAKES = re.compile(
    rf"\b(?:we|I|it|this|that|case|matter|please)(?: (?:may|will|can|should|might|to))?"
    rf"(?: [a-z]{{2,12}})?\s{{0,3}}$|{_THING}",
    re.IGNORECASE,
)
"""What takes its time until we answer."""
_SUBJECT = re.compile(
    rf"\b(?:we|I|it|this|that|somebody|someone|one of us)(?: \([^)]*\))?$|{_THING}|\byour?\b"
    r"|\b(?:refund|replacement|repair|parcel|money|item|credit|voucher|payment|matter|case"
    r"|complaint|colleague"
    r"|manager|specialist|adviser|advisor|representative|desk|supervisor|agent|head|team"
    r"|director|president)\b",
    re.IGNORECASE,
)
"""Who and what of ours answers a customer."""
_RECEIPT = re.compile(
    r"\bauto(?:matic(?:ally)?|mated|-?repl)|\backnowledg|\bconfirmation (?:of receipt|that)"
    r"|\breceipt (?:notice|e-?mail)",
    re.IGNORECASE,
)
"""A notice that something arrived, which answers nothing."""
_PART_OF_DAY = re.compile(
    r"(?:(?:at|on|of|over|for|from|after|since|late|early|just|the|that) )*(?:morning|afternoon"
    r"|evening|night)",
    re.IGNORECASE,
)
"""What people tell of more often than they promise it: "the noise of the evening"."""
_IS = re.compile(r"(?:[:-]|\bis|\bbe|\bfor|\bdue)\s{0,3}$", re.IGNORECASE)
_FRONTED = re.compile(
    r"(?:^|[,;:(]|\b(?:and|but|(?<!do )so|because|then|that))\s{0,3}$", re.IGNORECASE
)
_BOUND = re.compile(r"(?P<past>beyond|longer)\b|(?:before|until|till)\b", re.IGNORECASE)
"""What a time that is denied is the bound of: "not before Friday"."""
_NOT = re.compile(r"\bnot\s{1,3}$", re.IGNORECASE)
_CLAUSE = re.compile(r"[,;(:]|\b(?:but|so|because|then|while|although)\b", re.IGNORECASE)
_NEXT = re.compile(
    rf"{_CLAUSE.pattern}|\band(?= (?:we|I|you|it|our|my|your|the|an?|then)\b)", re.IGNORECASE
)
"""Where something else begins to be told."""
_THEN = re.compile(
    r"\b(?:then|on that day|at that time|the same (?:day|evening|afternoon)|that same (?:day"
    r"|evening))\W{0,3}$",
    re.IGNORECASE,
)
"""What tells of the time before it again."""
_EVENT = re.compile(
    r" (?:of|after|from|following) (?!today|this|now|receipt of this)", re.IGNORECASE
)
"""What a span is counted from, such as the purchase."""


def whose(before: str, found: str, after: str, _following: int) -> str:
    """Whose time `found` is by the rest of its sentence: "ours" where something of ours is promised
    for it; "work" where that is only a step on the way to an answer; "request", "story", "denied"
    or "hours"; "open" where nothing tells, but it is a deadline; else empty. What somebody did
    does not count where the time is a deadline."""
    found = found.strip()
    if _NOT.search(before):
        return "denied"
    head = _CLAUSE.split(before)[-1]
    if _HOURS.search(head) or _HOURS.search(_CLAUSE.split(after, 1)[0]):
        return "hours"
    if _EVENT.match(after):
        return "story"
    if _PART_OF_DAY.fullmatch(found):
        return "story"
    if _RECEIPT.search(head) or _RECEIPT.search(_CLAUSE.split(after, maxsplit=1)[0]):
        return ""
    near = _near(before, after)
    if (asked := _ALLOWED.match(found)) and not _PAST.search(head):
        return "ours" if asked["us"] or asked["our"] or _TAKES.search(head) else "work"
    deadline = bool(_DEADLINE.match(found))
    if (found.startswith(("of ", "dated ")) and not _PART_OF.search(before)) or (
        _THEIRS.search(before) and not (deadline or any(one["future"] for one in near))
    ):
        return "story"
    if near:
        return _told(near, found, deadline, before, after)
    told = deadline or _IS.search(before)
    alone = not after.strip(" .,)") and _NAMED.fullmatch(head.strip())
    if alone or (told and _NAMED.search(before)):
        return "ours"
    return "open" if deadline else ""


def _near(before: str, after: str) -> list[re.Match[str]]:
    """The predicates of a sentence, those first that are likelier to be of the time."""
    earlier = [*reversed(list(PREDICATE.finditer(before, before.rfind(";") + 1)))]
    later = list(PREDICATE.finditer(after))
    if _FRONTED.search(before):
        return [*later, *earlier]
    end = _NEXT.search(after)
    own = len(after) if end is None or _THEN.search(after) else end.start()
    return earlier or [one for one in later if one.start() < own or one["denied"] or one["request"]]


def _told(near: list[re.Match[str]], found: str, deadline: bool, before: str, after: str) -> str:
    """What the first of the predicates says that can be of the time `found`."""
    again = False
    for match in near:
        if match["again"] or (match["story"] and deadline):
            again = again or bool(match["again"])
        elif match["denied"] and (bound := _BOUND.match(found)):
            return "ours" if bound["past"] else "open"
        elif match["future"]:
            return _future(match, again, before, after)
        else:
            return "ours" if match["work"] and again else match.lastgroup or ""
    return ""


def _future(match: re.Match[str], again: bool, before: str, after: str) -> str:
    """Whose time that of a "will" is: ours only where an answer or a solution is what will be."""
    earlier = match.string is before
    deed = match.string[match.end() :]
    if earlier and not deed.strip(" ,("):
        # What is left out was said before: "not today, but we will by Friday".
        deed = after if after.strip(" .,)") else match.string[: match.start()]
    subject = _CLAUSE.split(match.string[: match.start()])[-1].rstrip()
    if _NOBODY.search(subject):
        return "denied"
    if re.search(r"\byou(?: (?:will|can|may|should))?$", subject, re.IGNORECASE):
        return "ours" if _GETS.match(deed) or _TOLD.match(deed) else "request"
    if again:
        return "ours"
    if re.search(r"\b(?:and|then|but|or)$", subject, re.IGNORECASE):
        subject = next(iter(re.findall(r"\b(?:we|I)\b", subject, re.IGNORECASE)), subject)
    you = re.search(r"\byou\b", deed, re.IGNORECASE)
    if not you and (_THEM.search(deed) or _GETS_OURSELVES.match(deed)):
        return "work"
    named = _ANSWERS.search(deed) or _THING_ALONE.search(subject)
    reports = _REPORTS.search(deed) and re.search(
        r"\b(?:we|I)$|\byou\b", f"{subject}\n{deed}", re.IGNORECASE | re.MULTILINE
    )
    whom = _SUBJECT.search(subject) or you or match[0][0] in "'’"
    if _TO_US.search(deed) or not whom or not (named or reports):
        return "work"
    return "ours"
