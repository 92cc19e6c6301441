"""Events on their way to webhooks: queued with the move, sent signed, tried again, then left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction

from casebook import models as m
from casebook import moves
from casebook.clock import frozen, now
from casebook.events import Event
from connectors.webhook import signature
from flows import hooks
from tests.casebook.test_moves import inbound, received, related
from tests.conftest import Configure
from tests.hook_server import Receiver, receiver

pytestmark = pytest.mark.django_db(transaction=True)

HOME = '[api]\nprivate_networks = ["127.0.0.0/8"]\nwebhook_seconds = 2\n'


@pytest.fixture
def hook(configure: Configure) -> Iterator[Receiver]:
    configure(HOME)
    with receiver() as found:
        yield found


def _run() -> tuple[int, int]:
    made = hooks.tell(hooks.due())
    return made.sent, made.failed


def _opened() -> m.Case:
    (key,) = received(inbound(subject="秘密の話", text="秘密の話です", new_text="秘密の話です"))
    related(key)
    return m.Case.objects.get()


def test_an_event_comes_signed_and_holds_no_word_of_the_customer(hook: Receiver) -> None:
    row = moves.add_webhook(hook.url, [Event.CASE_OPENED], "aki")
    case = _opened()
    assert _run() == (1, 0)
    headers, body = hook.headers[0], hook.bodies[0]
    timestamp = int(headers["webhook-timestamp"])
    assert headers["webhook-signature"] == signature(
        row.secret, headers["webhook-id"], timestamp, body
    )
    told = json.loads(body)
    assert (told["type"], told["id"]) == ("case.opened", headers["webhook-id"])
    assert told["data"] == {
        "case": case.receipt, "state": "open", "by": "intake",
    }  # fmt: skip
    assert "秘密" not in body.decode()
    assert m.WebhookDelivery.objects.get().state == "sent"
    assert _run() == (0, 0)


def test_only_what_was_asked_for_and_only_where_it_is_switched_on(hook: Receiver) -> None:
    moves.add_webhook(hook.url, [Event.DRAFT_SENT], "aki")
    off = moves.add_webhook(hook.url, [Event.CASE_OPENED], "aki")
    moves.switch_webhook(off.pk, "aki", active=False)
    _opened()
    assert m.WebhookDelivery.objects.count() == 0


def test_a_move_that_fails_tells_nobody(hook: Receiver) -> None:
    moves.add_webhook(hook.url, [Event.MESSAGE_RECEIVED], "aki")
    with suppress(RuntimeError), transaction.atomic():
        received()
        raise RuntimeError
    assert m.WebhookDelivery.objects.count() == 0


def test_what_does_not_arrive_is_tried_later_and_later_and_then_left(hook: Receiver) -> None:
    row = moves.add_webhook(hook.url, [Event.CASE_OPENED], "aki")
    _opened()
    hook.status = 500
    at = now()
    for tries, minutes in enumerate(moves.hooking.PAUSES, start=1):
        with frozen(at):
            assert _run() == (0, 1)
            assert _run() == (0, 0)
        delivery = m.WebhookDelivery.objects.get()
        assert (delivery.state, delivery.attempts, delivery.error) == ("failed", tries, "HTTP 500")
        assert delivery.not_before == at + timedelta(minutes=minutes)
        at += timedelta(minutes=minutes)
    with frozen(at):
        assert _run() == (0, 1)
    delivery = m.WebhookDelivery.objects.get()
    assert delivery.not_before is None
    with frozen(at + timedelta(days=2)):
        assert _run() == (0, 0)
        hook.status = 200
        moves.redeliver(delivery.pk, "aki")
        assert _run() == (1, 0)
    assert len({headers["webhook-id"] for headers in hook.headers}) == 1
    row.refresh_from_db()
    assert row.active


def test_a_receiver_that_is_gone_is_switched_off(hook: Receiver) -> None:
    row = moves.add_webhook(hook.url, [Event.CASE_OPENED], "aki")
    _opened()
    hook.status = 410
    assert _run() == (0, 1)
    row.refresh_from_db()
    assert not row.active
    assert hooks.due() == []


def test_one_that_fails_hinders_no_other_and_is_asked_once_a_run(hook: Receiver) -> None:
    bad = moves.add_webhook("http://127.0.0.1:9/", [Event.CASE_OPENED], "aki")
    moves.add_webhook(hook.url, [Event.CASE_OPENED], "aki")
    _opened()
    moves.try_webhook(bad.pk, "aki")
    assert _run() == (1, 1)
    states = m.WebhookDelivery.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["failed", "sent", "pending"]


def test_a_dead_address_with_any_backlog_keeps_nobody_waiting(hook: Receiver) -> None:
    dead = [moves.add_webhook("http://127.0.0.1:9/", [Event.CASE_OPENED], "aki") for _ in range(2)]
    for _ in range(hooks._EACH + 1):
        moves.try_webhook(dead[0].pk, "aki")
    well = moves.add_webhook(hook.url, [Event.CASE_OPENED], "aki")
    moves.try_webhook(well.pk, "aki")
    assert _run() == (1, 1)
    moves.try_webhook(well.pk, "aki")
    moves.try_webhook(dead[1].pk, "aki")
    first, second, third = hooks.due()[:3]
    owners = dict(m.WebhookDelivery.objects.values_list("pk", "webhook"))
    # Whoever is well comes first, and of those who are not each gets a turn.
    assert {owners[first], owners[second]} == {well.pk, dead[1].pk}
    assert owners[third] == dead[0].pk


def test_an_address_that_takes_nothing_for_days_is_switched_off(hook: Receiver) -> None:
    row = moves.add_webhook(hook.url, [Event.CASE_OPENED], "aki")
    hook.status = 500
    at = now()
    for days in (0, 2, 4):
        with frozen(at + timedelta(days=days)):
            moves.try_webhook(row.pk, "aki")
            assert _run()[1] == 1
            row.refresh_from_db()
            assert row.active
    with frozen(at + hooks.PATIENCE + timedelta(hours=1)):
        moves.try_webhook(row.pk, "aki")
        _run()
    row.refresh_from_db()
    assert not row.active
    line = m.AuditLine.objects.filter(what="webhook.switched").last()
    assert line is not None
    assert (line.who, line.after, line.note) == ("intake", "off", "unreachable")
    with frozen(at + hooks.PATIENCE + timedelta(hours=2)):
        moves.switch_webhook(row.pk, "aki", active=True)
        _run()
        row.refresh_from_db()
        assert row.active
        moves.switch_webhook(row.pk, "aki", active=False)
    with frozen(at + hooks.PATIENCE + hooks.KEPT + timedelta(hours=3)):
        hooks.tell(hooks.due())
    assert m.WebhookDelivery.objects.count() == 0


def test_one_that_took_something_lately_stays_on(hook: Receiver) -> None:
    row = moves.add_webhook(hook.url, [Event.CASE_OPENED], "aki")
    at = now()
    for days, status in ((0, 500), (3, 200), (6, 500)):
        with frozen(at + timedelta(days=days)):
            hook.status = status
            moves.try_webhook(row.pk, "aki")
            _run()
    row.refresh_from_db()
    assert row.active


def test_what_a_dying_process_left_is_sent_again_under_its_id(hook: Receiver) -> None:
    moves.add_webhook(hook.url, [Event.CASE_OPENED], "aki")
    _opened()
    (key,) = hooks.due()
    assert moves.claim_webhook(key)
    assert not moves.claim_webhook(key)
    assert _run() == (1, 0)


def test_a_private_address_is_not_reached(configure: Configure) -> None:
    configure("")
    with receiver() as found:
        moves.add_webhook(found.url, [Event.CASE_OPENED], "aki")
        _opened()
        assert _run() == (0, 1)
        assert found.bodies == []
    assert m.WebhookDelivery.objects.get().error == "private"


def test_the_log_is_kept_for_a_month(hook: Receiver) -> None:
    moves.add_webhook(hook.url, [Event.CASE_OPENED], "aki")
    _opened()
    _run()
    with frozen(now() + hooks.KEPT + timedelta(minutes=1)):
        _run()
    assert m.WebhookDelivery.objects.count() == 0
