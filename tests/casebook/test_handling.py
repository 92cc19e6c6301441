"""What follows from a triage: routes, checklists, steps, costs, alerts and acknowledgements."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from casebook.handling import STEPS, Acknowledgement, Alerts, Cost, Masking, Protection
from casebook.policy import load_policy
from casebook.types import Conduct, Crisis, Kind, Triage

DEFAULT = load_policy("default")
NOW = datetime(2026, 11, 22, tzinfo=UTC)
TRIAGES = st.builds(
    Triage,
    kind=st.sampled_from(Kind),
    severity=st.integers(0, 3),
    conduct=st.sampled_from(Conduct),
    language=st.sampled_from(["ja", "en"]),
    cause=st.sampled_from(["", "defect", "service", "unknown"]),
    crisis=st.lists(st.sampled_from([*Crisis, "unheard_of"]), unique=True).map(tuple),
)


def _triage(**labels: Any) -> Triage:
    values: dict[str, Any] = {
        "kind": Kind.COMPLAINT,
        "severity": 1,
        "conduct": Conduct.ORDINARY,
        "language": "ja",
    }
    return Triage(**{**values, **labels})


def _route(**labels: Any) -> str:
    found = DEFAULT.route(_triage(**labels))
    return next(key for key, one in DEFAULT.departments.items() if one == found)


@pytest.mark.parametrize(
    ("labels", "department"),
    [
        ({"cause": "defect"}, "quality"),
        ({"cause": "misinformation"}, "content"),
        ({"cause": "service"}, "care"),
        ({"kind": Kind.PRAISE, "severity": 0}, "care"),
        ({"severity": 2, "cause": "defect"}, "lead"),
        ({"conduct": Conduct.HARASSMENT, "cause": "defect"}, "lead"),
        ({"conduct": Conduct.UNREASONABLE}, "lead"),
        ({"conduct": Conduct.THREAT, "severity": 3, "crisis": ("injury",)}, "crisis"),
        ({"severity": 3, "crisis": ("injury",)}, "quality"),
        ({"severity": 3, "crisis": ("legal", "personal_data")}, "privacy"),
        ({"severity": 2, "crisis": ("legal",)}, "legal"),
        ({"severity": 3}, "crisis"),
        ({"severity": 3, "crisis": ("unheard_of",)}, "crisis"),
    ],
)
def test_routes(labels: dict[str, Any], department: str) -> None:
    assert _route(**labels) == department


def test_checklists_lead_with_what_is_gravest() -> None:
    found = DEFAULT.checklists(
        _triage(severity=3, conduct=Conduct.THREAT, crisis=("legal", "self_harm"))
    )
    assert found == tuple(DEFAULT.specialists[kind] for kind in ("threat", "self_harm", "legal"))
    assert DEFAULT.checklists(_triage(severity=2)) == ()


@given(TRIAGES)
def test_a_crisis_and_a_threat_always_reach_a_specialist(triage: Triage) -> None:
    lists = DEFAULT.checklists(triage)
    if triage.severity == 3 or triage.conduct is Conduct.THREAT:
        assert lists
        assert DEFAULT.alerts.wants(triage)
    assert len(set(lists)) == len(lists)
    assert DEFAULT.route(triage) in DEFAULT.departments.values()


@given(TRIAGES, st.integers(0, 2))
def test_no_crisis_and_no_threat_is_acknowledged(triage: Triage, up_to: int) -> None:
    others = [conduct for conduct in Conduct if conduct is not Conduct.THREAT]
    rule = Acknowledgement(automatic=True, up_to_severity=up_to, conducts=tuple(others))
    if triage.severity == 3 or triage.conduct is Conduct.THREAT:
        assert not rule.allows(triage)
    assert not Acknowledgement().allows(triage)
    assert not (rule.allows(triage) and triage.kind in (Kind.SPAM, Kind.AUTO))


def test_an_ordinary_matter_may_be_acknowledged() -> None:
    assert Acknowledgement(automatic=True).allows(_triage())


@pytest.mark.parametrize(
    ("table", "values", "said"),
    [
        (Acknowledgement, {"up_to_severity": 3}, "a crisis"),
        (Acknowledgement, {"conducts": ["threat"]}, "a threat is never acknowledged"),
        (Alerts, {"conducts": ["harassment"]}, "a threat always alerts"),
        (Alerts, {"from_severity": 4}, "less than or equal to 3"),
        (Cost, {"missed": 0, "false_alarm": 1}, "greater than 0"),
    ],
)
def test_what_no_pack_may_say(table: Any, values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        table.model_validate(values)


@given(st.floats(0.01, 100), st.floats(0.01, 100), st.floats(0, 1))
def test_a_threshold_is_where_the_costs_are_equal(missed: float, false: float, p: float) -> None:
    cost = Cost(missed=missed, false_alarm=false)
    flags, pays = p > cost.threshold, p * missed > (1 - p) * false
    assert flags == pays or abs(p * missed - (1 - p) * false) < 1e-9
    assert 0 < cost.threshold < 1


def test_a_miss_that_hurts_lowers_the_threshold() -> None:
    costs = DEFAULT.costs
    assert max(costs.crisis.threshold, costs.threat.threshold) < 0.5
    assert min(costs.harassment.threshold, costs.spam.threshold) > 0.5


@pytest.mark.parametrize(
    ("ages", "step"),
    [
        ([], None),
        ([1], None),
        ([1, 2], "warn"),
        ([1, 91], None),
        ([1, 2, 100, 170], "restrict"),
        ([1, 2, 100, 181], "warn"),
        ([1, 60, 120, 180, 240, 365], "stop"),
        ([1, 60, 120, 180, 240, 366], "restrict"),
    ],
)
def test_steps(ages: list[int], step: str | None) -> None:
    entries = [NOW - timedelta(days=age) for age in ages]
    assert DEFAULT.protection.proposed(entries, NOW) == step


@given(st.lists(st.integers(0, 500), max_size=12), st.integers(0, 500))
def test_one_entry_more_never_makes_a_step_milder(ages: list[int], age: int) -> None:
    def gravity(found: list[int]) -> int:
        step = DEFAULT.protection.proposed([NOW - timedelta(days=day) for day in found], NOW)
        return STEPS.index(step) + 1 if step else 0

    assert gravity([*ages, age]) >= gravity(ages)


def test_steps_need_more_entries_each() -> None:
    warn, stop = DEFAULT.protection.warn, DEFAULT.protection.stop
    assert Protection(warn=warn, stop=stop).proposed([NOW] * 4, NOW) == "warn"
    assert Protection().proposed([NOW] * 9, NOW) is None
    with pytest.raises(ValidationError, match="more entries each"):
        Protection(warn=stop, stop=warn)


def test_masking_covers_the_kinds_within_a_label() -> None:
    masking = Masking(labels=("harassment", "threat:life"))
    assert [
        masking.hides(label)
        for label in ("harassment", "harassment:sexual", "threat:life", "threat", "crisis:injury")
    ] == [True, True, True, False, False]
