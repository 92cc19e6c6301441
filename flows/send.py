"""The send flow: every minute, what was approved leaves; runs queue up, and none is left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from prefect import flow, task
from prefect.logging import get_run_logger
from prefect.tasks import Task

from casebook.start import start
from flows import sending
from flows.outbox import Summary

# Never tried again by Prefect: what may be tried again, and when, stands in the record.
_once: dict[str, Any] = {"retries": 0, "persist_result": False, "cache_policy": None}
_TASKS: dict[Callable[..., Any], Task[..., Any]] = {
    sending.send_account: task(name="send", task_run_name="send {name}", **_once)(
        sending.send_account
    ),
}


def _each(step: Callable[[Any], Any], arguments: Sequence[Any]) -> list[Any]:
    futures = [_TASKS[step].submit(argument) for argument in arguments]
    for future in futures:
        future.wait()
    return [future.state.result(raise_on_failure=False) for future in futures]


@flow(name="send", persist_result=False, retries=0)
def send() -> Summary:
    """Send the approved replies that may leave, and look up those in doubt."""
    start()
    summary = sending.run(_each)
    get_run_logger().info(summary.line())
    return summary
