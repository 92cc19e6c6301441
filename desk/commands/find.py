"""Commands that search: similar, reindex."""

from __future__ import annotations

from typing import Annotated

import typer

from casebook.config import settings
from casebook.start import start
from desk.words import as_json, plain, say


def register(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    app.command(
        help=say(
            "文に似た過去の事例と、その解決を探します。例： madoguchi similar 届いた皿が割れていた",
            "Find past cases similar to a sentence, and how they were solved.",
        )
    )(similar)
    app.command(
        help=say(
            "設定のモデルのベクトルがまだないメッセージだけベクトル化し、索引に反映します。"
            "モデルの名前を替えたあとは全件です。中断しても、もう一度実行すれば続きから。",
            "Make the vectors that are missing under the configured model (after a change of its "
            "name: all), and bring the index up to date. Stopped half-way, it goes on when run "
            "again.",
        )
    )(reindex)


def similar(
    text: Annotated[str, typer.Argument(help=say("探す文", "What to look for"))],
    limit: Annotated[int, typer.Option(min=1, max=50, help=say("件数", "How many"))] = 5,
    json: Annotated[bool, typer.Option("--json", help=say("JSON", "Print JSON"))] = False,
) -> None:
    """Print the nearest settled cases."""
    start()
    from casebook import reading
    from desk.searching import find

    found = find(text, limit)
    if json:
        for case, score in found:
            row = {
                "receipt": case.receipt,
                "score": score,
                "subject": reading.title(case),
                "resolution": reading.solution(case),
            }
            typer.echo(as_json(row))
        return
    if not found:
        typer.echo(say("過去の事例がまだありません。", "There are no past cases yet."))
    for case, score in found:
        typer.echo(f"{score:.2f}  {case.receipt}  {plain(reading.title(case), 60)}")
        typer.echo(f"      {say('解決', 'Solved')}: {plain(reading.solution(case))}")


def reindex(
    everything: Annotated[
        bool,
        typer.Option(
            "--all",
            help=say(
                "このモデルのベクトルを捨てて、全件を作り直す（中断したら --all なしで続ける）",
                "Forget this model's vectors first and make all anew; stopped, go on without --all",
            ),
        ),
    ] = False,
) -> None:
    """Fill in missing vectors, or make all anew, and bring the desk's index up to date."""
    start()
    from casebook import moves
    from desk.searching import fill_vectors, synced

    if everything:
        moves.forget_vectors(settings().embedding.model)
    made = fill_vectors()
    with synced() as index:
        typer.echo(
            say(
                f"ベクトル {made:,} 件を作り、索引は {index.count():,} 件です。",
                f"Made {made:,} vectors; the index holds {index.count():,}.",
            )
        )
