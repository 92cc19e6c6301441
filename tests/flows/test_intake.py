"""The intake as a Prefect flow, and its deployment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from prefect import Flow
from prefect.settings import PREFECT_API_URL
from prefect.testing.utilities import prefect_test_harness

from casebook import models as m
from casebook.clock import frozen, now
from flows import promises
from flows.intake import intake
from flows.learn import learn
from flows.recheck import recheck
from flows.refit import refit
from flows.send import send
from flows.watch import watch
from tests.conftest import Configure
from tests.flows.outbox import approved, secrets, state
from tests.flows.test_promises import SOON, told
from tests.mails import made_mails
from tests.receivers import Hook
from tests.sending_tables import smtp_tables
from tests.services import Dovecot
from tests.smtp_server import SmtpServer

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).parents[2]
Mailbox = tuple[Dovecot, str]


@pytest.fixture(scope="module")
def prefect() -> Iterator[None]:
    with prefect_test_harness(server_startup_timeout=120):
        yield


def recorded(things: str) -> list[dict[str, Any]]:
    """All of these that the harness's server holds."""
    url = f"{PREFECT_API_URL.value()}/{things}/filter"
    found: list[dict[str, Any]] = requests.post(url, json={}, timeout=10).json()
    return found


@pytest.mark.usefixtures("prefect")
def test_a_run_answers_all_and_leaves_an_artifact(mailbox: Mailbox) -> None:
    server, user = mailbox
    for mail in made_mails(12):
        server.deliver(user, mail)
    summary = intake(due_only=False)
    assert summary is not None
    assert (summary.new, summary.drafts) == (12, 12)
    assert m.Draft.objects.filter(state="pending").count() == 12
    (artifact,) = recorded("artifacts")
    assert artifact["description"] == summary.line()
    assert '"drafts": 12' in artifact["data"]
    names = {run["name"].split("-")[0] for run in recorded("task_runs")}
    # Whether one of them calls for an alert is for triage to say.
    assert names - {"alert"} == {"poll box", "relate", "answer"}


@pytest.mark.usefixtures("prefect")
def test_what_may_pass_is_tried_again_and_then_told(mailbox: Mailbox) -> None:
    server, _ = mailbox
    server.stop()
    try:
        summary = intake(due_only=False)
    finally:
        server.start()
    assert summary is not None
    assert list(summary.failed) == ["box"]
    runs = [run for run in recorded("task_runs") if run["name"] == "poll box"]
    assert max(run["run_count"] for run in runs) == 3
    assert m.Source.objects.get(name="box").failures == 1


@pytest.mark.parametrize(
    ("name", "flow", "schedule"),
    [
        ("every-minute", intake, {"interval": 60, "active": True}),
        ("every-minute-send", send, {"interval": 60, "active": True}),
        ("hourly-recheck", recheck, {"interval": 3_600, "active": True}),
        ("every-five-minutes", watch, {"interval": 300, "active": True}),
        ("weekly", learn, {"cron": "17 3 * * 0", "timezone": "Asia/Tokyo", "active": True}),
        ("weekly-refit", refit, {"cron": "47 3 * * 0", "timezone": "Asia/Tokyo", "active": True}),
    ],
)
def test_a_deployment_runs_one_at_a_time(
    name: str, flow: Flow[..., object], schedule: dict[str, object]
) -> None:
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    (deployment,) = [one for one in deployments if one["name"] == name]
    path, _, function = deployment["entrypoint"].partition(":")
    assert (ROOT / path).exists()
    assert function == flow.fn.__name__
    assert deployment["schedules"] == [schedule]
    strategy = "ENQUEUE" if flow is send else "CANCEL_NEW"
    assert deployment["concurrency_limit"] == {"limit": 1, "collision_strategy": strategy}


@pytest.mark.usefixtures("prefect")
def test_the_promises_flow_tells_of_a_promise_at_risk(lead: Hook) -> None:
    promise = told()
    with frozen(SOON):
        summary = watch()
    assert summary == promises.Summary(open=1, warned=1, notices=0, broken=0, alerts=1)
    assert promise.case.receipt in lead.received[0]["title"]


@pytest.mark.usefixtures("prefect")
def test_the_send_flow_sends_what_was_approved(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets(monkeypatch)
    with SmtpServer() as server:
        configure(smtp_tables(server))
        with frozen(now() - timedelta(minutes=1)):
            draft = approved()
        assert send().sent == 1
        assert state(draft) == "sent"
    assert recheck().asked == 0


@pytest.mark.usefixtures("prefect")
def test_the_weekly_flow_learns_nothing_from_an_empty_record(mailbox: Mailbox) -> None:
    assert learn() is None


@pytest.mark.usefixtures("prefect")
def test_the_refit_flow_leaves_what_came_along_where_nothing_was_corrected(
    mailbox: Mailbox,
) -> None:
    assert refit() is None
    assert not m.TriageModel.objects.exists()


def test_the_server_can_be_imported() -> None:
    # A newer FastAPI breaks it; the constraints hold it back.
    import prefect.server.api.server  # noqa: F401
