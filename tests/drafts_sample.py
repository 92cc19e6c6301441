"""Thirty drafted replies, to be read aloud: `make drafts-sample`."""

from __future__ import annotations

import json
from pathlib import Path

from desk.commands.triage import asked
from desk.drafting import drafted, written

SAMPLES = Path(__file__).with_suffix(".jsonl")


def main() -> None:
    """Print each message, what it was taken for, and what would be answered."""
    rows = [json.loads(line) for line in SAMPLES.read_text(encoding="utf-8").splitlines()]
    for row, one in zip(rows, drafted([written(r, asked(r)) for r in rows]), strict=True):
        print(f"═══ {row['id']} ({row['channel']}) {row['subject']}\n{row['text']}\n")
        if one.replies.public:
            print(f"─── public\n{one.replies.public.body}")
        print(f"─── private\n{one.replies.private.body}")


if __name__ == "__main__":
    main()
