"""Words that close a conversation in public and need no answer: thanks, an emoji, "ok"."""

from __future__ import annotations

import regex

_LONGEST = 60
"""Characters; whoever writes more has something to say."""
_SKIPPED = regex.compile(
    r"https?://\S+|@[\w.@-]{1,100}|[\p{P}\p{S}\p{Extended_Pictographic}\p{Zs}\s\u200d\ufe0f]+"
)
_WORDS = regex.compile(
    r"(?:(?:早速の?|ご?(?:対応|返信|返事|連絡|丁寧に?|親切に?)(?:を|の|いただき|頂き|くださり|下さり)?|"
    r"誠に|本当に|どうも|ほんと|すぐに)*"
    r"(?:有難う|有り難う|ありがとう|ありがと|感謝(?:します|いたします|です)?|サンキュー|あざす)"
    r"(?:ございます|ございました|御座います|御座いました|です)?|助かりました|助かります|"
    r"了解(?:です|しました|いたしました)?|承知(?:です|しました|いたしました)?|わかりました|分かりました|"
    r"はい|おけ|おっけー|オッケー|ok(?:ay)?|okです|よろしく(?:お願い(?:します|いたします))?|"
    r"dm(?:を|で)?(?:送り|お送りし|送信し|し)(?:ます|ました)|"
    r"thank you|thanks?|thx|ty|cheers|great|got it|will do|noted|sent(?: you)?(?: a)? dm|"
    r"dm sent|dmed|a lot|so much|very much|for (?:the|your) (?:reply|help|quick reply))+",
    regex.IGNORECASE,
)


def is_courtesy(text: str) -> bool:
    """Whether a short text holds nothing but thanks, assent, the notice of a direct message, or
    emoji."""
    if len(text) > 10 * _LONGEST:
        return False
    words = _SKIPPED.sub(" ", text).split()
    line = " ".join(words)
    if len(line) > _LONGEST:
        return False
    return not line or all(_WORDS.fullmatch(part) for part in _parts(words))


def _parts(words: list[str]) -> list[str]:
    """The whole where it is one phrase, else its words: Japanese has no spaces, English has."""
    whole = " ".join(words)
    left = _WORDS.sub("", whole, timeout=1).strip()
    return [] if not left else [left]
