"""Keys and webhooks on the command line."""

from __future__ import annotations

import json

from tests.desk.place import Place
from tests.hook_server import receiver


def test_a_key_is_made_listed_and_revoked(place: Place) -> None:
    made = place.type("token", "add", "crm", "--role", "agent", "--scope", "cases:read")
    assert made.returncode == 0, made.stderr
    key = made.stdout.split(": ")[1].strip()
    listed = place.type("token", "list", "--json").stdout
    assert key not in listed
    row = json.loads(listed)
    assert (row["name"], row["role"], row["revoked"]) == ("crm", "agent", False)
    assert place.type("token", "revoke", str(row["id"])).returncode == 0
    assert json.loads(place.type("token", "list", "--json").stdout)["revoked"]
    assert place.type("token", "revoke", "99").returncode == 2
    wrong = place.type("token", "add", "crm", "--role", "admin", "--scope", "cases:read")
    assert wrong.returncode == 2
    assert "no key may be admin" in wrong.stderr


def test_a_webhook_is_added_tried_sent_and_switched_off(place: Place) -> None:
    place.configure('[api]\nprivate_networks = ["127.0.0.0/8"]\n')
    with receiver() as found:
        made = place.type("webhook", "add", found.url, "--event", "case.opened")
        assert made.stdout.startswith("Webhook 1, secret: whsec_"), made.stderr
        assert place.type("webhook", "test", "1").returncode == 0
        sent = place.type("webhook", "send", "--json")
        assert json.loads(sent.stdout) == {"sent": 1, "failed": 0}, sent.stderr
        assert json.loads(found.bodies[0])["type"] == "webhook.test"
        row = json.loads(place.type("webhook", "log", "--json").stdout)
        assert (row["state"], row["status"]) == ("sent", 204)
        assert place.type("webhook", "again", str(row["id"])).returncode == 0
    assert place.type("webhook", "send").returncode == 1
    assert place.type("webhook", "off", "1").returncode == 0
    assert json.loads(place.type("webhook", "list", "--json").stdout)["active"] is False
    for words in (("add", "ftp://x/", "--event", "case.opened"), ("off", "9"), ("again", "99")):
        assert place.type("webhook", *words).returncode == 2
