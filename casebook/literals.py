"""What a text must contain for a pattern to match anywhere in it.

Thousands of patterns are too many to try on each message. From each a few strings follow of which
every match holds at least one (as in Google's RE2, `FilteredRE2`; Cox, "Regular Expression Matching
with a Trigram Index", 2012); one pass finds all strings of all patterns (`enrich.triage.spotting`),
and only the patterns whose strings stand in the text are tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

ops: Any = import_module("re._constants")
parser: Any = import_module("re._parser")

_MOST = 256
"""Strings that are told apart for one piece of a pattern; where there are more, a shorter piece
must do."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """What is known of a piece of a pattern: `exact` are all strings that it matches, `held` are
    strings of which each match holds one; None where they are not known."""

    exact: frozenset[str] | None
    held: frozenset[str] | None


_UNKNOWN = _Piece(None, None)
_NOTHING = _Piece(frozenset([""]), None)


def literals(pattern: str) -> frozenset[str]:
    """Strings of which every match of `pattern` holds at least one; empty where nothing is known.
    Raises re.error where it is no pattern."""
    return _sequence(parser.parse(pattern, re.DOTALL)).held or frozenset()


def _sequence(parsed: Iterable[tuple[Any, Any]]) -> _Piece:
    """Pieces one after the other: runs of known ones are joined."""
    run, held, whole = frozenset([""]), None, True
    for op, argument in parsed:
        piece = _piece(op, argument)
        if piece.exact is not None and len(run) * len(piece.exact) <= _MOST:
            run = frozenset(one + other for one in run for other in piece.exact)
            continue
        whole = False
        held = _better(_better(held, _holding(run)), piece.held)
        run = piece.exact if piece.exact is not None else frozenset([""])
    return _Piece(run if whole else None, _better(held, _holding(run)))


def _piece(op: Any, argument: Any) -> _Piece:
    if op is ops.LITERAL:
        return _known(frozenset([chr(argument)]))
    if op is ops.IN:
        return _one_of(argument)
    if op is ops.BRANCH:
        return _either([_sequence(branch) for branch in argument[1]])
    if op is ops.SUBPATTERN:
        return _sequence(argument[3])
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT):
        return _repeated(*argument)
    if op in (ops.AT, ops.ASSERT, ops.ASSERT_NOT):
        return _NOTHING
    return _UNKNOWN


def _one_of(items: Iterable[tuple[Any, Any]]) -> _Piece:
    """A class of characters."""
    found: set[str] = set()
    for op, argument in items:
        if op is ops.LITERAL:
            found.add(chr(argument))
        elif op is ops.RANGE and argument[1] - argument[0] < _MOST:
            found.update(map(chr, range(argument[0], argument[1] + 1)))
        else:
            return _UNKNOWN
    return _known(frozenset(found))


def _either(branches: Iterable[_Piece]) -> _Piece:
    exact: set[str] | None = set()
    held: set[str] | None = set()
    for branch in branches:
        exact = None if exact is None or branch.exact is None else exact | branch.exact
        held = None if held is None or branch.held is None else held | branch.held
    exact = None if exact is not None and len(exact) > _MOST else exact
    return _Piece(*(None if part is None else frozenset(part) for part in (exact, held)))


def _repeated(least: int, most: int, parsed: Iterable[tuple[Any, Any]]) -> _Piece:
    piece = _sequence(parsed)
    if least == most == 1:
        return piece
    if least:
        return _Piece(None, piece.held)
    exact = None if most > 1 or piece.exact is None else piece.exact | {""}
    return _Piece(exact, None)


def _known(exact: frozenset[str]) -> _Piece:
    return _Piece(exact, _holding(exact))


def _holding(exact: frozenset[str]) -> frozenset[str] | None:
    return None if "" in exact else exact


def _better(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """The strings that fewer texts hold."""
    if one is None or other is None:
        return other if one is None else one
    return max(one, other, key=_rarity)


def _rarity(strings: frozenset[str]) -> tuple[int, int]:
    # A kanji says as much as three letters, which is what UTF-8 spends on it.
    return min(len(text.encode()) for text in strings), -len(strings)
