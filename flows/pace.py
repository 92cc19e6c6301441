"""The pace flow: once a night, the estimate is fitted to how the team answers now."""

from __future__ import annotations

from prefect import flow
from prefect.logging import get_run_logger

from casebook.start import start
from flows import pacing


@flow(name="pace", persist_result=False)
def pace() -> pacing.Summary | None:
    """Fit the estimated response time to the company's own history.

    None where nothing was answered yet, or another process fits it at this moment.
    """
    start()
    made = pacing.fit()
    get_run_logger().info(made.line() if made else "pace: nothing to fit")
    return made
