"""Vectors made anew, and a demonstration that leaves nothing in a real record."""

from __future__ import annotations

import json

from tests.desk.place import Place


def test_reindex_fills_gaps_and_with_all_begins_anew(place: Place) -> None:
    rows = [
        {"id": f"{number}", "text": f"Order {number} has not arrived", "reply": "On its way."}
        for number in range(3)
    ]
    (place.root / "past.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    place.type("import", "past.jsonl")
    assert place.type("reindex").stdout == "Made 0 vectors; the index holds 3 messages.\n"
    assert place.type("reindex", "--all").stdout == "Made 6 vectors; the index holds 3 messages.\n"
    place.run("from casebook.models import Embedding; Embedding.objects.first().delete()")
    assert place.type("reindex").stdout == "Made 1 vectors; the index holds 3 messages.\n"


def test_the_demonstration_stays_out_of_the_record(place: Place) -> None:
    config = place.root / "madoguchi.toml"
    ours = config.read_text()
    config.unlink()
    place.secrets["MADOGUCHI_LANGUAGE"] = "en"
    done = place.type("demo")
    assert done.returncode == 0, done.stderr
    drafts = place.type("queue", "--json").stdout.splitlines()
    assert len(drafts) > 20
    assert (place.root / "var" / "demo" / "madoguchi.sqlite3").exists()
    assert {path.name for path in (place.root / "var").iterdir()} == {"demo", "madoguchi.toml"}

    config.write_text(ours)
    assert place.type("queue", "--json").stdout == ""
    assert place.type("similar", "a broken plate", "--json").stdout == ""
    refused = place.type("demo")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
