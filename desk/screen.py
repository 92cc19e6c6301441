"""Where the command line prints tables for people."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from desk.words import say

_PIPE_WIDTH = 110


def console() -> Console:
    """Where tables are printed. Nothing in a text is taken for markup: customers write `[/b]` too.

    A file or a pipe has no width of its own; 80 columns would cut what a reader needs.
    """
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    return Console(highlight=False, markup=False, emoji=False, width=width)


def wide_table(
    title: str, fixed: Sequence[tuple[str, str]], shared: Sequence[tuple[str, str, int]]
) -> Table:
    """An empty table as wide as the screen: `fixed` columns (Japanese and English heading) are
    never cut, `shared` ones divide what is left in the given ratio."""
    table = Table(
        title=Text(title), title_justify="left", box=SIMPLE_HEAD, padding=(0, 1), expand=True
    )
    for ja, en in fixed:
        table.add_column(Text(say(ja, en)), no_wrap=True)
    for ja, en, ratio in shared:
        table.add_column(Text(say(ja, en)), no_wrap=True, overflow="ellipsis", ratio=ratio)
    return table
