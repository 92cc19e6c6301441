"""`madoguchi demo`: the whole way on the samples, and what to type next."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import typer

from casebook.config import DEFAULT_FILE, config_path, settings
from casebook.errors import ConfigError, MadoguchiError
from casebook.start import start
from casebook.types import Channel, Visibility
from desk.access import Role
from desk.words import random_password, say

_CONFIG = """\
# Made by the demonstration: the sample inbox as a drop folder.
# Its record lies apart, so that no sample ever stands beside a customer's message.
var = "demo"

[[sources]]
name = "samples"
type = "files"
path = "{inbox}"
own = ["support@example.jp"]
"""


_LOGIN = "demo"


def show(samples: Path) -> None:
    """Import the past cases, run the intake over the sample inbox, print queue and one draft.

    Everything it makes lies in `var/demo`, beside its configuration `var/madoguchi.toml`, which is
    in force here until there is a `madoguchi.toml`. Raises ConfigError where there is one,
    MadoguchiError where a step fails.
    """
    _configure(samples)
    start()
    from casebook import reading
    from desk.show import draft_in_full, queue_table

    _step(say("1. 過去の事例を読み込みます", "1. Importing the past cases"))
    _run("import", str(samples / "past" / "cases.jsonl"), "--system", "demo")
    _step(say("2. メールと投稿を取り込みます", "2. Taking in the mails and the posts"))
    _run("import", str(samples / "posts.jsonl"))
    _run("intake")
    drafts = reading.queue()
    _step(say("3. 承認を待つ返信案", "3. Drafts that wait for approval"))
    queue_table(drafts)
    plain = [draft for draft in drafts if draft.answers.triage.severity == 1]
    example = next((draft for draft in plain if draft.channel == Channel.EMAIL), None)
    public = next((draft for draft in plain if draft.visibility == Visibility.PUBLIC), None)
    if example is None or public is None:
        return
    _step(say("4. メールへの返信案の一例", "4. A drafted reply to a mail, in full"))
    draft_in_full(example)
    _step(say("5. 公開の返信案の一例", "5. A drafted public reply, in full"))
    draft_in_full(public)
    _next(example.case.receipt)
    _invite()


def _invite() -> None:
    """Say where the pages are, and how to get in: a login whose password is shown once."""
    password = random_password()
    told = subprocess.run(
        [sys.executable, "-m", "desk", "user", "add", _LOGIN, "--role", Role.ADMIN, "--renew"],
        input=f"{password}\n", text=True, capture_output=True, check=False,
    )  # fmt: skip
    if told.returncode:
        raise MadoguchiError(told.stderr.strip())
    table = settings().desk
    typer.echo(say("\n窓口のページ：", "\nThe desk's pages:"))
    typer.echo(f"  madoguchi desk    http://{table.host}:{table.port}/")
    typer.echo(say(f"  ユーザー名 {_LOGIN}", f"  username {_LOGIN}"))
    typer.echo(
        say(f"  パスワード {password}（今だけ表示）", f"  password {password} (shown this once)")
    )


def _configure(samples: Path) -> None:
    path = config_path()
    ours = Path("var").absolute() / DEFAULT_FILE
    if path not in (None, ours):
        raise ConfigError(f"{path} is in force: run the demonstration in a folder without one")
    ours.parent.mkdir(exist_ok=True)
    inbox = str((samples / "inbox").resolve()).replace("\\", "\\\\").replace('"', '\\"')
    ours.write_text(_CONFIG.format(inbox=inbox), encoding="utf-8")
    settings.cache_clear()


def _next(receipt: str) -> None:
    typer.echo(say("次に試すこと：", "What to try next:"))
    for command, why in (
        (f"madoguchi queue {receipt}", say("1件を読む", "read one draft")),
        (f"madoguchi approve {receipt}", say("承認する", "approve it")),
        ("madoguchi similar 届いた皿が割れていた", say("似た事例を探す", "find similar cases")),
        ("madoguchi intake", say("もう一度取り込む（何も増えません）", "again: nothing is added")),
    ):
        typer.echo(f"  {command:<44} {why}")
    typer.echo(say("（先に： source .venv/bin/activate）", "(first: source .venv/bin/activate)"))


def _step(title: str) -> None:
    typer.secho(f"\n{title}", bold=True)


def _run(*words: str) -> None:
    # Each command in its own process, as a person would type it.
    sys.stdout.flush()
    done = subprocess.run([sys.executable, "-m", "desk", *words], check=False)
    if done.returncode:
        raise MadoguchiError(f"`madoguchi {words[0]}` failed with exit code {done.returncode}")
