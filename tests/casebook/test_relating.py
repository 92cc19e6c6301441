"""Relations in the record: incidents are groups of cases, look-alikes are kept and not acted on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from casebook import models as m
from casebook import moves, reading
from casebook.types import (
    Channel,
    Evidence,
    Inbound,
    KnownMessage,
    Relation,
    RelationKind,
    Sign,
    Suggestion,
    Visibility,
)

pytestmark = pytest.mark.django_db(transaction=True)

_numbers = count()
SPACE = "meaning-1"
EAST, NORTH = b"\x00\x3c\x00\x00", b"\x00\x00\x00\x3c"
"""Unit vectors of two dimensions in float16."""
EVIDENCE = (Evidence(Sign.OTHER_CUSTOMER), Evidence(Sign.SHARED, "桜見"))


def received(author: str = "a@example.net", **more: Any) -> int:
    m.Source.objects.get_or_create(name="box")
    number = next(_numbers)
    inbound = Inbound(
        identity=f"mail:{number}",
        external_id="",
        channel=Channel.EMAIL,
        visibility=Visibility.PRIVATE,
        author=author,
        display_name="",
        sent_at=None,
        subject="",
        text="つながりません",
        new_text="つながりません",
        message_id=f"{number}@example.net",
    )
    return moves.record("box", [replace(inbound, **more)], {})[0]


def related(
    key: int,
    kind: RelationKind = RelationKind.NEW,
    of: int | None = None,
    *,
    alert_at: int = 3,
    vector: bytes = EAST,
    orders: frozenset[str] = frozenset(),
    suggestions: tuple[Suggestion, ...] = (),
) -> list[m.Incident]:
    relation = Relation(kind, of, None, EVIDENCE, 0.5, suggestions)
    vectors = (moves.Vector(SPACE, 2, vector),)
    return moves.relate([moves.Related(key, relation, "ja", vectors, orders)], alert_at=alert_at)


def known(key: int) -> KnownMessage:
    ((_, message),) = reading.incoming([key])
    return message


def relatives(message: KnownMessage, *orders: str) -> list[KnownMessage]:
    window, days = timedelta(days=30), timedelta(days=7)
    return reading.relatives(
        [message], window=window, event_window=days, orders=orders, space=SPACE
    )


def test_each_voice_of_an_incident_has_a_case_of_its_own_in_one_group() -> None:
    first, second = received("a@x.jp"), received("b@x.jp")
    related(first)
    related(second, RelationKind.INCIDENT, first)
    cases = m.Case.objects.order_by("pk")
    assert len(cases) == 2
    incident = m.Incident.objects.get()
    assert {case.incident for case in cases} == {incident}
    assert (incident.first_id, incident.case) == (first, cases[0])
    assert m.Relation.objects.get(message=second).evidence == [
        ["other-customer", ""],
        ["shared", "桜見"],
    ]


def test_people_are_told_once_when_the_group_is_large_enough() -> None:
    first, *others = (received(f"{name}@x.jp") for name in "abcd")
    related(first)
    told = [related(key, RelationKind.INCIDENT, first, alert_at=3) for key in others]
    incident = m.Incident.objects.get()
    assert told == [[], [incident], []]
    assert incident.state == "alerted"
    lines = m.AuditLine.objects.filter(thing="incident").values_list("what", "after", "note")
    assert list(lines) == [
        ("incident.opened", "open", ""),
        ("incident.moved", "alerted", "3 voices"),
    ]


def test_the_voices_of_one_batch_are_one_group() -> None:
    keys = [received(f"{name}@x.jp") for name in "abc"]
    kinds = [RelationKind.NEW, RelationKind.INCIDENT, RelationKind.INCIDENT]
    alerted = moves.relate(
        [
            moves.Related(key, Relation(kind, None if kind == "new" else keys[0]), "ja", ())
            for key, kind in zip(keys, kinds, strict=True)
        ]
    )
    assert [incident.cases.count() for incident in alerted] == [3]


def test_a_look_alike_is_kept_once_and_joins_nothing() -> None:
    first, second = received("a@x.jp"), received("b@x.jp")
    related(first)
    related(second, suggestions=(Suggestion(first, EVIDENCE, 0.9),))
    assert m.Case.objects.count() == 2
    found = m.Suggestion.objects.get()
    assert (found.message_id, found.of_message_id, found.score) == (second, first, 0.9)
    with pytest.raises(IntegrityError), transaction.atomic():
        m.Suggestion.objects.create(message_id=second, of_message_id=first)


def test_relatives_are_found_by_every_way() -> None:
    old = timedelta(days=90)
    ways = {
        "author": received("a@x.jp"),
        "thread": received("t@x.jp", message_id="thread@x.jp"),
        "order": received("o@x.jp"),
        "near": received("n@x.jp"),
        "far": received("f@x.jp"),
    }
    for name, key in ways.items():
        orders = frozenset({"MD1"}) if name == "order" else frozenset[str]()
        related(key, vector=EAST if name == "near" else NORTH, orders=orders)
    m.Message.objects.exclude(pk__in=[ways["author"], ways["near"], ways["far"]]).update(
        received_at=m.Message.objects.get(pk=ways["near"]).received_at - old
    )
    new = received("a@x.jp", in_reply_to="thread@x.jp")
    message = replace(known(new), vector=EAST)
    found = {row.key for row in relatives(message, "MD1")}
    assert found == {ways[name] for name in ("author", "thread", "order", "near")}


def test_relatives_know_their_vector_and_their_incident() -> None:
    first, second = received("a@x.jp"), received("b@x.jp")
    related(first)
    related(second, RelationKind.INCIDENT, first)
    message = replace(known(received("c@x.jp")), vector=EAST)
    found = {row.key: row for row in relatives(message)}
    assert {row.vector for row in found.values()} == {EAST}
    assert (found[first].voice_of, found[second].voice_of) == (None, first)


def test_relatives_bring_the_rest_of_their_cases() -> None:
    first, second = received("a@x.jp"), received("colleague@x.jp")
    related(first)
    related(second, RelationKind.FOLLOW_UP, first)
    m.Embedding.objects.all().delete()
    found = relatives(known(received("a@x.jp")))
    assert [row.key for row in found] == [first, second]
    assert {row.author for row in found} == {"email:a@x.jp", "email:colleague@x.jp"}
