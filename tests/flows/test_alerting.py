"""People are told of a crisis or a threat, once, with nothing of the customer that must not out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connections

from casebook import models as m
from casebook import moves
from casebook.clock import frozen, now
from casebook.locks import exclusive
from casebook.policy import load_policy
from casebook.types import Conduct, Kind, Span, Triage
from flows import alerting, pipeline
from flows.terminal import each_directly
from tests.casebook.test_moves import inbound, received, related
from tests.conftest import Configure
from tests.receivers import Hook, hook

pytestmark = pytest.mark.django_db(transaction=True)

GROUP = load_policy("default").alerts.group
WORDS = "死ね。山田太郎と申します。090-1234-5678 に電話しろ <!channel> https://evil.example"
LINK = '[alerts]\nlink = "https://desk.example.jp/cases/{receipt}"\n'
THREAT = Triage(
    Kind.COMPLAINT, 3, Conduct.THREAT, "ja", crisis=("injury",),
    evidence=(Span("harassment", 6, 8, "死ね"),),
)  # fmt: skip


@pytest.fixture
def web(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    with hook() as found:
        monkeypatch.setenv("CALL_URL", found.url)
        configure(LINK + target("call"))
        yield found


def target(name: str, group: str = GROUP) -> str:
    """A target whose address stands in `NAME_URL`."""
    url = f"{{ env = '{name.upper()}_URL' }}"
    return f'[[alerts.targets]]\nname = "{name}"\ngroup = "{group}"\nurl = {url}\n'


def alert(triage: Triage = THREAT, text: str = WORDS) -> m.Alert:
    (key,) = received(inbound(subject="届きません", new_text=text))
    related(key)
    case = m.Message.objects.get(pk=key).case_id
    assert case is not None
    moves.answer([moves.Answered(case, {key: triage})])
    return m.Alert.objects.get(case=case)


def tell() -> int:
    return alerting.tell(alerting.due())


def test_an_alert_is_sent_once_with_what_a_specialist_needs(web: Hook) -> None:
    found = alert()
    assert (tell(), tell()) == (1, 0)
    (got,) = web.received
    receipt = found.case.receipt
    assert receipt in got["title"]
    assert f"https://desk.example.jp/cases/{receipt}" in got["message"]
    assert "crisis" in got["message"]
    policy = load_policy("default")
    names = [policy.route(THREAT).name, *(one.name for one in policy.checklists(THREAT))]
    for name in names:
        assert name.en in got["message"]
    assert alerting.due() == []


def test_no_personal_data_no_abuse_and_nothing_that_a_chat_obeys(web: Hook) -> None:
    alert()
    tell()
    told = web.received[0]["message"]
    for secret in ("山田太郎", "090-1234-5678", "死ね", "<!channel>", "https://evil"):
        assert secret not in told
    assert "〔伏せ字〕" in told
    assert "〔電話番号1〕" in told


def test_an_excerpt_of_nothing_holds_no_word(web: Hook, configure: Configure) -> None:
    configure(f"[alerts]\nexcerpt = 0\n{target('call')}")
    alert()
    tell()
    assert "電話しろ" not in web.received[0]["message"]


def test_a_failure_is_told_once_and_tried_again_later(
    web: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "madoguchi.intake")
    web.status = 503
    first, second = alert(), alert(replace(THREAT, conduct=Conduct.ORDINARY))
    for minutes in range(3):
        with frozen(now() + timedelta(minutes=10 * minutes)):
            assert tell() == 0
    assert len([line for line in caplog.messages if "status 503" in line]) == 1
    web.status = 200
    with frozen(now() + timedelta(hours=2)):
        assert tell() == 2
    states = m.AlertDelivery.objects.values_list("alert", "state")
    assert sorted(states) == [(first.pk, "sent"), (second.pk, "sent")]
    assert web.url not in caplog.text


def test_what_may_have_arrived_is_not_sent_again(web: Hook) -> None:
    web.silence = 0.05
    alert()
    tell()
    web.silence = 0
    with frozen(now() + timedelta(hours=5)):
        assert tell() == 0
    assert len(web.received) == 1
    row = m.AlertDelivery.objects.get()
    assert row.state == "needs_check"
    moves.settle_delivery(row.pk, "aki", arrived=False)
    assert tell() == 1


def test_a_run_that_was_killed_while_sending_sends_nothing_twice(
    web: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    found = alert()
    moves.address(found.pk, ["call"])
    moves.claim_delivery(found.deliveries.get().pk)
    assert tell() == 0
    assert web.received == []
    assert "may have arrived" in caplog.text


def test_two_processes_do_not_send_at_once(web: Hook) -> None:
    def elsewhere() -> int:
        try:
            return tell()
        finally:
            connections.close_all()

    alert()
    with exclusive("alerts") as held, ThreadPoolExecutor() as pool:
        assert held
        assert pool.submit(elsewhere).result() == 0
    assert tell() == 1
    assert len(web.received) == 1


def test_each_target_of_the_group_gets_it_and_one_in_trouble_hinders_no_other(
    web: Hook, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OTHER_URL", raising=False)
    monkeypatch.setenv("APART_URL", web.url)
    configure(target("other") + target("call") + target("apart", "elsewhere"))
    alert()
    assert tell() == 1
    found = dict(m.AlertDelivery.objects.values_list("target", "state"))
    assert found == {"other": "failed", "call": "sent"}
    assert "OTHER_URL" in m.AlertDelivery.objects.get(target="other").error


def test_without_a_target_the_log_says_that_nobody_is_told(
    configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "madoguchi.intake")
    found = alert()
    assert tell() == 0
    assert alerting.due() == []
    (line,) = caplog.messages
    assert found.case.receipt in line
    assert "nobody" in line


def test_old_alerts_are_no_news(web: Hook) -> None:
    alert()
    with frozen(now() + timedelta(days=4)):
        assert alerting.due() == []


def test_an_event_names_how_many_write_of_it(web: Hook) -> None:
    found = alert()
    incident = m.Incident.objects.create(first=found.message)
    m.Case.objects.update(incident=incident)
    event = m.Alert.objects.create(case=found.case, reason="incident", message=found.message)
    assert "1 customers write of one event" in alerting.text(event, load_policy("default"))[1]


def test_an_intake_alerts_by_itself(web: Hook, configure: Configure) -> None:
    path = configure("")
    drop = path.parent / "drop"
    drop.mkdir()
    (drop / "one.eml").write_bytes(
        "From: a@example.net\r\nTo: support@example.jp\r\nSubject: やけど\r\n"
        "Message-ID: <burn@x>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        "ケトルのふたが外れて、子どもが手にやけどをしました。病院に行きました。\r\n".encode()
    )
    configure(
        f'{target("call")}\n[[sources]]\nname = "drop"\ntype = "files"\npath = "drop"\nsettle = 0\n'
    )
    summary = pipeline.run(each_directly, due_only=False)
    assert (summary.drafts, summary.alerts) == (1, 1)
    assert "1 alerts sent" in summary.line()
    assert len(web.received) == 1


def test_no_log_line_holds_personal_data(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "madoguchi.intake")
    log = logging.getLogger("madoguchi.intake")
    log.warning("%s: %s", "drop", "苦情_090-1234-5678_taro@example.net.eml: cannot be read")
    log.warning("relate: message %d is in quarantine (%s)", 12345678, "ValueError at read:12")
    first, second = caplog.messages
    assert "taro@example.net" not in first
    assert "090-1234-5678" not in first
    assert first.startswith("drop: ")
    assert second == "relate: message 12345678 is in quarantine (ValueError at read:12)"
