"""What the author of a mail wrote now: no quotes, signature or disclaimer; forwards are kept.

Everything works on lines, each judged once by its marks, so that the time is linear in the text.
When a rule would leave nothing of words that the author wrote, the words stay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from connectors import quote_marks as marks
from connectors.signatures import Kind, Line, without_signature

MAX_LINES = 4_000
"""Lines that are judged; a longer text keeps the rest as it is unless a quote began before."""
_WIDTH = 400
"""Characters of a line that are judged."""
_SPAN = 5
"""Lines over which an attribution may be wrapped."""

_NOTHING = re.compile("[\\s\u00ad\u1427\u200b-\u200f\u2060\ufeff]*$")
_FENCE = re.compile(r"\s*```")


def new_text(text: str, subject: str = "") -> str:
    """The part of `text` that its author wrote now, "" where all of it is a quote.

    `subject` tells a forward from a reply; the content of a forward is kept without the lines that
    introduce it. A quote with the author's words below it stays where it gives them their sense.
    """
    lines = text.split("\n")
    head, rest = [line.rstrip() for line in lines[:MAX_LINES]], lines[MAX_LINES:]
    forwarded = _forward_at(head, subject)
    if forwarded is not None:
        intro = _own_words(head[:forwarded])
        content = _without_header(head[forwarded:]) + rest
        return "\n\n".join(filter(None, (intro, "\n".join(content).strip()))) or text.strip()
    if marks.FORWARD_SUBJECT.match(subject):
        return text.strip()
    return _own_words(head, rest)


def _forward_at(lines: Sequence[str], subject: str) -> int | None:
    """The line at which passed-on content begins, None where the mail passes nothing on."""
    passed_on = bool(marks.FORWARD_SUBJECT.match(subject))
    for index, line in enumerate(lines):
        short = line[:_WIDTH]
        if marks.FORWARD.match(short):
            return index
        if _original_end(lines, index):
            return index if passed_on else None
        if not passed_on and _attribution_end(lines, index):
            return None
    return None


def _without_header(lines: Sequence[str]) -> list[str]:
    """Passed-on content without its marker, header block and, where all is quoted, quote marks."""
    body = list(lines)
    if marks.FORWARD.match(body[0][:_WIDTH]) or marks.ORIGINAL.match(body[0][:_WIDTH]):
        body = body[1:]
    filled = [line for line in body if line.strip()]
    if filled and all(marks.QUOTE.match(line) for line in filled[:3]):
        body = [re.sub(r"^\s?>\s?", "", line) for line in body]
    start = next((i for i, line in enumerate(body) if line.strip()), len(body))
    if not any(marks.HEADER_LINE.match(line[:_WIDTH]) for line in body[start : start + 1]):
        return body
    blank = next((i for i in range(start, len(body)) if not body[i].strip()), len(body))
    return body[blank:] if blank - start <= 25 else body


def _own_words(lines: Sequence[str], rest: Sequence[str] = ()) -> str:
    judged, cut = _judge(lines)
    if not cut:
        judged += [Line(line, Kind.TEXT) for line in rest]
    if not any(line.kind is Kind.TEXT for line in judged):
        return _without_words(judged, lines)
    kept = without_signature(_without_lead(judged))
    kept = [line for line in kept if line.kind is not Kind.ATTRIBUTION]
    if not any(line.kind is Kind.TEXT for line in kept):
        kept = [line for line in judged if line.kind is Kind.TEXT]
    return "\n".join(line.text for line in kept).strip("\n")


def _without_words(judged: Sequence[Line], lines: Sequence[str]) -> str:
    """A mail without one line of the author's own: nothing, unless nobody else is named in it."""
    quoted = [re.sub(r"^[\s>]+", "", line) for line in lines]
    if any(line.kind is Kind.ATTRIBUTION for line in judged):
        return ""
    if any(_attribution_end(quoted, index) for index in range(len(quoted))):
        return ""
    return "\n".join(lines).strip()


def _judge(lines: Sequence[str]) -> tuple[list[Line], bool]:
    """Each line's kind, up to where an embedded mail begins; and whether one does."""
    judged: list[Line] = []
    code = _fenced(lines)
    index, words = 0, False
    while index < len(lines):
        line = lines[index]
        following = index + 1
        if index in code:
            judged.append(Line(line, Kind.TEXT))
        elif _NOTHING.match(line):
            judged.append(Line("", Kind.EMPTY))
        elif end := _attribution_end(lines, index):
            if words and not _quote_follows(lines, end):
                return judged, True
            judged.append(Line(line, Kind.ATTRIBUTION))
            following = _quoted(lines, end, judged)
        elif block := _original_end(lines, index):
            if words:
                return judged, True
            # Above all words: the mail answers or passes on without saying so.
            following = block
        elif marks.QUOTE.match(line):
            judged.append(Line(line, Kind.QUOTE))
        else:
            judged.append(Line(line, Kind.TEXT))
            words = words or not marks.RULE.match(line[:_WIDTH])
        index = following
    return judged, False


def _original_end(lines: Sequence[str], index: int) -> int:
    """The index behind the marker or header block of an original at `index`, 0 where none is."""
    if marks.ORIGINAL.match(lines[index][:_WIDTH]):
        return index + 1
    return _header_block(lines, index)


def _fenced(lines: Sequence[str]) -> set[int]:
    """The lines inside closed code fences: nothing in them is a mark."""
    fences = [index for index, line in enumerate(lines) if _FENCE.match(line)]
    pairs = zip(fences[::2], fences[1::2], strict=False)
    return {index for start, end in pairs for index in range(start, end + 1)}


def _quote_follows(lines: Sequence[str], index: int) -> bool:
    """Whether the next line with words is marked as quoted, so that the quote's end is known."""
    following = next((line for line in lines[index : index + 8] if line.strip()), "")
    if marks.BAR_QUOTE.match(following):
        return True
    return bool(re.match(r"\s{0,3}[>＞]|&gt;", following))


def _quoted(lines: Sequence[str], index: int, judged: list[Line]) -> int:
    """Take the quote below an attribution; return the index behind it."""
    while index < len(lines):
        line = lines[index]
        if not line.strip():
            judged.append(Line("", Kind.EMPTY))
        elif marks.QUOTE.match(line) or marks.BAR_QUOTE.match(line):
            judged.append(Line(line, Kind.QUOTE))
        else:
            break
        index += 1
    return index


def _attribution_end(lines: Sequence[str], index: int) -> int:
    """The index behind an attribution that begins at `index`, 0 where none does."""
    first = lines[index][:_WIDTH]
    dated = marks.DATED_START.match(first)
    if not dated and not marks.NAMED_START.match(first):
        return 0
    joined = ""
    for end in range(index, min(index + _SPAN, len(lines))):
        line = lines[end][:_WIDTH].strip()
        if end > index and marks.DATED_START.match(line):
            return 0
        joined = f"{joined} {line}".strip()
        if len(joined) > _WIDTH:
            return 0
        if _attributes(joined):
            return end + 1
    alone = index + 1 >= len(lines) or not lines[index + 1].strip()
    return index + 1 if alone and marks.ZONED_STAMP.match(first) else 0


def _attributes(joined: str) -> bool:
    if marks.DATED_SENDER.match(joined):
        return True
    if not marks.ENDS.search(joined) or not marks.WROTE.search(joined):
        return False
    return bool(marks.DATE.search(joined) or marks.ADDRESS.search(joined))


def _header_block(lines: Sequence[str], index: int) -> int:
    """The index behind a quoted header block (From, Sent, To, Subject in any order of at least
    three lines, one of them the sender's) that begins at `index`; 0 where none does."""
    if not marks.HEADER_LINE.match(lines[index][:_WIDTH]):
        return 0
    fields = sender = loose = 0
    end = index
    for end in range(index, min(index + 25, len(lines))):
        line = lines[end][:_WIDTH]
        if not line.strip():
            break
        if marks.HEADER_LINE.match(line):
            fields, loose = fields + 1, 0
            sender += bool(marks.SENDER_LINE.match(line))
        elif loose >= 2:
            break
        else:
            loose += 1
    return end + 1 if fields >= 3 and sender else 0


def _without_lead(lines: list[Line]) -> list[Line]:
    """Without the attributed quote above an answer; an interleaved one gives the words sense."""
    kinds = [line.kind for line in lines]
    first = kinds.index(Kind.TEXT)
    if Kind.ATTRIBUTION not in kinds[:first] or Kind.QUOTE in kinds[first:]:
        return lines
    return lines[first:]
