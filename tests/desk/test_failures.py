"""What goes wrong around a command is one line, and `check` leaves everything as it was."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.desk.place import Place


@pytest.mark.parametrize(
    "url",
    ["garbage", "postgresql://u:se#cret@h/db", "postgresql://u:12#cret@h/db",
     "postgresql://u:12/cret@h/db", "mysql://u:secret@h/db", "postgresql://[u:secret@h/db"],
)  # fmt: skip
@pytest.mark.parametrize("command", ["queue", "check", "intake"])
def test_a_database_url_that_cannot_be_read(place: Place, url: str, command: str) -> None:
    place.secrets["DATABASE_URL"] = url
    done = place.type(command)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "environment variable DATABASE_URL: no URL of a database" in line
    assert "cret" not in done.stdout + done.stderr
    assert url not in done.stderr


def test_the_file_that_holds_a_wrong_url_is_named(place: Place) -> None:
    place.configure("")
    config = place.root / "madoguchi.toml"
    config.write_text('database = { file = "url" }\n' + config.read_text())
    (place.root / "url").write_text("garbage")
    done = place.type("queue")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert f"file {place.root / 'url'}: no URL of a database" in done.stderr


@pytest.mark.parametrize(("command", "code"), [("queue", 1), ("messages", 1), ("check", 2)])
def test_a_database_that_is_down(place: Place, command: str, code: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # Bound and not listening: connections are refused.
        port = taken.getsockname()[1]
        place.secrets["DATABASE_URL"] = f"postgresql://u:secret@127.0.0.1:{port}/db"
        done = place.type(command)
    assert done.returncode == code
    (line,) = done.stderr.splitlines()
    assert "refused" in line
    assert "DATABASE_URL" in line
    assert "secret" not in line


def test_a_file_that_is_no_database(place: Place) -> None:
    (place.root / "var").mkdir()
    (place.root / "var" / "madoguchi.sqlite3").write_text("no database " * 100)
    for command, code in (("queue", 1), ("check", 2)):
        done = place.type(command)
        assert done.returncode == code
        (line,) = done.stderr.splitlines()
        assert "database" in line


def test_a_var_that_cannot_be_made(place: Place) -> None:
    (place.root / "var").write_text("a file")
    done = place.type("queue")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert str(place.root / "var") in line


def test_ctrl_c_leaves_quietly(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place.configure(
            '[[sources]]\nname = "box"\ntype = "imap"\nhost = "127.0.0.1"\nusername = "x"\n'
            f'password = {{ env = "PASSWORD" }}\nport = {silent.getsockname()[1]}\n'
        )
        place.secrets["PASSWORD"] = "x"
        with subprocess.Popen(
            [sys.executable, "-m", "desk", "check"], cwd=place.root, env=place.environment(),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as child, silent.accept()[0]:  # fmt: skip
            child.send_signal(signal.SIGINT)
            _, said = child.communicate(timeout=30)
    assert (child.returncode, said.strip()) == (130, "")


def test_check_makes_nothing(place: Place) -> None:
    before = sorted(place.root.rglob("*"))
    done = place.type("check")
    assert done.returncode == 0
    assert "database: sqlite, new: the next command makes it" in done.stdout
    assert sorted(place.root.rglob("*")) == before


def test_check_does_not_migrate(place: Place) -> None:
    place.type("queue")
    database = place.root / "var" / "madoguchi.sqlite3"
    place.run(
        "from django.db import connection;"
        "connection.cursor().execute(\"update django_migrations set name = 'earlier'"
        " where name = (select max(name) from django_migrations where app = 'casebook')\")"
    )
    before = database.read_bytes()
    files = sorted(Path(place.root).rglob("*"))
    done = place.type("check")
    assert done.returncode == 0
    assert "sqlite, migrations that are due: 1; the next command applies them" in done.stdout
    assert "quarantine" not in done.stdout
    assert database.read_bytes() == before
    assert sorted(Path(place.root).rglob("*")) == files


def test_check_finds_holidays_of_no_country(place: Place) -> None:
    pack = (Path(__file__).parents[2] / "policies" / "default.toml").read_text(encoding="utf-8")
    assert 'holidays = "JP"' in pack
    wrong = pack.replace('holidays = "JP"', 'holidays = "JA"')
    (place.root / "ours.toml").write_text(wrong, encoding="utf-8")
    config = place.root / "madoguchi.toml"
    config.write_text('policy = "ours.toml"\n' + config.read_text())
    done = place.type("check")
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["WRONG  policy: hours.holidays: no calendar for 'JA'"]


@pytest.mark.parametrize("command", ["queue", "intake", "messages"])
def test_a_wrong_folder_is_no_quiet_night(place: Place, command: str) -> None:
    (place.root / "madoguchi.toml").unlink()
    done = place.type(command)
    assert done.returncode == 2
    assert "no madoguchi.toml and no record in" in done.stderr
    assert list(place.root.iterdir()) == []
