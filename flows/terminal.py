"""What runs once, in a terminal, with its progress: `madoguchi intake`, `followup` and their like.

Where the configured Prefect server answers, an intake is recorded there; else the same steps are
carried out directly, and nothing but Prefect's pages is missed.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError

from casebook.config import settings
from casebook.errors import ConfigError, MadoguchiError
from casebook.sparing import loading
from casebook.start import start
from flows import pipeline, reindexing, steps

if TYPE_CHECKING:
    from flows import refitting

_HEALTH_SECONDS = 1.0
_INTAKE = {
    "ja": {"poll": "受信", "relate": "読み取り", "answer": "返信案"},
    "en": {"poll": "Polling", "relate": "Understanding", "answer": "Drafting"},
}
_REINDEX = {
    "ja": {
        "fit": "自社の事例の学習", "meaning": "意味", "words": "語", "history": "自社の事例",
        "index": "索引",
    },
    "en": {
        "fit": "Learning from your cases", "meaning": "Meaning", "words": "Words",
        "history": "Your cases", "index": "Index",
    },
}  # fmt: skip


def main() -> int:
    """Run once; print the summary. Exit code 0, 1 on a failure, 2 for a wrong configuration."""
    options = _options()
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    try:
        start()
        return _WAYS[options.what](options)
    except KeyboardInterrupt:
        return 130
    except (MadoguchiError, DatabaseError, OSError) as error:
        print(f"madoguchi: {_line(error)}", file=sys.stderr)
        return 2 if isinstance(error, ConfigError) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="madoguchi")
    parser.add_argument("what", choices=tuple(_WAYS))
    for name in ("--due", "--json", "--all", "--learn"):
        parser.add_argument(name, action="store_true")
    parser.add_argument("--dry-run", default="")
    return parser.parse_args()


def _intake(options: argparse.Namespace) -> int:
    with _progress(_INTAKE, shown=sys.stderr.isatty() and not options.json):
        summary = _recorded(options.due) if _server_answers() else _direct(options.due)
    if summary is None:
        print("madoguchi: another intake is running; it takes in what there is", file=sys.stderr)
        return 0
    print(json.dumps(asdict(summary), ensure_ascii=False) if options.json else summary.line())
    return 1 if summary.failed else 0


def _reindex(options: argparse.Namespace) -> int:
    with _progress(_REINDEX, shown=sys.stderr.isatty() and not options.json) as report:
        made = reindexing.reindex(report, everything=options.all)
        learnt = reindexing.learn(report) if options.learn else None
    vectors = made.vectors + (learnt.vectors if learnt else 0)
    if options.json:
        print(json.dumps({"vectors": vectors, "points": made.points, "learnt": bool(learnt)}))
    elif settings().language == "en":
        print(f"Made {vectors:,} vectors; the index holds {made.points:,} messages.")
    else:
        print(f"ベクトル {vectors:,} 件を作り、索引は {made.points:,} 件です。")
    return 0


def _followup(options: argparse.Namespace) -> int:
    # An idle intake needs no calendar's and no signature's code.
    from flows import following

    try:
        made = following.run()
    except following.AlreadyRunning as busy:
        print(f"madoguchi: {busy}", file=sys.stderr)
        return 0
    if options.json:
        print(json.dumps(asdict(made)))
    elif settings().language == "en":
        print(
            f"Drafted {made.asked} questions after resolution and {made.reports} progress "
            f"reports; closed {made.closed} cases."
        )
    else:
        print(
            f"解決後のお伺い {made.asked} 件と途中経過 {made.reports} 件の案を作り、"
            f"{made.closed} 件を完了にしました。"
        )
    return 0


def _refit(options: argparse.Namespace) -> int:
    # An idle intake needs none of triage's patterns.
    from flows import refitting

    try:
        made = refitting.refit(steps.encoders())
    except refitting.AlreadyRunning as busy:
        print(f"madoguchi: {busy}", file=sys.stderr)
        return 0
    if options.json:
        print(json.dumps(asdict(made) if made else {"corrections": 0}))
    else:
        print(_refitted(made))
    return 1 if made and not made.taken else 0


def _refitted(made: refitting.Summary | None) -> str:
    japanese = settings().language == "ja"
    if made is None:
        nothing = "Nothing was corrected: there is nothing to learn."
        return "訂正がまだないため、学ぶものがありません。" if japanese else nothing
    if not japanese:
        return made.line()
    before = "–" if made.before is None else f"{made.before:.3f}"
    done = "切り替えました" if made.taken else "測定値が下がるため、切り替えません"
    return (
        f"訂正 {made.corrections:,} 件を含む {made.exemplars:,} 件から学び直しました。"
        f"測定値は {before} から {made.score:.3f}：{done}。"
    )


def _fit(options: argparse.Namespace) -> int:
    from flows import pacing

    made = pacing.fit()
    if options.json:
        print(json.dumps(asdict(made) if made else {"cases": 0}))
    elif settings().language == "en":
        print(made.line() if made else "No case was answered yet: the policy's targets stand.")
    else:
        nothing = "返信済みの事例がまだないため、方針の目標のままです。"
        print(f"返信済み {made.cases:,} 件から回答時刻の見込みを学びました。" if made else nothing)
    return 0


def _promises(options: argparse.Namespace) -> int:
    from flows import promises

    try:
        summary = promises.watch()
    except promises.AlreadyRunning as busy:
        print(f"madoguchi: {busy}", file=sys.stderr)
        return 0
    if options.json:
        print(json.dumps(asdict(summary)))
    elif settings().language == "en":
        print(summary.line())
    else:
        print(
            f"約束 {summary.open:,} 件を確認しました：期限が近いもの {summary.warned:,} 件、"
            f"遅れのお知らせの案 {summary.notices:,} 件、期限を過ぎたもの {summary.broken:,} 件、"
            f"送ったアラート {summary.alerts:,} 件。"
        )
    return 0


def _recheck(options: argparse.Namespace) -> int:
    from flows import rechecking

    summary = rechecking.run()
    if options.json:
        print(json.dumps(asdict(summary)))
    elif settings().language == "en":
        print(summary.line())
    else:
        print(
            f"投稿 {summary.asked:,} 件を確認し、元で削除された {summary.erased:,} 件を消しました。"
        )
    for name, trouble in summary.failed.items():
        print(f"madoguchi: {name}: {trouble}", file=sys.stderr)
    return 1 if summary.failed else 0


def _send(options: argparse.Namespace) -> int:
    from flows import outbox, sending

    if options.dry_run:
        made = outbox.dry_run(options.dry_run)
        if options.json:
            print(json.dumps({"written": made}))
        elif settings().language == "en":
            print(f"Wrote {made:,} replies to {options.dry_run}; nothing was sent.")
        else:
            print(f"返信 {made:,} 件を {options.dry_run} に書き出しました（送信はしていません）。")
        return 0
    summary = sending.run(each_directly)
    if options.json:
        print(json.dumps(asdict(summary), ensure_ascii=False))
    elif settings().language == "en":
        print(summary.line())
    else:
        print(
            f"送信 {summary.sent:,} 件、送信失敗 {summary.failed:,} 件、"
            f"要確認 {summary.unsure:,} 件、"
            f"後で再送 {summary.later:,} 件、承認待ちに戻したもの {summary.queued:,} 件、"
            f"送信待ち {summary.waiting:,} 件。"
        )
    for name, trouble in summary.troubles.items():
        print(f"madoguchi: {name}: {trouble}", file=sys.stderr)
    return 1 if summary.troubles else 0


def _webhooks(options: argparse.Namespace) -> int:
    from flows import hooks

    made = hooks.tell(hooks.due())
    if options.json:
        print(json.dumps(asdict(made)))
    elif settings().language == "en":
        print(made.line())
    else:
        print(f"Webhook：送信 {made.sent} 件、失敗 {made.failed} 件")
    return 1 if made.failed else 0


_WAYS = {
    "webhooks": _webhooks,
    "intake": _intake,
    "reindex": _reindex,
    "refit": _refit,
    "followup": _followup,
    "fit": _fit,
    "promises": _promises,
    "send": _send,
    "recheck": _recheck,
}


def _line(error: Exception) -> str:
    first = str(error).strip().partition("\n")[0]
    return first if isinstance(error, MadoguchiError) else f"{type(error).__name__}: {first}"


def _direct(due_only: bool) -> pipeline.Summary | None:
    try:
        return pipeline.run(each_directly, due_only=due_only)
    except pipeline.AlreadyRunning:
        return None


def each_directly(step: Callable[[Any], Any], arguments: Sequence[Any]) -> list[Any]:
    """Carry a step out without Prefect: several side by side, one alone in this thread."""
    if len(arguments) < 2:
        return [_kept(step, argument) for argument in arguments]
    with ThreadPoolExecutor(max_workers=min(8, len(arguments))) as pool:
        return list(pool.map(lambda argument: _kept(step, argument), arguments))


def _kept(step: Callable[[Any], Any], argument: Any) -> Any:
    try:
        return step(argument)
    except Exception as error:
        return error


def _recorded(due_only: bool) -> pipeline.Summary | None:
    os.environ["PREFECT_API_URL"] = settings().prefect.api_url
    os.environ.setdefault("PREFECT_HOME", str(settings().var / "prefect"))
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "ERROR")
    with loading():
        from flows.intake import intake

    return intake(due_only=due_only)


def _server_answers() -> bool:
    try:
        url = f"{settings().prefect.api_url}/health"
        with urllib.request.urlopen(url, timeout=_HEALTH_SECONDS) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (OSError, ValueError):
        return False


@contextmanager
def _progress(titles: Mapping[str, Mapping[str, str]], *, shown: bool) -> Iterator[pipeline.Report]:
    if not shown:
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bars:
        rows = {
            name: bars.add_task(title, total=None)
            for name, title in titles[settings().language].items()
        }

        def report(name: str, done: int, total: int) -> None:
            bars.update(rows[name], completed=done, total=total)

        token = pipeline.REPORT.set(report)
        try:
            yield report
        finally:
            pipeline.REPORT.reset(token)


if __name__ == "__main__":
    sys.exit(main())
