"""The intake flow: every minute, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import State, TaskRun
from prefect.logging import get_run_logger
from prefect.tasks import Task, exponential_backoff

from casebook.errors import TransientError
from casebook.start import start
from flows import alerting, hooks, pipeline, steps


def _transient(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Only what another try may mend is tried again."""
    error = state.result(raise_on_failure=False)
    # Where the service names a time, the next poll waits for it.
    return isinstance(error, TransientError) and error.retry_at is None


_again: dict[str, Any] = {
    "retries": 2,
    "retry_delay_seconds": exponential_backoff(backoff_factor=2),
    "retry_condition_fn": _transient,
    "persist_result": False,
    "cache_policy": None,
}
_TASKS: dict[Callable[..., Any], Task[..., Any]] = {
    steps.poll: task(name="poll", task_run_name="poll {name}", **_again)(steps.poll),
    steps.relate_batch: task(name="relate", **_again)(steps.relate_batch),
    steps.answer_batch: task(name="answer", **_again)(steps.answer_batch),
    alerting.tell: task(name="alert", **_again)(alerting.tell),
    hooks.tell: task(name="webhook", **_again)(hooks.tell),
}


def _each(step: Callable[[Any], Any], arguments: Sequence[Any]) -> list[Any]:
    futures = [_TASKS[step].submit(argument) for argument in arguments]
    for future in futures:
        future.wait()
    return [future.state.result(raise_on_failure=False) for future in futures]


@flow(name="intake", persist_result=False)
def intake(due_only: bool = True) -> pipeline.Summary | None:
    """Poll the sources that are due, then understand and answer all that waits.

    None where another process does so at this moment: then there is nothing left to do.
    """
    start()
    try:
        summary = pipeline.run(_each, due_only=due_only)
    except pipeline.AlreadyRunning as busy:
        get_run_logger().info(str(busy))
        return None
    get_run_logger().info(summary.line())
    if summary.new or summary.understood or summary.failed:
        _show(summary)
    return summary


def _show(summary: pipeline.Summary) -> None:
    """A table on Prefect's page; a run that found nothing to do leaves its line alone."""
    create_table_artifact(
        key="intake",
        table=[
            {
                "sources": summary.polled,
                "seen": summary.seen,
                "new": summary.new,
                "understood": summary.understood,
                "drafts": summary.drafts,
                "quarantined": summary.quarantined,
                "alerts": summary.alerts,
                "failing": ", ".join(summary.failed),
            }
        ],
        description=summary.line(),
    )
