"""The refit flow: once a week, the triage learns from what people corrected."""

from __future__ import annotations

from prefect import flow
from prefect.logging import get_run_logger

from casebook.start import start
from flows import refitting, steps


@flow(name="refit", persist_result=False)
def refit() -> refitting.Summary | None:
    """Fit the triage to this company's corrections; it comes into force unless it measures worse.

    None where there is nothing to learn, or another process learns it at this moment.
    """
    start()
    try:
        made = refitting.refit(steps.encoders())
    except refitting.AlreadyRunning as busy:
        get_run_logger().info(str(busy))
        return None
    get_run_logger().info(made.line() if made else "refit: nothing was corrected")
    return made
