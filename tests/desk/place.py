"""A folder in which a person types `madoguchi`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"


class Place:
    """A folder with a configuration, and `madoguchi` typed in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.secrets: dict[str, str] = {}

    def configure(self, text: str) -> None:
        (self.root / "madoguchi.toml").write_text(
            f'language = "en"\n[prefect]\napi_url = "http://127.0.0.1:9/api"\n{text}'
        )

    def type(self, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Type a command; `text` is its standard input."""
        return subprocess.run(
            [sys.executable, "-m", "desk", *words],
            cwd=self.root, env=self.environment(),
            input=text, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    def run(self, program: str, settings: str = "casebook.settings") -> None:
        """Run Python in this place, with the record ready, under these settings of Django's."""
        prepared = f"from casebook.start import start\nstart()\n{program}"
        variables = {**self.environment(), "DJANGO_SETTINGS_MODULE": settings}
        subprocess.run([sys.executable, "-c", prepared], cwd=self.root, env=variables, check=True)

    def environment(self) -> dict[str, str]:
        """The variables under which commands run here."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("MADOGUCHI_")
            and name not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")
        }
        return {**inherited, **self.secrets, "PYTHONPATH": str(ROOT)}
