"""`madoguchi guard`: each line judged, each bad one told of, the others answered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from casebook.policy import load_policy
from desk.guarding import as_rows, asked, judge
from tests.desk.place import Place

POLICY = load_policy("default")


def _codes(row: dict[str, Any]) -> list[str]:
    return sorted({one["code"] for one in as_rows(judge(asked(row, POLICY), POLICY))})


def test_what_is_left_out_is_ordinary() -> None:
    assert _codes({"id": 1, "reply": "申し訳ございません。"}) == []
    case = {"due": None, "authority": {"refund_max_yen": None}, "customer_name": None}
    assert _codes({"id": 1, "reply": "申し訳ございません。", "case": case, "now": None}) == []


@pytest.mark.parametrize(
    "row",
    [
        {"id": 1},
        {"reply": "x"},
        {"id": 1, "reply": 5},
        {"id": 1, "reply": "x", "case": {"conduct": "odd"}},
        {"id": 1, "reply": "x", "case": {"due": "tomorrow"}},
        {"id": 1, "reply": "x", "now": "2026-11-24T10:00:00"},
        {"id": 1, "reply": "x", "case": {"authority": {"refund_max_yen": -1}}},
    ],
)
def test_bad_rows_are_told_in_one_line(row: dict[str, Any]) -> None:
    with pytest.raises(ValueError) as told:
        asked(row, POLICY)
    assert len(str(told.value).splitlines()) == 1


def test_lines_are_answered_beside_bad_ones(place: Place) -> None:
    good = json.dumps({"id": "a", "reply": "申し訳ございません。当社の過失です。"})
    done = place.type("guard", "--json", text=f"{good}\n{{bad\n")
    assert done.returncode == 1
    (found,) = (json.loads(line) for line in done.stdout.splitlines())
    assert (found["id"], found["block"]) == ("a", True)
    assert [one["code"] for one in found["findings"]] == ["admits_fault"]
    assert found["findings"][0]["why"]
    assert len(done.stderr.splitlines()) == 1
