"""Commands on the estimated response time: estimate and eta-backtest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casebook.clock import now
from casebook.config import settings
from casebook.errors import ConfigError
from casebook.policy import Policy, load_policy
from casebook.start import start
from casebook.timing import Handled
from casebook.types import Estimate
from desk.commands.runs import become
from desk.words import as_json, plain, say

if TYPE_CHECKING:
    from responders.backtest import Backtest, Score
    from responders.pace import Columns

_CALENDARS = ("policy", "always")
_FEW = 5
"""Unusable rows that are told of one by one."""

AsJson = Annotated[bool, typer.Option("--json", help=say("JSON で出力", "Print JSON"))]


def register(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    app.command(
        help=say(
            "いま届いたお申し出に、いつまでに返信できるかの見込みを示します。自社の実績から計算し、"
            "実績が少ないうちは方針の目標（[first_response]）によります。\n\n"
            "--fit は、実績から学び直します（毎晩、自動でも行われます）。",
            "Tell by when a customer who wrote now can be answered: from how the team really "
            "answered, or by the policy's target ([first_response]) while there is little "
            "history.\n\n--fit learns from the history now; each night that happens by itself.",
        )
    )(estimate)
    app.command(
        name="eta-backtest",
        help=say(
            "見込みの時刻が、過去の実績でどれだけ守られたはずかを検証します。\n\n"
            "記録にある事例か、表（--data ログ.csv --arrived 到着の列 --answered 返信の列）を、"
            "古い半分で学び、次の2割で較正し、残りで確かめます。\n\n"
            "例: madoguchi eta-backtest --data log.csv --arrived created_at "
            "--answered first_reply_at --by department",
            "Check how often the estimated times would have been kept.\n\nThe cases on record, or "
            "a table (--data LOG.csv --arrived COLUMN --answered COLUMN), learnt from their older "
            "half, calibrated on the next fifth and judged on the rest.\n\n"
            "Example: madoguchi eta-backtest --data log.csv --arrived created_at "
            "--answered first_reply_at --by department",
        ),
    )(eta_backtest)


def estimate(
    severity: Annotated[
        int,
        typer.Option(min=0, max=3, help=say("重さ（0 低〜3 危機）", "Severity, 0 low to 3 crisis")),
    ] = 1,
    department: Annotated[
        str, typer.Option(help=say("担当部署（方針のキー）", "Department (its key in the policy)"))
    ] = "",
    channel: Annotated[str, typer.Option(help=say("チャネル", "Channel"))] = "email",
    category: Annotated[
        str, typer.Option(help=say("原因または種類（defect など）", "Cause or kind, as defect"))
    ] = "",
    fit: Annotated[
        bool, typer.Option("--fit", help=say("実績から学び直す", "Learn from the history now"))
    ] = False,
    json: AsJson = False,
) -> None:
    """Print the estimate for a case that arrives now, or fit the estimator."""
    if fit:
        become("flows.terminal", "fit", *["--json"] * json)
    start()
    from casebook import history
    from responders.estimate import Pace
    from responders.estimate import estimate as estimated
    from responders.estimator import Estimator

    policy, at = _policy(department), now()
    row = history.estimator()
    try:
        fitted = Estimator.load(bytes(row.data)) if row else None
    except ValueError as error:
        raise ConfigError(f"{error}: madoguchi estimate --fit") from error
    pace = Pace(fitted, history.recent(policy, at)) if fitted else None
    case = Handled(at, None, severity, department, channel, category)
    found = estimated(policy, case, at, pace)
    typer.echo(as_json(_as_json(found)) if json else _told(policy, found, at))


def basis(found: Estimate) -> str:
    """What an estimate rests on, in words."""
    if found.level is None:
        return say("方針の目標", "policy target")
    return say(f"似た事例{found.cases:,}件", f"{found.cases:,} similar cases")


def eta_backtest(
    data: Annotated[
        Path | None, typer.Option(help=say("CSV または JSON Lines", "CSV or JSON Lines file"))
    ] = None,
    arrived: Annotated[
        str, typer.Option(help=say("到着の列", "Column of the arrival"))
    ] = "arrived",
    answered: Annotated[
        str, typer.Option(help=say("返信の列（空欄は未返信）", "Column of the answer; empty: none"))
    ] = "answered",
    by: Annotated[
        list[str] | None,
        typer.Option(help=say("まとめる列（何度でも）", "Column to group by; any number of times")),
    ] = None,
    calendar: Annotated[
        str,
        typer.Option(
            help=say(
                "always：常に進む、policy：営業時間だけ", "always: all time, policy: opening hours"
            )
        ),
    ] = "",
    plot: Annotated[
        Path | None, typer.Option(help=say("信頼度曲線の SVG", "SVG of the reliability curve"))
    ] = None,
    json: AsJson = False,
) -> None:
    """Print how often the estimates would have been kept; exit code 2 where it cannot be told."""
    if calendar not in ("", *_CALENDARS):
        raise ConfigError(f"--calendar {calendar!r}: {' / '.join(_CALENDARS)}")
    policy = load_policy(settings().policy)
    if data is None:
        found = _recorded(policy, by, always=calendar == "always")
    else:
        found = _logged(policy, data, arrived, answered, by or [], policy_time=calendar == "policy")
    import numpy as np

    from responders.backtest import backtest

    targets = np.array([policy.first_response.minutes(int(one)) for one in found.severity], float)
    try:
        told = backtest(found, targets, policy.zone)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    if plot:
        _draw(plot, told)
    if json:
        typer.echo(as_json(backtest_json(told)))
    else:
        _print(told)


def backtest_json(told: Backtest) -> dict[str, Any]:
    """A backtest as programs read it: coverage in shares of 1, times in minutes."""
    return {
        **_score_json(told.score),
        "trained": told.trained,
        "calibrated": told.calibrated,
        "unanswered": told.open,
        "groups": {name: _score_json(one) for name, one in told.groups.items()},
        "months": {name: _score_json(one) for name, one in told.months.items()},
        "baselines": {
            "constant_quantile": _score_json(told.constant),
            "policy_target": _score_json(told.target),
        },
    }


def _score_json(one: Score) -> dict[str, Any]:
    return {
        "n": one.n,
        "coverage": {f"{100 * level:g}": round(kept, 4) for level, kept in one.coverage.items()},
        "pinball": round(one.pinball, 4),
        "pinball_ratio": round(one.ratio, 4),
        "median_width_minutes": round(one.width, 1),
    }


def _policy(department: str) -> Policy:
    policy = load_policy(settings().policy)
    if department and department not in policy.departments:
        known = ", ".join(policy.departments)
        raise ConfigError(
            say(
                f"--department {department!r} は方針にありません（{known}）",
                f"--department {department!r} is not in the policy, which has: {known}",
            )
        )
    return policy


def _recorded(policy: Policy, by: list[str] | None, *, always: bool) -> Columns:
    start()
    from casebook import history
    from responders.estimate import BY, hours
    from responders.pace import columns

    names = by or [BY[0]]
    if unknown := [name for name in names if name not in (*BY, "severity")]:
        raise ConfigError(f"--by {unknown[0]!r}: {', '.join((*BY, 'severity'))}")
    cases = history.handled(policy, datetime.fromtimestamp(0, UTC))
    if not cases:
        raise ConfigError(
            say(
                "返信済みの事例がまだありません（--data で表も読めます）",
                "no case was answered yet; --data reads a table",
            )
        )
    return columns(
        cases,
        {name: [str(getattr(case, name)) for case in cases] for name in names},
        calendar=lambda case: None if always else hours(policy, case),
        zone=policy.zone,
        until=now(),
    )


def _logged(
    policy: Policy, data: Path, arrived: str, answered: str, by: list[str], *, policy_time: bool
) -> Columns:
    from desk.logs import read_log
    from responders.calendar import calendar
    from responders.pace import columns

    log = read_log(data, arrived, answered, by, policy.zone)
    for line, why in log.skipped[:_FEW]:
        typer.echo(f"madoguchi: {say(f'{line} 行目: {why}', f'line {line}: {why}')}", err=True)
    if len(log.skipped) > _FEW:
        more = len(log.skipped) - _FEW
        typer.echo(f"madoguchi: {say(f'ほか{more:,}行', f'{more:,} more rows')}", err=True)
    opening = calendar(policy) if policy_time else None
    return columns(
        log.cases,
        log.by,
        calendar=lambda _: opening,
        zone=policy.zone,
        until=max(case.answered or case.arrived for case in log.cases),
    )


def _draw(path: Path, told: Backtest) -> None:
    from responders.backtest import reliability

    words = {
        "title": say("約束した割合と、守れた割合（%）", "Promised and kept (%)"),
        "said": say("約束した割合", "Promised"),
        "kept": say("守れた割合", "Kept"),
        "ideal": say("一致", "Both agree"),
        "ours": say("見込み", "Estimate"),
        "constant": say("一定の分位点", "Constant quantile"),
    }
    try:
        path.write_bytes(reliability(told, words))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error


def _print(told: Backtest) -> None:
    from rich.text import Text

    from desk.screen import console

    screen = console()
    screen.print(
        Text(
            say(
                f"{told.trained:,}件で学び、{told.calibrated:,}件で較正し、{told.score.n:,}件で確認"
                f"（新しい事例のうち未返信{told.open:,}件）",
                f"Learnt from {told.trained:,}, calibrated on {told.calibrated:,}, judged on "
                f"{told.score.n:,} cases ({told.open:,} of the newest unanswered)",
            )
        )
    )
    methods = {
        say("見込み", "Estimate"): told.score,
        say("一定の分位点", "Constant quantile"): told.constant,
        say("方針の目標", "Policy target"): told.target,
    }
    _table(say("方法", "Method"), methods)
    for title, scores in (
        (say("グループ", "Group"), told.groups),
        (say("月", "Month"), told.months),
    ):
        if scores:
            _table(title, scores)


def _table(title: str, scores: Mapping[str, Score]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from desk.screen import console

    table = Table(box=SIMPLE_HEAD, padding=(0, 1))
    table.add_column(Text(title), overflow="ellipsis")
    levels = list(next(iter(scores.values())).coverage)
    for name in (
        say("件数", "Cases"),
        *(f"{100 * level:g}%" for level in levels),
        say("損失（分）", "Loss (min)"),
        say("一定比", "vs constant"),
        say("90%の中央値（分）", "Median of 90% (min)"),
    ):
        table.add_column(Text(name), justify="right", no_wrap=True)
    for name, one in scores.items():
        cells = (
            f"{one.n:,}",
            *(f"{100 * one.coverage[level]:.1f}" for level in levels),
            f"{one.pinball:,.1f}",
            f"{one.ratio:.3f}",
            f"{one.width:,.0f}",
        )
        table.add_row(Text(plain(name, 40)), *map(Text, cells))
    console().print(table)


def _as_json(found: Estimate) -> dict[str, Any]:
    return {
        "start": found.start.isoformat(),
        "due": found.due.isoformat(),
        "minutes": found.minutes,
        "median": found.median,
        "level": found.level,
        "cases": found.cases,
        "basis": "policy target" if found.level is None else f"{found.cases} similar cases",
        "beyond": found.beyond,
    }


def _told(policy: Policy, found: Estimate, at: datetime) -> str:
    from responders.due import say_due

    language = say("ja", "en")
    told = [f"{say_due(policy, found.due, language, at)} ({basis(found)})"]
    if found.level is not None and found.median is not None:
        share = round(100 * found.level)
        told.append(
            say(
                f"営業時間で{found.minutes}分以内に{share}%、{found.median}分以内に半数",
                f"{share}% within {found.minutes} minutes of business time, half within "
                f"{found.median}",
            )
        )
    if found.beyond:
        told.append(
            say(
                "方針の上限を超えます：人の確認が要ります",
                "Beyond the policy's maximum: look at it",
            )
        )
    return "\n".join(told)
