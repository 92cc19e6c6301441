"""The watch flow: every five minutes, one at a time, over what customers were promised."""

from __future__ import annotations

from prefect import flow
from prefect.logging import get_run_logger

from casebook.start import start
from flows import promises


@flow(name="promises", persist_result=False)
def watch() -> promises.Summary | None:
    """Warn of promises at risk, draft notices of delay, and say which were broken.

    None where another process does so at this moment.
    """
    start()
    try:
        summary = promises.watch()
    except promises.AlreadyRunning as busy:
        get_run_logger().info(str(busy))
        return None
    get_run_logger().info(summary.line())
    return summary
