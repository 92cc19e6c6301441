"""The learning flow: once a week, the index is fitted anew to the company's own cases."""

from __future__ import annotations

from prefect import flow
from prefect.logging import get_run_logger

from casebook.start import start
from flows import reindexing


@flow(name="learn", persist_result=False)
def learn() -> reindexing.Summary | None:
    """Make the vectors that are missing, then fit the history anew and put it in force.

    None where there are too few messages on record to learn from.
    """
    start()
    reindexing.reindex(_unheard)
    made = reindexing.learn(_unheard)
    told = f"{made.vectors} vectors, {made.points} messages" if made else "too few messages yet"
    get_run_logger().info("learn: %s", told)
    return made


def _unheard(*_: object) -> None:
    """Nobody watches a scheduled run."""
