"""One text in many wordings: which of them a customer reads, so that nobody reads the same twice.

A template writes the ways to say a thing as `{% pick %}…{% or %}…{% endpick %}`. X forbids
identical replies, and people notice them: https://help.x.com/en/rules-and-policies/x-automation.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser


@dataclass(frozen=True, slots=True)
class Turn:
    """Two numbers that choose the wording: the picks of a text, in their order, are decided by
    turns by the one and the other. Two texts for the same facts differ where either number differs
    by less than the count of what its picks can say."""

    customer: int = 0
    thread: int = 0


FIRST = Turn()


def turn(customer: str, thread: str, to_customer: int = 0, in_thread: int = 0) -> Turn:
    """The turn of a text: stable for an account and a thread (any texts that name them), and
    another one for each text written `to_customer` or `in_thread` before."""
    return Turn(_number(customer) + to_customer, _number(thread) + in_thread)


class Choice:
    """What decides the picks of one text; `counts` tells how many ways each of them had."""

    def __init__(self, turn: Turn) -> None:
        self._left = [turn.customer, turn.thread]
        self.counts: list[int] = []

    def __call__(self, count: int) -> int:
        whose = len(self.counts) % 2
        self.counts.append(count)
        self._left[whose], way = divmod(self._left[whose], count)
        return way


class Pick(Extension):
    """The tag `pick`: of the ways between its `or` one is written, which `choose` names by its
    place."""

    tags = {"pick"}  # noqa: RUF012

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """The tag as an assignment and a chain of conditions. Raises TemplateSyntaxError."""
        line = next(parser.stream).lineno
        ways: list[list[nodes.Node]] = []
        while not ways or parser.stream.current.value != "endpick":
            if ways:
                next(parser.stream)
            ways.append(parser.parse_statements(("name:or", "name:endpick")))
        next(parser.stream)
        chosen = parser.free_identifier(lineno=line)
        call = nodes.Call(nodes.Name("choose", "load"), [nodes.Const(len(ways))], [], None, None)
        found: list[nodes.Node] = [nodes.Assign(chosen, call)]
        for place, way in enumerate(ways):
            test = nodes.Compare(chosen, [nodes.Operand("eq", nodes.Const(place))])
            found.append(nodes.If(test, way, [], []))
        return [node.set_lineno(line) for node in found]


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:6])
