"""Japanese word vectors (chiVe) as the package ja-ginza carries them, read without spaCy.

The files are those of spaCy's `Vectors.to_disk`: `vectors` (NumPy, one row for each group of words)
and `key2row` (MessagePack, the 64-bit hash of a word to its row). https://spacy.io/api/vectors;
the vectors themselves: https://github.com/WorksApplications/chiVe.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from casebook.errors import ConfigError

_SEED = 1
_MULTIPLIER = 0xC6A4A7935BD1E995
_SHIFT = 47
_MASK = (1 << 64) - 1
_BLOCK = 8


@dataclass(frozen=True, slots=True)
class WordVectors:
    """`vectors`: float32, one row for each group of words. `hashes`, ascending, and `rows`: which
    words have which row."""

    vectors: np.ndarray[Any, np.dtype[np.float32]]
    hashes: np.ndarray[Any, np.dtype[np.uint64]]
    rows: np.ndarray[Any, np.dtype[np.int64]]

    def find(self, words: Sequence[str]) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The row of each word, -1 for a word without a vector."""
        wanted = np.fromiter((string_hash(word) for word in words), np.uint64, len(words))
        places = np.minimum(np.searchsorted(self.hashes, wanted), len(self.hashes) - 1)
        return np.where(self.hashes[places] == wanted, self.rows[places], -1)


def folder() -> Path:
    """Where the installed package ja-ginza keeps its vocabulary.

    Raises ConfigError where it is not installed or holds other files.
    """
    spec = importlib.util.find_spec("ja_ginza")
    if spec is None or spec.origin is None:
        raise ConfigError("embedding.model: the package ja-ginza is not installed")
    found = next(Path(spec.origin).parent.glob("ja_ginza-*/vocab"), None)
    if found is None or not (found / "key2row").is_file():
        raise ConfigError("embedding.model: the package ja-ginza holds no word vectors")
    return found


def load() -> WordVectors:
    """The vectors of the installed package ja-ginza, mapped into memory. Raises ConfigError."""
    # srsly brings spaCy's own reader of MessagePack, and nothing of spaCy.
    import srsly

    place = folder()
    vectors = np.load(place / "vectors", mmap_mode="r", allow_pickle=False)
    found: dict[int, int] = srsly.read_msgpack(place / "key2row")
    hashes = np.fromiter(found.keys(), np.uint64, len(found))
    rows = np.fromiter(found.values(), np.int64, len(found))
    order = np.argsort(hashes)
    return WordVectors(vectors, hashes[order], rows[order])


def string_hash(text: str) -> int:
    """spaCy's hash of a string: MurmurHash64A of its UTF-8 bytes with seed 1, 64 bits.

    The algorithm: https://github.com/aappleby/smhasher (MurmurHash2.cpp, MurmurHash64A).
    """
    data = text.encode("utf-8", "surrogatepass")
    whole = len(data) - len(data) % _BLOCK
    value = _SEED ^ (len(data) * _MULTIPLIER & _MASK)
    for start in range(0, whole, _BLOCK):
        block = int.from_bytes(data[start : start + _BLOCK], "little") * _MULTIPLIER & _MASK
        block = (block ^ block >> _SHIFT) * _MULTIPLIER & _MASK
        value = (value ^ block) * _MULTIPLIER & _MASK
    if whole < len(data):
        value = (value ^ int.from_bytes(data[whole:], "little")) * _MULTIPLIER & _MASK
    value = (value ^ value >> _SHIFT) * _MULTIPLIER & _MASK
    return value ^ value >> _SHIFT
