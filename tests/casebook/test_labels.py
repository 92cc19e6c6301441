"""What a person says of a message is checked, stands, and takes along what must follow."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.errors import ConfigError
from casebook.labels import PERSON, checked, corrected
from casebook.types import Cause, Conduct, Crisis, Demand, HarassmentType, Kind, Triage

URGENT = {Crisis.LEGAL, Crisis.MEDIA}
MACHINE = Triage(
    Kind.COMPLAINT, 3, Conduct.THREAT, "ja", cause="defect", crisis=("injury", "legal"),
    conduct_types=("mental_attack",), demands=("refund",), confidence={"kind": 0.7, "anger": 0.5},
)  # fmt: skip


def several(values: Any) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(list(values)), max_size=3)


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "kind": st.sampled_from(Kind),
    "cause": st.sampled_from([*Cause, ""]),
    "demands": several(Demand),
    "severity": st.integers(0, 3),
    "crisis": several(Crisis),
    "conduct": st.sampled_from(Conduct),
    "conduct_types": several(HarassmentType),
    "anger": st.integers(0, 3),
    "products": st.lists(st.text(max_size=5), max_size=2),
}
# Of many labels most contradict one another.
expects = st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=3).flatmap(
    lambda names: st.fixed_dictionaries({name: VALUES[name] for name in names})
)


def sayable(expect: dict[str, Any]) -> bool:
    """Whether labels may be said together."""
    try:
        checked(expect)
    except ConfigError:
        return False
    return True


def fits(triage: Triage) -> bool:
    """Whether labels agree with one another."""
    ordinary, threat = triage.conduct is Conduct.ORDINARY, triage.conduct is Conduct.THREAT
    grave, urgent = set(triage.crisis) - URGENT, set(triage.crisis) & URGENT
    least = 3 if grave else 2 if urgent or threat else 0 if ordinary else 1
    complaint = triage.kind is Kind.COMPLAINT
    return (
        triage.severity >= least
        and (complaint or not (triage.cause or threat))
        and not (ordinary and triage.conduct_types)
    )


def plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


@given(expects.filter(sayable), expects.filter(sayable))
def test_what_a_person_says_stands_and_the_rest_agrees(
    machine: dict[str, Any], person: dict[str, Any]
) -> None:
    before, said = corrected(MACHINE, checked(machine)), checked(person)
    after = corrected(before, said)
    assert fits(before)
    assert fits(after)
    assert {name: plain(getattr(after, name)) for name in said} == said
    assert {name for name, sure in after.confidence.items() if sure == PERSON} >= said.keys()
    assert corrected(after, said) == after
    assert after.language == MACHINE.language


@given(expects.filter(sayable))
def test_what_is_stored_is_what_is_checked(expect: dict[str, Any]) -> None:
    stored = checked(expect)
    assert checked(stored) == stored
    assert stored.keys() - {"kind"} <= expect.keys()


@pytest.mark.parametrize(
    ("expect", "told"),
    [
        ({}, "no label"),
        ({"kind": None}, "no label"),
        ({"knid": "praise"}, "did you mean 'kind'"),
        ({"kind": "rant"}, "expect.kind: "),
        ({"severity": 4}, "expect.severity: "),
        ({"severity": "high"}, "expect.severity: "),
        ({"demands": "refund"}, "expect.demands: "),
        ({"cause": "weather"}, "expect.cause: 'weather' is none of "),
        ({"crisis": ["injry"]}, "expect.crisis: 'injry' is none of "),
        ({"kind": "praise", "cause": "defect"}, "praise has no cause"),
        ({"kind": "inquiry", "conduct": "threat"}, "is no threat"),
        ({"conduct": "threat", "severity": 1}, "too low"),
        ({"crisis": ["injury"], "severity": 2}, "too low"),
        ({"conduct_types": ["dogeza"]}, "say which conduct"),
    ],
)
def test_labels_that_cannot_be_are_told_in_one_line(expect: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told) as found:
        checked(expect)
    assert "\n" not in str(found.value)


def test_a_policy_brings_causes_and_crises_of_its_own() -> None:
    expect = {"cause": "lost_luggage", "crisis": ["stranded"]}
    stored = checked(expect, causes=["lost_luggage"], crises=["stranded"])
    after = corrected(Triage(Kind.INQUIRY, 0, Conduct.ORDINARY, "en"), stored)
    assert (after.kind, after.cause, after.severity) == (Kind.COMPLAINT, "lost_luggage", 3)


@pytest.mark.parametrize(
    ("expect", "changed"),
    [
        ({"kind": "praise"}, {"kind": "praise", "cause": "", "conduct": "ordinary"}),
        ({"severity": 2}, {"severity": 2, "crisis": ("legal",), "conduct": "threat"}),
        ({"severity": 0}, {"severity": 0, "crisis": (), "conduct": "ordinary"}),
        ({"conduct": "ordinary"}, {"conduct": "ordinary", "conduct_types": (), "severity": 3}),
        ({"crisis": []}, {"crisis": (), "severity": 3, "conduct": "threat"}),
    ],
)
def test_labels_that_nobody_spoke_of_follow(
    expect: dict[str, Any], changed: dict[str, Any]
) -> None:
    after = corrected(MACHINE, checked(expect))
    assert {name: getattr(after, name) for name in changed} == changed
