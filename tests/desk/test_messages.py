"""What got no answer is seen, with its reason, and comes back when a person asks for it."""

from __future__ import annotations

import json
from email.message import EmailMessage

from tests.desk.place import Place

PUT_INTO_QUARANTINE = "from casebook import moves; moves.step_failed([2], 'relate', 'Trouble', 1)"


def drop(place: Place, subject: str, **headers: str) -> None:
    mail = EmailMessage()
    mail["From"] = "Kaori Mori <kaori@example.net>"
    mail["To"] = "support@example.jp"
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{abs(hash(subject))}@example.net>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(f"{subject}: the lamp that I ordered arrived broken. Please replace it.")
    path = place.root / "mail.eml"
    path.write_bytes(mail.as_bytes())
    assert place.type("import", str(path)).returncode == 0


def told(place: Place, *words: str) -> list[dict[str, object]]:
    return list(map(json.loads, place.type("messages", "--json", *words).stdout.splitlines()))


def test_the_unanswered_are_listed_with_their_reason_and_come_back(place: Place) -> None:
    assert "There are no such messages." in place.type("messages").stdout
    drop(place, "An absence that is none", Auto_Submitted="auto-replied")
    place.type("intake")
    drop(place, "A lamp")
    place.run(PUT_INTO_QUARANTINE)

    newest, oldest = told(place)
    assert (newest["key"], newest["state"], newest["why"]) == (2, "quarantined", "relate: Trouble")
    assert (oldest["key"], oldest["state"], oldest["why"]) == (1, "ignored", "auto_reply")
    assert (newest["author"], newest["subject"]) == ("kaori@example.net", "A lamp")
    assert [row["key"] for row in told(place, "--state", "ignored")] == [1]
    assert told(place, "--state", "answered") == []
    table = place.type("messages").stdout
    assert "Messages (2 of 2)" in table
    assert "relate: Trouble" in table

    waiting = "1 message in quarantine: madoguchi messages"
    assert place.type("queue").stdout.splitlines()[-1] == waiting
    checked = place.type("check")
    assert checked.returncode == 0
    assert f"OK     quarantine: {waiting}" in checked.stdout.splitlines()
    assert place.type("queue", "--json").stdout == ""

    done = place.type("retry", "1", "2", "3")
    assert done.returncode == 1
    assert "Brought back: 2." in done.stdout
    assert done.stderr == "madoguchi: 3: neither in quarantine nor ignored\n"
    assert told(place) == []
    assert [row["key"] for row in told(place, "--state", "received")] == [2, 1]
    place.type("intake")
    subjects = {
        json.loads(line)["subject"] for line in place.type("queue", "--json").stdout.splitlines()
    }
    assert "A lamp" in subjects or "An absence that is none" in subjects
    assert [row["key"] for row in told(place, "--state", "answered")] == [2, 1]
    assert "quarantine" not in place.type("queue").stdout
    assert "OK     quarantine: empty" in place.type("check").stdout.splitlines()


def test_wrong_keys_and_states_are_one_usage_error(place: Place) -> None:
    for words in (("retry", "x"), ("retry", "0"), ("retry", str(2**63)), ("retry",),
                  ("messages", "--state", "lost")):  # fmt: skip
        done = place.type(*words)
        assert done.returncode == 2, words
        assert "Traceback" not in done.stderr
