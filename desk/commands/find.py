"""Commands that search: similar, embed, reindex."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casebook.config import settings
from casebook.errors import ConfigError
from casebook.start import prepare, start
from casebook.types import Where
from desk.commands.runs import become
from desk.words import as_json, duration, plain, say

if TYPE_CHECKING:
    from desk.searching import Found

Json = Annotated[bool, typer.Option("--json", help=say("JSON で出力", "Print JSON"))]
Text = Annotated[
    str, typer.Option(metavar=say("語", "WORD"), help=say("これに限る", "Only cases of this"))
]
Time = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help=say("期間（日付）", "Only from/before")),
]


def register(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    app.command(
        help=say(
            "文に似た過去の事例を、意味と語の両方で探し、解決と所要時間を見せます。日本語でも英語でも"
            "探せます。例： madoguchi similar 届いた皿が割れていた\n\n"
            "--data と --json では、ファイルの文（1行に {id, text}）を過去の事例のように並べ、"
            "標準入力の問い（1行に {id, text}）ごとに上位10件を出します。",
            "Find past cases similar to a sentence, by meaning and by words, in Japanese or "
            "English, with how they were solved and how long it took.\n\n"
            "With --data and --json it ranks the texts of a file ({id, text} a line) as past cases "
            "for each query on standard input ({id, text} a line), ten a query.",
        )
    )(similar)
    app.command(
        help=say(
            "標準入力の文（1行に {id, text}）のベクトルを出します。",
            "Print the vectors of the texts on standard input ({id, text} a line).",
        )
    )(embed)
    app.command(
        help=say(
            "設定のモデルのベクトルがまだないメッセージをベクトル化し、索引を作って切り替えます。"
            "その間も検索と取り込みは今までどおり動きます。中断しても、もう一度実行すれば続きから。",
            "Make the vectors that are missing under the configured model, build the index over "
            "them, and switch over. Searches and the intake go on meanwhile. Stopped half-way, it "
            "goes on when run again.",
        )
    )(reindex)


def similar(
    text: Annotated[str, typer.Argument(help=say("探す文", "What to look for"))] = "",
    limit: Annotated[int, typer.Option(min=1, max=50, help=say("件数", "How many"))] = 5,
    language: Text = "",
    channel: Text = "",
    product: Text = "",
    cause: Text = "",
    status: Text = "",
    since: Time = None,
    until: Time = None,
    everything: Annotated[
        bool, typer.Option("--all", help=say("解決前の事例も", "Open cases too"))
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(help=say("文のファイル（JSON Lines）", "Texts to rank (JSON Lines)")),
    ] = None,
    json: Json = False,
) -> None:
    """Print the nearest cases that are over."""
    if data is not None:
        _rank(data, json)
        return
    if not text.strip():
        raise ConfigError(say("探す文を書いてください", "say what to look for"))
    start()
    from desk.searching import find

    where = Where(
        settled=None if everything or status else True,
        state=status,
        language=language,
        channel=channel,
        product=product,
        cause=cause,
        since=_in_zone(since),
        until=_in_zone(until),
    )
    found = find(text, limit, where)
    for one in found:
        typer.echo(as_json(_row(one))) if json else _show(one)
    if not found and not json:
        typer.echo(say("当てはまる事例がまだありません。", "There is no such case yet."))


def _in_zone(day: datetime | None) -> datetime | None:
    from casebook.policy import load_policy

    return day.replace(tzinfo=load_policy(settings().policy).zone) if day else None


def _row(one: Found) -> dict[str, Any]:
    from desk.masking import answer, seen, solution, title

    case = one.case
    return {
        "receipt": case.receipt,
        "score": one.meaning,
        "why": {"meaning": one.meaning, "words": list(one.words)},
        "subject": title(case),
        "text": seen(one.message)[1],
        "answer": answer(case),
        "resolution": solution(case),
        "state": case.state,
        "opened_at": case.opened_at.isoformat(),
        "seconds_to_reply": _seconds(one.until_reply),
        "seconds_to_resolution": _seconds(one.until_resolved),
    }


def _seconds(found: Any) -> int | None:
    return None if found is None else round(found.total_seconds())


def _show(one: Found) -> None:
    from desk.masking import answer, solution, title

    called = plain(title(one.case), 60)
    typer.echo(f"{one.meaning:.2f}  {one.case.receipt}  {called}")
    if one.words:
        typer.echo(f"      {say('共通の語', 'In common')}: {plain(' '.join(one.words))}")
    answered = plain(answer(one.case), 100)
    if answered:
        typer.echo(f"      {say('回答', 'Answered')}: {answered}")
    typer.echo(f"      {say('解決', 'Solved')}: {plain(solution(one.case))}")
    times = (
        (say("返信まで", "until the reply"), one.until_reply),
        (say("解決まで", "until solved"), one.until_resolved),
    )
    took = say("、", ", ").join(f"{name} {duration(time)}" for name, time in times if time)
    if took:
        typer.echo(f"      {say('所要', 'Took')}: {took}")


def _rank(data: Path, json: bool) -> None:
    if not json:
        raise ConfigError(say("--data は --json と使います", "--data goes with --json"))
    from desk.ranking import ranked

    for identity, results in ranked(data, sys.stdin):
        rows = [{"id": name, "score": score} for name, score in results]
        typer.echo(as_json({"id": identity, "results": rows}))


def embed(json: Json = False) -> None:
    """Print one vector a line."""
    from desk.ranking import vectors

    for identity, vector in vectors(sys.stdin):
        if json:
            typer.echo(as_json({"id": identity, "vector": vector}))
        else:
            typer.echo(f"{plain(identity)}  {len(vector)}  {vector[:4]}")


def reindex(
    everything: Annotated[
        bool,
        typer.Option(
            "--all",
            help=say(
                "今のモデルのベクトルも捨てて、全件を作り直す（中断したら --all なしで続ける）",
                "Forget the model's vectors first and make all anew; stopped, go on without --all",
            ),
        ),
    ] = False,
    learn: Annotated[
        bool,
        typer.Option(
            "--learn",
            help=say(
                "自社の事例から学ぶ索引も作り直す（ふだんは週に一度、自動）",
                "Also learn anew from your own cases (weekly by itself)",
            ),
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Become the process that makes vectors and indexes (`flows.terminal`)."""
    prepare()
    become(
        "flows.terminal",
        "reindex",
        *["--all"] * everything,
        *["--learn"] * learn,
        *["--json"] * json,
    )
