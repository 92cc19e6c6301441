"""From bytes to text: by the declared charset where it is true, else by evidence.

Japanese mail is often labelled wrongly, so the label is one witness and the bytes are another.
Every function here accepts any bytes and never raises.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from encodings.aliases import aliases
from functools import cache

from connectors import iso2022jp

_SAMPLE = 4_000
"""Characters that are judged for plausibility; more changes no verdict."""

_BELIEF = 0.45
"""Plausibility that a label adds to its reading."""
_GUESS_BYTES = 8_192
"""Bytes shown to charset-normalizer, whose time grows with them."""

# Python's codecs follow the registered tables; mail follows the vendors' supersets of them
# (WHATWG Encoding Standard, section 4.2).
_SUPERSET = {
    "shift_jis": "cp932",
    "shift_jis_2004": "cp932",
    "shift_jisx0213": "cp932",
    "latin_1": "cp1252",
    "iso8859_1": "cp1252",
    "ascii": "cp1252",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "iso8859_9": "cp1254",
    "tis_620": "cp874",
}
_NAMES = {
    "x-sjis": "cp932",
    "sjis": "cp932",
    "shift-jis": "cp932",
    "windows-31j": "cp932",
    "ms932": "cp932",
    "cp943": "cp932",
    "cp943c": "cp932",
    "x-euc-jp": "euc_jp",
    "eucjp-ms": "euc_jp",
    "cp51932": "euc_jp",
    "iso-2022-jp-ms": "iso2022_jp",
    "cp50220": "iso2022_jp",
    "cp50221": "iso2022_jp",
    "cp50222": "iso2022_jp",
    "utf-8mb4": "utf_8",
    "unicode-1-1-utf-8": "utf_8",
    "unicode-1-1-utf-7": "utf_7",
    "iso-8859-8-i": "iso8859_8",
    "x-gbk": "gb18030",
    "x-unknown": "",
}
# Codecs that are no charsets, or that take quadratic time.
_NOT_CHARSETS = {
    "punycode",
    "idna",
    "unicode_escape",
    "raw_unicode_escape",
    "undefined",
    "mbcs",
} | {"rot_13", "base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "uu_codec", "zlib_codec"}
_CHARSETS = (set(aliases.values()) | {"utf_8_sig", "koi8_u", "cp949", "cp874"}) - _NOT_CHARSETS
_JAPANESE = ("cp932", "euc_jp")
_SEVEN_BIT = ("utf_7", "hz")

_NOT_PLAIN = re.compile(rb"[\0\x0e\x1b]")
_BOMS = (
    (codecs.BOM_UTF8, "utf_8"),
    (codecs.BOM_UTF16_LE, "utf_16_le"),
    (codecs.BOM_UTF16_BE, "utf_16_be"),
)
_KANA = re.compile("[\u3041-\u30fe]")
_KANJI_IN_WORD = re.compile(
    "[A-Za-z][\u4e00-\u9fff](?![\u3000-\u9fff])|(?<![\u3000-\u9fff])[\u4e00-\u9fff][a-z]"
)
_WIDE = re.compile("[\u0800-\U0010ffff]")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """`text` as read with `charset` (Python's name); `defect` tells what was wrong, if anything."""

    text: str
    charset: str
    defect: str = ""


def clean(text: str) -> str:
    """`text` that any UTF-8 store takes: one kind of newline, no NUL, control or lone surrogate."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _SURROGATE.sub("\ufffd", text.replace("\x85", "\n"))
    return _UNPRINTABLE.sub("", text)


@cache
def codec_of(label: str) -> str:
    """Python's codec for a charset label of mail (RFC 2978), "" where there is none."""
    name = label.strip().strip("\"'").lower().replace("_", "-")[:40]
    if name in _NAMES:
        return _NAMES[name]
    try:
        found = codecs.lookup(name).name.replace("-", "_")
    except (LookupError, ValueError, UnicodeError):
        return ""
    found = aliases.get(found, found)
    if found not in _CHARSETS:
        return ""
    if found.startswith("iso2022_jp"):
        return "iso2022_jp"
    return _SUPERSET.get(found, found)


def decode(raw: bytes, declared: str = "") -> Decoded:
    """Read `raw`, of which the mail says that its charset is `declared` ("" for nothing)."""
    codec = codec_of(declared)
    if raw.isascii() and codec not in _SEVEN_BIT and not _NOT_PLAIN.search(raw):
        return Decoded(raw.decode("ascii"), "ascii")
    for mark, name in _BOMS:
        if raw.startswith(mark) and (mark == codecs.BOM_UTF8 or len(raw) % 2 == 0):
            return Decoded(raw[len(mark) :].decode(name, "replace"), name)
    if iso2022jp.MARK.search(raw) and codec != "iso2022_kr":
        return Decoded(iso2022jp.decode(raw), "iso2022_jp", _told(declared, codec, "iso2022_jp"))
    text = _strict(raw, codec) if codec and codec != "iso2022_jp" else None
    if text is not None and not _doubted(raw, codec, text):
        return Decoded(text, codec)
    return _detect(raw, declared, codec)


def plausibility(text: str) -> float:
    """How much the characters beyond ASCII look like real writing, from -3 to 1 on average."""
    odd = [char for char in text[:_SAMPLE] if char > "\x7f"]
    return sum(map(_weight, odd)) / len(odd) if odd else 0.5


def _weight(char: str) -> float:
    if "\u3000" <= char <= "\u30fe":
        return 1.0
    if "\u4e00" <= char <= "\u9fff":
        return 0.6
    if "\uff01" <= char <= "\uff60":
        return 0.8
    if "\uff61" <= char <= "\uff9f":
        return 0.2
    if char == "\ufffd" or "\ue000" <= char <= "\uf8ff":
        return -3.0
    return -2.0 if char < "\xa0" else 0.3


def _strict(raw: bytes, codec: str) -> str | None:
    """The text, or None. A character cut off at the very end is forgiven."""
    try:
        return raw.decode(codec)
    except UnicodeDecodeError as error:
        cut_off = error.reason in ("unexpected end of data", "incomplete multibyte sequence")
        return raw[: error.start].decode(codec) if cut_off and error.start else None
    except (UnicodeError, LookupError, ValueError):
        return None


def _doubted(raw: bytes, codec: str, text: str) -> bool:
    """Whether a label that decodes may still be wrong."""
    if codec.startswith("utf_8") or codec in _SEVEN_BIT:
        return False
    if _strict(raw, "utf_8") is not None:
        return True
    if codec in _JAPANESE:
        return plausibility(text) < 0.5
    # The default label of many mailers, put on whatever the bytes are.
    return codec == "cp1252" and any(map(_surely_japanese, (_strict(raw, n) for n in _JAPANESE)))


def _detect(raw: bytes, declared: str, codec: str) -> Decoded:
    """The best of the label, UTF-8, the Japanese charsets and charset-normalizer's opinion."""
    found = _best(raw, codec)
    if found is None and codec and codec != "iso2022_jp":
        text = _strict(raw, codec)
        found = (codec, text) if text is not None else None
    if found is None:
        found = _guess(raw)
    if found is not None:
        return Decoded(found[1], found[0], _told(declared, codec, found[0]))
    text, name = _replaced(raw, codec)
    return Decoded(text, name, f"charset: bytes that are not {name} were replaced")


def _best(raw: bytes, codec: str) -> tuple[str, str] | None:
    best: tuple[float, str, str] | None = None
    text = _strict(raw, "utf_8")
    if text is not None and (_WIDE.search(text) or codec not in _JAPANESE):
        # Only half-width katakana in Shift_JIS are UTF-8 by chance, and only in pairs of bytes.
        return "utf_8", text
    for name in dict.fromkeys(("utf_8", *_JAPANESE)):
        text = _strict(raw, name)
        if text is None and name == "euc_jp":
            text = _strict(raw, "euc_jis_2004")
        if text is None or (name != "utf_8" and not _japanese(text)):
            continue
        score = plausibility(text) + (_BELIEF if name == codec else 0.0)
        if best is None or score > best[0]:
            best = (score, name, text)
    return (best[1], best[2]) if best else None


def _japanese(text: str) -> bool:
    """Whether a decoding gave Japanese and not the accents of a Western text in pairs."""
    if plausibility(text) < 0.15:
        return False
    return bool(_KANA.search(text)) or not _KANJI_IN_WORD.search(text)


def _surely_japanese(text: str | None) -> bool:
    return text is not None and bool(_KANA.search(text)) and plausibility(text) >= 0.7


def _guess(raw: bytes) -> tuple[str, str] | None:
    """charset-normalizer's opinion; it needs some length to have one."""
    sample = raw[:_GUESS_BYTES]
    if len(sample) - len(sample.translate(None, bytes(range(128, 256)))) < 24:
        text = _strict(raw, "cp1252")
        return ("cp1252", text) if text is not None else None
    from charset_normalizer import from_bytes  # slow to load, seldom needed

    opinion = from_bytes(sample, enable_fallback=False).best()
    codec = codec_of(opinion.encoding) if opinion else ""
    text = _strict(raw, codec) if codec else None
    return (codec, text) if text is not None else None


def _replaced(raw: bytes, codec: str) -> tuple[str, str]:
    """The least bad reading of bytes that no charset explains."""
    names = dict.fromkeys(
        name for name in (codec, "utf_8", *_JAPANESE, "cp1252") if name and name != "iso2022_jp"
    )
    readings = [(raw.decode(name, "replace"), name) for name in names]
    return max(readings, key=lambda reading: plausibility(reading[0]))


def _told(declared: str, codec: str, read_as: str) -> str:
    if codec == read_as:
        return ""
    label = clean(declared).strip()[:40]
    said = f"declared {label!r}" if label else "none declared"
    return f"charset: {said}, read as {read_as}"
