"""What keeps the record whole: migrations that match the models, states moved in one place."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).parents[2]
ROOMS = ("casebook", "connectors", "enrich", "responders", "flows", "desk")
MAY = (ROOT / "casebook" / "moves", ROOT / "casebook" / "rows.py", ROOT / "casebook" / "migrations")


@pytest.mark.django_db
def test_the_migrations_match_the_models() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_states_are_set_in_the_moves_alone() -> None:
    offenders = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if not any(path.is_relative_to(place) for place in MAY)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assign | ast.Call)
        if _sets_a_state(node)
    ]
    assert offenders == []


def _sets_a_state(node: ast.Assign | ast.Call) -> bool:
    if isinstance(node, ast.Assign):
        return any(isinstance(t, ast.Attribute) and t.attr == "state" for t in node.targets)
    if isinstance(node.func, ast.Attribute):
        writes = node.func.attr in ("update", "create", "update_or_create", "get_or_create")
        return writes and any(word.arg == "state" for word in node.keywords)
    return False
