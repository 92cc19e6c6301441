"""What the model of acts reads of a sentence."""

from __future__ import annotations

import re
from collections import Counter

from enrich.clean import clean
from enrich.triage.grams import grams

_WORD = re.compile(r"[a-z0']+|[?!]")
_FAR = 4
"""Words apart from one another that two may stand and still be read as a pair: "not … refund"."""
_MOST = 600
"""Characters of a sentence that are read."""


def features(sentence: str) -> Counter[str]:
    """How often each feature stands in a sentence: those of `grams`, and of words in Latin letters
    the triples and the pairs with others between them. All digits count as 0."""
    short = sentence[:_MOST]
    found = grams(short)
    words = _WORD.findall(re.sub(r"\d", "0", clean(short).casefold()))
    found.update(
        f"\t{one}\t{two}\t{three}"
        for one, two, three in zip(words, words[1:], words[2:], strict=False)
    )
    for place, word in enumerate(words):
        found.update(f"\t{word}\t…\t{other}" for other in words[place + 2 : place + 1 + _FAR])
    return found
