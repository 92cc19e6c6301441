"""`madoguchi bench crash`: the intake killed at random moments, and what is left of its work.

`--send` kills the sending of replies instead (`crash_send`). Counts, not promises: messages, cases without and with more than one pending draft, and what a
further intake and a mailbox with another UIDVALIDITY add.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import time

from tests.bench.installation import USER, Installation, installation, prefect_server
from tests.mails import made_mails


def main() -> int:
    """Run and print; exit code 1 where a message or a draft is missing or double."""
    parser = argparse.ArgumentParser(prog="madoguchi bench crash", description=__doc__)
    parser.add_argument("--mails", type=int, default=1000)
    parser.add_argument("--kills", type=int, help="20, of sending 30")
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--no-prefect", action="store_true", help="run the steps without a server")
    parser.add_argument("--send", action="store_true", help="kill the sending of replies instead")
    parser.add_argument("--replies", type=int, default=300)
    options = parser.parse_args()
    if options.send:
        from tests.bench import crash_send

        kills = 30 if options.kills is None else options.kills
        return 0 if crash_send.run(options.replies, kills, options.seed) else 1
    options.kills = 20 if options.kills is None else options.kills
    with (
        prefect_server(wanted=not options.no_prefect) as (url, _),
        installation(made_mails(options.mails), prefect=url) as place,
    ):
        killed = kill_often(place, options.kills, options.mails, options.seed)
        counts = finish(place)
    print(f"killed with SIGKILL {len(killed)} times; messages and drafts after each:")
    print("  " + "  ".join(f"{messages}/{drafts}" for messages, drafts in killed))
    for name, value in counts.items():
        print(f"{name:<42}{value:>8,}")
    return 0 if sound(counts, options.mails) else 1


def kill_often(place: Installation, kills: int, mails: int, seed: int) -> list[tuple[int, int]]:
    """Start the intake and kill it, `kills` times, at moments drawn over its work; return how many
    messages and drafts there were after each. An intake that ends first is killed when idle."""
    draw = random.Random(seed)
    # Starting and loading the model takes about 10 s, a mail 60 ms; a batch that is cut off is done
    # again. So over all kills the work is done about once, and the moments fall on all its steps.
    longest = 2 * (10.0 + 1.5 * mails * 0.06 / kills)
    return [_killed(place, draw.uniform(0.2, longest)) for _ in range(kills)]


def _killed(place: Installation, seconds: float) -> tuple[int, int]:
    process = subprocess.Popen(
        place.command("intake"), env=place.environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        time.sleep(0.01)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    ((drafts,),) = place.ask("SELECT count(*) FROM casebook_draft")
    return _messages(place), int(drafts)


def finish(place: Installation) -> dict[str, int]:
    """Let the intake end, run it again, rebuild the mailbox, run it once more; return the counts."""
    place.run("intake")
    counts = _counts(place, "after the last restart: ")
    place.run("intake")
    counts["messages added by a further intake"] = _messages(place) - counts[_MESSAGES]
    place.server.rebuild(USER)
    place.run("intake")
    counts["messages added by another UIDVALIDITY"] = _messages(place) - counts[_MESSAGES]
    return counts


_MESSAGES = "after the last restart: messages"


def _messages(place: Installation) -> int:
    return int(place.ask("SELECT count(*) FROM casebook_message")[0][0])


def _counts(place: Installation, prefix: str) -> dict[str, int]:
    drafts = (
        "SELECT count(*) FROM (SELECT c.id, count(d.id) AS n FROM casebook_case c LEFT JOIN"
        " casebook_draft d ON d.case_id = c.id AND d.state = 'pending' GROUP BY c.id) x WHERE n "
    )
    questions = {
        "messages": "SELECT count(*) FROM casebook_message",
        "cases": "SELECT count(*) FROM casebook_case",
        "pending drafts": "SELECT count(*) FROM casebook_draft WHERE state = 'pending'",
        "cases with two pending drafts": f"{drafts} > 1",
        "cases without a pending draft": f"{drafts} = 0",
        "messages not yet answered": "SELECT count(*) FROM casebook_message"
        " WHERE state <> 'answered'",
    }
    return {f"{prefix}{name}": int(place.ask(q)[0][0]) for name, q in questions.items()}


def sound(counts: dict[str, int], mails: int) -> bool:
    """True when every mail is one message and one draft, and nothing was added afterwards."""
    values = list(counts.values())
    return values == [mails, mails, mails, 0, 0, 0, 0, 0]


if __name__ == "__main__":
    sys.exit(main())
