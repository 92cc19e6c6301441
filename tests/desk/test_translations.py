"""Everything that the desk's pages say in Japanese stands in English too."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.desk.place import ROOT

CATALOGUE = Path("locale/en/LC_MESSAGES/django.po")
_ENTRY = re.compile(
    r'^msgid "(.*)"\n((?:".*"\n)*)(?:msgid_plural .*\n)?msgstr(?:\[0\])? "(.*)"\n((?:".*"\n)*)',
    re.M,
)


def _entries(text: str) -> dict[str, str]:
    found = {}
    for first, rest, told, more in _ENTRY.findall(text):
        joined = first + "".join(re.findall(r'"(.*)"\n', rest))
        found[joined] = told + "".join(re.findall(r'"(.*)"\n', more))
    return found


@pytest.mark.skipif(
    shutil.which("xgettext") is None, reason="no gettext: `make services` installs it"
)
def test_every_text_has_its_english(tmp_path: Path) -> None:
    desk = tmp_path / "desk"
    shutil.copytree(ROOT / "desk", desk, ignore=shutil.ignore_patterns("__pycache__"))
    kept = _entries((desk / CATALOGUE).read_text(encoding="utf-8"))
    command = ["makemessages", "-l", "en", "--no-location", "--no-wrap", "-e", "html,py"]
    program = f"from django.core.management import call_command as c; c(*{command!r}, verbosity=0)"
    ready = (
        "import django; from django.conf import settings; settings.configure(); django.setup(); "
    )
    subprocess.run([sys.executable, "-c", ready + program], cwd=desk, check=True)
    needed = _entries((desk / CATALOGUE).read_text(encoding="utf-8"))
    assert sorted(text for text in needed if not kept.get(text)) == []
    compiled = tmp_path / "django.mo"
    subprocess.run(["msgfmt", "-o", compiled, ROOT / "desk" / CATALOGUE], check=True)
    ours = (ROOT / "desk" / CATALOGUE).with_suffix(".mo")
    assert compiled.read_bytes() == ours.read_bytes(), "run `make messages`"
