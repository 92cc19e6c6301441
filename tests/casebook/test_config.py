"""The configuration: what is wrong is said in one line, and secrets are never shown."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from casebook.config import CONFIG_VARIABLE, Secret, SourceTable, settings
from casebook.errors import ConfigError
from connectors.registry import open_source

Write = Callable[[str], Path]
SECRET = "hunter2-correct-horse"


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Put a configuration in force for one test."""
    for name in [name for name in os.environ if name.startswith("MADOGUCHI_")]:
        monkeypatch.delenv(name)

    def put(text: str) -> Path:
        path = tmp_path / "ours.toml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv(CONFIG_VARIABLE, str(path))
        settings.cache_clear()
        return path

    yield put
    monkeypatch.undo()
    settings.cache_clear()


def _complaint() -> str:
    with pytest.raises(ConfigError) as caught:
        settings()
    assert "\n" not in str(caught.value)
    whole = "".join(traceback.format_exception(caught.value))
    assert SECRET not in whole
    return str(caught.value)


def test_defaults(write: Write, tmp_path: Path) -> None:
    write("")
    found = settings()
    assert found.var == (tmp_path / "var").resolve()
    assert found.database_url == f"sqlite:///{tmp_path.resolve()}/var/madoguchi.sqlite3"
    assert (found.policy, found.language, found.index.backend) == ("default", "ja", "embedded")
    assert found.sources == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("languag = 'ja'", "ours.toml: unknown key 'languag' (did you mean 'language'?)"),
        ("[index]\nbakend = 'memory'", "'index.bakend' (did you mean 'backend'?)"),
        ("[index]\napi_key = {envv = 'A'}", "'index.api_key.envv' (did you mean 'env'?)"),
        ("zzz = 1", "ours.toml: unknown key 'zzz'"),
        ("language = 'fr'", "language: Input should be 'ja' or 'en'"),
        ("[intake]\nbatch = 0", "intake.batch: Input should be greater than or equal to 1"),
        ("[[sources]]\ntype = 'imap'", "key 'sources.0.name' is missing"),
        ("[[sources]]\nname = 'A b'\ntype = 'imap'", "sources.0.name: "),
        ("[[sources]]\nname='a'\ntype='imap'\n" * 2, "two accounts are named 'a'"),
        ("index = {api_key = {env = 'A', file = 'B'}}", "index.api_key: name one place"),
        ("index = {api_key = {}}", "index.api_key: name one place"),
        (f"index = {{api_key = '{SECRET}'}}", "index.api_key: a secret is not written here"),
        (f"database = '{SECRET}'", "database: a secret is not written here"),
        (f"database = ['{SECRET}']", "database: "),
        ("language = ", "ours.toml: not readable as TOML: "),
        ("a = 1\na = 2", "ours.toml: not readable as TOML: "),
    ],
)
def test_what_is_wrong_is_said_in_one_line(write: Write, text: str, said: str) -> None:
    write(text)
    assert said in _complaint()


def test_a_file_that_is_no_text(write: Write) -> None:
    write("").write_bytes(b"language = '\xff'")
    assert "not readable as TOML" in _complaint()


def test_a_missing_file(write: Write, tmp_path: Path) -> None:
    write("").unlink()
    assert _complaint() == f"{tmp_path}/ours.toml: no such file (MADOGUCHI_CONFIG names it)"


def test_the_environment_overrides_the_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("[index]\nbackend = 'server'\nurl = 'http://q:1'")
    monkeypatch.setenv("MADOGUCHI_INDEX__BACKEND", "memory")
    monkeypatch.setenv("MADOGUCHI_LANGUAGE", "en")
    found = settings()
    assert (found.index.backend, found.index.url, found.language) == ("memory", "http://q:1", "en")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MADOGUCHI_INDEX__BAKEND", "memory", "unknown key 'index.bakend' (did you mean"),
        ("MADOGUCHI_INDEX__BACKEND", SECRET, "index.backend: Input should be"),
        ("MADOGUCHI_SOURCES", f"[{SECRET}", "sources"),
    ],
)
def test_a_wrong_environment(
    write: Write, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    write("")
    monkeypatch.setenv(name, value)
    assert said in _complaint()


def test_relative_paths_start_at_the_file(write: Write, tmp_path: Path) -> None:
    write("var = 'run'\npolicy = 'p/ours.toml'\ndatabase = {file = 'db'}")
    (tmp_path / "db").write_text("sqlite:///x\n")
    found = settings()
    assert (found.var, found.policy) == ((tmp_path / "run").resolve(), f"{tmp_path}/p/ours.toml")
    assert found.database_url == "sqlite:///x"


def test_a_secret_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = Secret(env="MAILBOX_PASSWORD")
    monkeypatch.delenv("MAILBOX_PASSWORD", raising=False)
    assert secret.find() is None
    with pytest.raises(ConfigError, match="environment variable MAILBOX_PASSWORD: set it"):
        secret.reveal()
    monkeypatch.setenv("MAILBOX_PASSWORD", SECRET)
    assert secret.reveal() == SECRET
    assert SECRET not in repr(secret)


def test_a_secret_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "password"
    secret = Secret(file=path)
    with pytest.raises(ConfigError, match=f"no secret in the file {path}"):
        secret.reveal()
    path.write_text(f"\n {SECRET} \n")
    assert secret.reveal() == SECRET
    assert SECRET not in repr(secret)
    path.write_text("  \n")
    assert secret.find() is None


def test_a_secret_file_that_is_no_text_or_no_file(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_bytes(SECRET.encode() + b"\xff")
    for place, said in ((path, "not UTF-8 text"), (tmp_path, "Is a directory")):
        with pytest.raises(ConfigError, match=said) as caught:
            Secret(file=place).reveal()
        assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_literal_secret_in_a_source_is_neither_taken_nor_shown(write: Write) -> None:
    write(f"[[sources]]\nname='box'\ntype='imap'\nhost='h'\nusername='u'\npassword='{SECRET}'")
    found = settings()
    assert SECRET not in repr(found)
    with pytest.raises(ConfigError) as caught:
        open_source(found.sources[0])
    assert "source 'box': password: a secret is not written here" in str(caught.value)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"type": "imapp"}, "source 'box': type 'imapp' is unknown: use one of bluesky, files, "),
        ({"type": "imap", "hosst": "h"}, "did you mean 'host'?"),
        ({"type": "imap"}, "source 'box': key 'host' is missing"),
    ],
)
def test_a_source_that_its_connector_refuses(table: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_source(SourceTable.model_validate({"name": "box", **table}))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_it_is_read_once(write: Write) -> None:
    write("language = 'en'")
    assert settings() is settings()
