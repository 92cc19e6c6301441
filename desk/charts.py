"""Small charts as the server draws them: bars on a grid, told in words and as a table besides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 360, 132
"""Size of a chart in its own units."""

_LEFT, _BOTTOM, _TOP = 30, 20, 8
_FILLED = 0.62
"""Share of a column's width that its bar takes."""


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of value over the columns: its label, its tone (a class of the stylesheet)."""

    label: str
    tone: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle of the drawing."""

    x: float
    y: float
    width: float
    height: float
    tone: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A word of the drawing, and the height or place that it stands at."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Stacked bars: `columns` from left to right, each series on top of the one before it.

    `name` is unique on its page; `unit` follows each value where it is told.
    """

    name: str
    title: str
    columns: Sequence[str]
    series: Sequence[Series]
    unit: str = ""

    @property
    def box(self) -> str:
        """The drawing's view box."""
        return f"0 0 {WIDTH} {HEIGHT}"

    @property
    def any(self) -> bool:
        """Whether there is anything to draw."""
        return any(value for one in self.series for value in one.values)

    @property
    def bars(self) -> list[Bar]:
        """The rectangles."""
        found = []
        for place in range(len(self.columns)):
            floor = float(HEIGHT - _BOTTOM)
            for one in self.series:
                height = self._height * one.values[place] / self._most
                floor -= height
                x = _LEFT + self._step * (place + (1 - _FILLED) / 2)
                found.append(Bar(round(x, 1), round(floor, 1), round(self._step * _FILLED, 1),
                                 round(height, 1), one.tone))  # fmt: skip
        return [bar for bar in found if bar.height]

    @property
    def lines(self) -> list[Mark]:
        """The grid's lines with their values."""
        return [
            Mark(round(HEIGHT - _BOTTOM - self._height * share, 1), f"{self._most * share:g}")
            for share in (0, 0.5, 1)
        ]

    @property
    def feet(self) -> list[Mark]:
        """What stands below the columns; every second one where they are many."""
        every = 1 if len(self.columns) <= _WIDE else 2
        return [
            Mark(round(_LEFT + self._step * (place + 0.5), 1), label)
            for place, label in enumerate(self.columns)
            if (len(self.columns) - 1 - place) % every == 0
        ]

    @property
    def rows(self) -> list[tuple[str, list[str]]]:
        """The values as a table."""
        return [
            (label, [f"{one.values[place]:g}{self.unit}" for one in self.series])
            for place, label in enumerate(self.columns)
        ]

    @property
    def right(self) -> int:
        """Where the grid ends."""
        return WIDTH

    @property
    def foot(self) -> int:
        """The height of the words below the columns."""
        return HEIGHT - 5

    @property
    def _step(self) -> float:
        return (WIDTH - _LEFT) / max(len(self.columns), 1)

    @property
    def _height(self) -> float:
        return HEIGHT - _BOTTOM - _TOP

    @property
    def _most(self) -> float:
        sums = [sum(values) for values in zip(*(one.values for one in self.series), strict=True)]
        return _round(max(sums, default=0))


_WIDE = 8


def _round(value: float) -> float:
    """The least even number of a short form that is no less than `value`."""
    step = 1.0
    while True:
        for factor in (2, 4, 10):
            if value <= step * factor:
                return step * factor
        step *= 10
