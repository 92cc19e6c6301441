"""The follow-up flow: every hour, what is due after the first reply."""

from __future__ import annotations

from prefect import flow
from prefect.logging import get_run_logger

from casebook.start import start
from flows import following


@flow(name="followup", persist_result=False)
def followup() -> following.Summary | None:
    """Draft the reports and questions that are due, and close what has come to rest.

    None where another process does so at this moment.
    """
    start()
    try:
        summary = following.run()
    except following.AlreadyRunning as busy:
        get_run_logger().info(str(busy))
        return None
    get_run_logger().info(summary.line())
    return summary
