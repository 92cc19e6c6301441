"""Drafts rewritten by a language model before they are queued, where the configuration names one.

The template stands whenever anything is wrong: an answer that is late, refused or over the budget
leaves it, with a note that says why to whoever approves it. Nothing here fails an intake, and over
a whole one it takes no longer than the configuration's `llm.seconds`.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from casebook import models as m
from casebook import moves, reading
from casebook.clock import now
from casebook.config import settings
from casebook.errors import MadoguchiError
from casebook.findings import Code, Facts
from casebook.policy import Policy, load_policy
from casebook.spending import today
from casebook.types import Channel, Finding, Reply, Triage, Visibility
from connectors.llm import MOST_TOKENS, Said, Trouble, ask
from flows.allowance import ALLOWANCE
from flows.guarding import judged
from flows.surviving import place
from flows.unused import BUDGET, GUARDED, WHY, problem
from flows.veil import Veil
from responders.due import wordings
from responders.rewrite import Refusal, Refused, Turn, Wish, prose, put_back, question, read

_log = logging.getLogger("madoguchi.intake")

REFUSED = "rewrite_refused"
"""The code of the finding that says why a draft was not rewritten."""

_MOST = 8_000
"""Characters of a customer's text that personal data is looked for in."""

_SOLUTIONS = 3

_WAVE = 8
"""Drafts that are prepared and asked for together: what is ready need not wait for the rest."""


@dataclass(frozen=True, slots=True)
class Rewritable:
    """A case with its template draft: the messages that it answers, all that decides whether the
    model may see them, and what the guard knew of the case when it read the template. `fixed`:
    people have seen this very text before, and it stands."""

    made: moves.Answered
    case: m.Case
    messages: Sequence[m.Message]
    triages: Sequence[Triage]
    facts: Facts
    fixed: bool = False

    @property
    def reply(self) -> Reply:
        """The template's, where there is one."""
        assert self.made.reply is not None
        return self.made.reply


@dataclass(frozen=True, slots=True)
class _Asked:
    """A wish on its way, what its placeholders stand for, and the tokens reserved for it."""

    wish: Wish
    values: dict[str, str]
    question: tuple[Turn, ...]
    tokens: int


def rewritten(drafted: Sequence[Rewritable]) -> list[moves.Answered]:
    """The drafts in their order, each as the model rewrote it or as the template made it."""
    policy = load_policy(settings().policy)
    if not settings().llm.base_url:
        return [one.made for one in drafted]
    # What presses most gets what there is of time and budget.
    allowed = [n for n, one in enumerate(drafted) if _allowed(one, policy)]
    allowed.sort(key=lambda n: -max(one.severity for one in drafted[n].triages))
    done: dict[int, moves.Answered] = {}
    with ALLOWANCE.running():
        try:
            for start in range(0, len(allowed), _WAVE):
                wave = {n: drafted[n] for n in allowed[start : start + _WAVE]}
                done.update(_wave(wave, policy))
        except Exception as error:
            # No reply waits for a model. The text of a foreign error may hold anything.
            why = str(error) if isinstance(error, MadoguchiError) else type(error).__name__
            _log.warning("llm: %s; the templates stand", why)
            failed = {n: _left(drafted[n].made, problem(why)) for n in allowed}
            done = failed | done
    return [done.get(n, one.made) for n, one in enumerate(drafted)]


def _allowed(one: Rewritable, policy: Policy) -> bool:
    withheld = settings().llm.withheld
    channels = {one.case.channel, *(row.channel for row in one.messages)}
    reply = one.made.reply
    return (
        reply is not None
        and not one.fixed
        # A public text says nothing of the matter by design: to make it speak to this customer's
        # matter is what it must not do.
        and reply.visibility is Visibility.PRIVATE
        and not channels & set(withheld)
        and policy.llm.allows(one.triages)
    )


def _wave(drafted: Mapping[int, Rewritable], policy: Policy) -> dict[int, moves.Answered]:
    """Ask for a few drafts at once; what became of each."""
    day = today(policy)
    done: dict[int, moves.Answered] = {}
    asked: dict[int, _Asked] = {}
    for n, one in drafted.items():
        ready = _begun(one, policy, day)
        if isinstance(ready, _Asked):
            asked[n] = ready
        else:
            done[n] = _left(one.made, ready)
    for (n, ready), said in zip(asked.items(), _answers(day, [*asked.values()]), strict=True):
        if said.problem:
            _log.warning("llm: %s", said.problem)
            done[n] = _left(drafted[n].made, problem(said.problem))
        else:
            done[n] = _taken(drafted[n], said.content, ready)
    return done


def _begun(one: Rewritable, policy: Policy, day: date) -> _Asked | tuple[str, str]:
    """The wish with its budget reserved, or why it is not asked for."""
    if not ALLOWANCE.left:
        return problem(Trouble.LATE)
    try:
        ready = _prepared(one, policy)
    except Exception as error:
        # One text that cannot be read stops nobody else's.
        _log.warning("llm: %s", place(error))
        return problem(type(error).__name__)
    # A customer may write what looks like a placeholder, or one number in two ways.
    if put_back(ready.wish.draft, ready.values) != one.reply.body:
        return WHY[Refusal.PLACEHOLDERS]
    return ready if _reserved(day, ready) else BUDGET


def _reserved(day: date, asked: _Asked) -> bool:
    table = settings().llm
    tries = 1 + table.retries
    return moves.reserve(
        day,
        tries,
        tries * asked.tokens,
        most_requests=table.requests_a_day,
        most_tokens=table.tokens_a_day,
    )


def _answers(day: date, asked: Sequence[_Asked]) -> list[Said]:
    """What the model says to each; what was reserved and not spent is given back."""
    if not asked:
        return []
    table = settings().llm
    tries = 1 + table.retries
    found = [Said()] * len(asked)
    try:
        questions = [[(turn.role, turn.content) for turn in one.question] for one in asked]
        found = ask(table, questions, ALLOWANCE.left)
    finally:
        for one, said in zip(asked, found, strict=True):
            # Nobody knows what a request cost that brought no count.
            tokens = said.tokens + said.uncounted * one.tokens
            moves.settle(day, said.requests - tries, tokens - tries * one.tokens)
    return found


def _prepared(one: Rewritable, policy: Policy) -> _Asked:
    from enrich.personal_data import company_values

    reply = one.reply
    veil = Veil(reply.language, one.case.receipt, company_values(policy))
    people = {one.case.author, one.case.display_name}
    people |= {name for row in one.messages for name in (row.author, row.display_name)}
    draft, values = veil.hide(reply.body, people)
    text = "\n\n".join(f"{row.subject}\n{row.new_text}" for row in one.messages)
    wish = Wish(
        draft=draft,
        customer=veil.hide(text[:_MOST], people)[0],
        solutions=tuple(_solutions(one.made, veil)),
        language=reply.language,
        placeholders=frozenset(values),
        kept=_kept(reply, policy),
        mark=secrets.token_hex(16),
        longer=reply.channel is Channel.EMAIL,
    )
    turns = question(wish)
    # A character is about a token at the most, in Japanese.
    return _Asked(wish, values, turns, sum(len(turn.content) for turn in turns) + MOST_TOKENS)


def _kept(reply: Reply, policy: Policy) -> tuple[str, ...]:
    """What the model may not change: the promised time, and who we are."""
    company, language = policy.company, reply.language
    said = wordings(policy, reply.due, language, now()) if reply.due else ()
    names = (company.name.in_(language), company.desk.in_(language))
    return (*said, *names, company.email, company.phone)


def _solutions(made: moves.Answered, veil: Veil) -> Iterator[str]:
    cases = m.Case.objects.in_bulk([link.case for link in made.similar[:_SOLUTIONS]])
    for case in cases.values():
        if case.channel not in settings().llm.withheld:
            people = (case.author, case.display_name)
            yield veil.hide(reading.solution(case)[:_MOST], people)[0]


def _taken(one: Rewritable, content: str, asked: _Asked) -> moves.Answered:
    """The draft with the model's wording in force, where nothing stands against it."""
    policy = load_policy(settings().policy)
    try:
        body = read(content, asked.wish)
        _understood(prose(body, asked.wish), asked.wish, policy)
    except Refused as refused:
        return _left(one.made, WHY[refused.reason])
    body = put_back(body, asked.values)
    noted = [found for found in one.made.findings if found.code not in set(Code)]
    findings = (*noted, *judged(policy, replace(one.reply, body=body), one.facts))
    # Nor may it be the worse of the two: an apology that it left out is only a warning.
    before = {found.code for found in one.made.findings}
    if stopped := sorted({f.code for f in findings if f.blocking or f.code not in before}):
        ja, en = GUARDED
        codes = ", ".join(stopped)
        return _left(one.made, (f"{ja}（{codes}）", f"{en} ({codes})"))
    return replace(one.made, findings=findings, rewriting=moves.Rewriting(_author(), body))


def _understood(own: str, wish: Wish, policy: Policy) -> None:
    """Raise Refused where the model's `own` words are in another language, or hold personal data
    that it was not shown."""
    from enrich.language import detect
    from enrich.personal_data import company_values, find

    if wish.language == "en" and detect(own, "en") != "en":
        raise Refused(Refusal.LANGUAGE)
    shown = f"{wish.draft}\n{wish.customer}"
    found = find(own, names=True, public=company_values(policy))
    if any(span.text not in shown for span in found):
        raise Refused(Refusal.NEW_FACT)


def _left(made: moves.Answered, why: tuple[str, str]) -> moves.Answered:
    """The template's draft, with the reason for whoever approves it."""
    ja, en = why
    message = (
        f"The language model's wording is not used: {en}."
        if settings().language == "en"
        else f"言語モデルの文面は使っていません：{ja}。"
    )
    note = Finding(REFUSED, 0, 0, message, blocking=False)
    rewriting = moves.Rewriting(_author(), refused=en)
    return replace(made, findings=(*made.findings, note), rewriting=rewriting)


def _author() -> str:
    return f"llm {settings().llm.model}"
