"""The recheck flow: every hour, so that what is deleted elsewhere is within a day gone."""

from __future__ import annotations

from prefect import flow
from prefect.logging import get_run_logger

from casebook.start import start
from flows import rechecking


@flow(name="recheck", persist_result=False)
def recheck() -> rechecking.Summary:
    """Erase the messages that were deleted where they came from."""
    start()
    summary = rechecking.run()
    get_run_logger().info(summary.line())
    return summary
