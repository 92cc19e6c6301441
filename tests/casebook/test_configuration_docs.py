"""Every setting is explained in its docstring and in docs/configuration.md; examples are valid."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import BaseModel

from casebook import config, handling, hours, policy, timing, wording
from casebook.config import CONFIG_VARIABLE, Settings, SourceTable, settings
from connectors.oauth import OAuth2Options
from connectors.registry import CONNECTORS, open_sender, open_source, options_of
from connectors.x_options import OAuth1Options

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "madoguchi.example.toml"
SECTIONS: dict[str, type[BaseModel]] = {
    "Secrets": config.Secret,
    "Top level": Settings,
    "`[embedding]`": config.Embedding,
    "`[index]`": config.Index,
    "`[intake]`": config.Intake,
    "`[sending]`": config.Sending,
    "`[prefect]`": config.Prefect,
    "`[alerts]`": config.Alerts,
    "`[[alerts.targets]]`": config.AlertTarget,
    "`[desk]`": config.Desk,
    "`[desk.oidc]`": config.SignOn,
    "`[api]`": config.Api,
    "`[form]`": config.Form,
    "`[llm]`": config.Llm,
    "`[[sources]]`": SourceTable,
    "`[[senders]]`": config.SenderTable,
    "`oauth2`": OAuth2Options,
    "`oauth1`": OAuth1Options,
    **{f'`type = "{name}"`': options_of(name) for name in CONNECTORS},
    "Pack": policy.Policy,
    "`[company]`": policy.Company,
    "`[hours]`": hours.Hours,
    "`[[hours.closures]]`": hours.Closure,
    "`[[hours.extra]]`": hours.Opening,
    "`[calendars.<name>]`": hours.Hours,
    "`[channels.<channel>]`": policy.ChannelTable,
    "`[first_response]`": timing.FirstResponse,
    "`[estimate]`": timing.Estimates,
    "`[promises]`": timing.Promises,
    "`[approval]`": timing.Approval,
    "`[sending]` of a pack": timing.Sending,
    "`[follow_up]`": timing.FollowUp,
    "`[incidents]`": policy.Incidents,
    "`[wording]`": wording.Wording,
    "`[departments.<key>]`": handling.Department,
    "`[[routes]]`": handling.Route,
    "`[specialists.<kind>]`": handling.Specialist,
    "`[causes.<name>]`": handling.TradeCause,
    "`[[solutions]]`": handling.Solution,
    "`[[help_lines]]`": handling.HelpLine,
    "`[forbidden_apologies]`": handling.ForbiddenApologies,
    "`[authority]`": handling.Authority,
    "`[masking]`": handling.Masking,
    "`[protection]`": handling.Protection,
    "`[protection.<step>]`": handling.Step,
    "`[costs]`": handling.Costs,
    "`[acknowledgement]`": handling.Acknowledgement,
    "`[alerts]` of a pack": handling.Alerts,
    "`[llm]` of a pack": handling.Rewriting,
    "`[words]`": policy.Words,
}

CONFIGURATION = list(SECTIONS)[: list(SECTIONS).index("Pack")]
"""What `madoguchi.toml` holds; the rest belongs to policy packs."""


def _rows(title: str) -> dict[str, str]:
    """The first table under a heading: key → default."""
    section = re.split(r"^#{2,3} ", PAGE, flags=re.MULTILINE)
    text = next(part for part in section if part.startswith(f"{title}\n"))
    rows = re.findall(r"^\| `(\w+)` \| .*? \| (.*?) \| .+ \|$", text, re.MULTILINE)
    return dict(rows)


@pytest.mark.parametrize("title", SECTIONS)
def test_the_page_has_every_setting_and_no_other(title: str) -> None:
    assert list(_rows(title)) == list(SECTIONS[title].model_fields)


@pytest.mark.parametrize("title", SECTIONS)
def test_the_page_gives_the_defaults(title: str) -> None:
    for key, told in _rows(title).items():
        field = SECTIONS[title].model_fields[key]
        default = field.get_default(call_default_factory=True)
        if field.is_required():
            assert told == "required", key
        elif default is None:
            assert told == "–", key
        elif told == "see below":
            assert isinstance(default, BaseModel), key
        else:
            value = tomllib.loads(f"value = {told.strip('`')}")["value"]
            assert type(default)(**value) == default if key == "database" else _same(value, default)


def _same(told: object, default: object) -> bool:
    if isinstance(default, BaseModel):
        return told == default.model_dump()
    if isinstance(default, tuple):
        return told == list(default)
    if isinstance(default, Decimal):
        return Decimal(str(told)) == default
    return told == (str(default) if isinstance(default, Path) else default)


@pytest.mark.parametrize("title", CONFIGURATION)
def test_every_setting_has_a_docstring(title: str) -> None:
    fields = SECTIONS[title].model_fields
    assert [name for name, field in fields.items() if not field.description] == []


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    for name in set(re.findall(r'env = "(\w+)"', EXAMPLE.read_text(encoding="utf-8"))):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(CONFIG_VARIABLE, str(EXAMPLE))
    settings.cache_clear()
    yield settings()
    monkeypatch.undo()
    settings.cache_clear()


def test_the_example_is_valid_with_no_secret_set(example: Settings) -> None:
    assert len(example.sources) == 9
    for table in example.sources:
        assert open_source(table)
    assert len(example.senders) == 1
    for sender in example.senders:
        assert open_sender(sender)


def test_the_example_shows_every_setting(example: Settings) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    for title in CONFIGURATION[1:]:
        for key in SECTIONS[title].model_fields:
            assert re.search(
                rf"^(# )?{key} = |^(# )?\[+(\w+\.)?{key}\]|\b{key} = ", text, re.MULTILINE
            ), key


def test_the_example_shows_the_defaults(example: Settings) -> None:
    plain = Settings.model_construct()
    for name in (
        "policy",
        "language",
        "database",
        "embedding",
        "index",
        "intake",
        "sending",
        "prefect",
        "desk",
        "llm",
    ):
        assert getattr(example, name) == getattr(plain, name)


@pytest.mark.parametrize("block", re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))
def test_the_pages_examples_are_valid(block: str) -> None:
    tables = tomllib.loads(block)
    for values in tables["sources"]:
        assert open_source(SourceTable.model_validate(values))
    for values in tables.get("senders", ()):
        assert open_sender(config.SenderTable.model_validate(values))
