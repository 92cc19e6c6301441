"""What a person says that a message is: checked, and put in the place of what the machine said."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from casebook.config import Table, explain
from casebook.errors import ConfigError
from casebook.types import Cause, Conduct, Crisis, Demand, HarassmentType, Kind, Triage

PERSON = 1.0
"""Confidence of a label that a person gave."""

_URGENT = frozenset({Crisis.LEGAL.value, Crisis.MEDIA.value})
"""Kinds of crisis that are urgent; any other is grave in itself."""


def _once(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


Level = Annotated[int, Field(ge=0, le=3)]
Names = Annotated[tuple[str, ...], AfterValidator(_once)]


class Expect(Table):
    """The labels that a person spoke of; those that are left out are not judged."""

    kind: Kind | None = None
    cause: str | None = None
    demands: Annotated[tuple[Demand, ...], AfterValidator(_once)] | None = None
    severity: Level | None = None
    crisis: Names | None = None
    conduct: Conduct | None = None
    conduct_types: Annotated[tuple[HarassmentType, ...], AfterValidator(_once)] | None = None
    anger: Level | None = None
    products: Names | None = None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        other = self.kind not in (None, Kind.COMPLAINT)
        if other and (self.cause or self.conduct is Conduct.THREAT):
            raise ValueError(f"kind: {self.kind} has no cause and is no threat")
        if self.severity is not None and self.severity < _least(self.conduct, self.crisis):
            raise ValueError(f"severity: {self.severity} is too low for the conduct or the crisis")
        if self.conduct_types and self.conduct in (None, Conduct.ORDINARY):
            raise ValueError("conduct_types: say which conduct they are of; ordinary has none")
        return self


def checked(
    expect: Mapping[str, object], *, causes: Collection[str] = (), crises: Collection[str] = ()
) -> dict[str, Any]:
    """`expect` as it is stored: JSON values, only the labels that it names.

    A cause and a threat say that it is a complaint. `causes` and `crises` are a policy's own beside
    `Cause` and `Crisis`. Raises ConfigError, with one clear line, where a label or a value is
    unknown, labels contradict one another, or none is given.
    """
    try:
        found = Expect.model_validate(dict(expect))
    except ValidationError as error:
        raise ConfigError(f"expect.{explain(error, Expect)}") from error
    stored = found.model_dump(mode="json", exclude_none=True)
    if not stored:
        raise ConfigError("expect: no label is given")
    if found.cause or found.conduct is Conduct.THREAT:
        stored["kind"] = Kind.COMPLAINT.value
    for name, values, known in (
        ("cause", filter(None, [found.cause]), {*Cause, *causes}),
        ("crisis", found.crisis or (), {*Crisis, *crises}),
    ):
        if unknown := set(values) - known:
            listed = ", ".join(sorted(known))
            raise ConfigError(f"expect.{name}: {min(unknown)!r} is none of {listed}")
    return stored


def corrected(triage: Triage, expect: Mapping[str, Any]) -> Triage:
    """`triage` with the labels of a checked `expect` in their place.

    Labels that nobody spoke of follow where they must: what is no complaint has no cause, a threat
    is a complaint, and severity fits conduct and crisis. Evidence stays: it is what was seen.
    """
    said = Expect.model_validate(dict(expect))
    given = {name: value for name in expect if (value := getattr(said, name)) is not None}
    found = _consistent(replace(triage, **given), given)
    return replace(found, confidence={**triage.confidence, **dict.fromkeys(given, PERSON)})


def _consistent(found: Triage, given: Collection[str]) -> Triage:
    """`found` with the labels that are not `given` made to agree with those that are."""
    kind, conduct, crisis = found.kind, found.conduct, found.crisis
    if "severity" in given and "crisis" not in given:
        crisis = tuple(name for name in crisis if _least(None, [name]) <= found.severity)
    if "conduct" not in given:
        too_low = "severity" in given and found.severity < _least(conduct, ())
        no_threat = "kind" in given and kind is not Kind.COMPLAINT and conduct is Conduct.THREAT
        conduct = Conduct.ORDINARY if too_low or no_threat else conduct
    if conduct is Conduct.THREAT or ("cause" in given and found.cause):
        kind = Kind.COMPLAINT
    least = 0 if "severity" in given else _least(conduct, crisis)
    return replace(
        found,
        kind=kind,
        cause=found.cause if kind is Kind.COMPLAINT else "",
        crisis=crisis,
        conduct=conduct,
        conduct_types=() if conduct is Conduct.ORDINARY else found.conduct_types,
        severity=max(found.severity, least),
    )


def _least(conduct: Conduct | None, crisis: Collection[str] | None) -> int:
    """The lowest severity that such conduct and such kinds of crisis have."""
    if set(crisis or ()) - _URGENT:
        return 3
    if crisis or conduct is Conduct.THREAT:
        return 2
    return int(conduct not in (None, Conduct.ORDINARY))
