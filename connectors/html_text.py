"""HTML mail as the text that a person would have read: nothing hidden, quotes marked by `> `.

lxml reads the HTML; what is rendered here is only what complaint mail needs. A general renderer
would align the tables that mailers use for layout, and would not mark the quotes.
"""

from __future__ import annotations

import re

from lxml import etree

MAX_HTML = 1_000_000
"""Characters of HTML that are read, images inside it not counted."""
MAX_TEXT = 1_000_000
"""Characters of text that are made."""

_DROPPED = frozenset(
    (
        *("script", "style", "head", "title", "noscript", "template"),
        *("object", "applet", "iframe", "svg"),
    )
)
_BREAKING = frozenset(
    (
        *("div", "tr", "li", "dt", "dd", "form", "body"),
        *("section", "article", "header", "footer", "center"),
    )
)
_SPACED = frozenset(
    ("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "pre", "blockquote", "hr")
)
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all"
    r"|(?:font-size|max-height|opacity)\s*:\s*(?:0++(?:\.0*+)?|\.0++)\s*+(?:px|pt|em|rem|%)?\s*+"
    r"(?:!important\s*+)?(?:;|$)",
    re.IGNORECASE,
)
_MAX_STYLE = 500
"""Characters of a style that are judged."""
_MAX_SAID = 600
"""Characters before a link among which its target is looked for."""
_TELLING = frozenset(("mention", "hashtag"))
"""Classes of links whose words say all: a network's names of people and topics."""
_CITING = re.compile(r"(?:gmail|protonmail|zmail|yahoo|tutanota)_(?:quote|extra)|moz-cite|\bcite\b")
_DATA_URI = re.compile(r"data:[^\"'\s>]{200,}")
_SPACES = re.compile(r"[ \t\r\n\f\u00a0]+")
_TAG = re.compile(r"<[^<>]*>?")


def html_to_text(html: str) -> str:
    """The visible text of `html`, at most MAX_TEXT characters; "" for HTML without any.

    Never raises, whatever `html` is.
    """
    html = without_data(html)[:MAX_HTML]
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=True
    )
    try:
        root = etree.fromstring(html.encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError):
        root = None
    if root is None:
        return _stripped(html)
    if any("depth" in entry.message.lower() for entry in parser.error_log):
        return _stripped(html)
    return _Page().render(root)


def without_data(html: str) -> str:
    """`html` without NUL and without the files that it carries as `data:` URIs (RFC 2397)."""
    return _DATA_URI.sub("", html.replace("\0", ""))


def _stripped(html: str) -> str:
    """All text between tags: for HTML that the parser gives up on."""
    return _SPACES.sub(" ", _TAG.sub(" ", html)).strip()[:MAX_TEXT]


def _hidden(element: etree._Element) -> bool:
    if element.tag in _DROPPED or element.get("hidden") is not None:
        return True
    style = element.get("style") or ""
    if len(style) > _MAX_STYLE:
        # A value cut short could say another one: `opacity:0.9`.
        style = style[:_MAX_STYLE].rpartition(";")[0]
    return bool(_HIDING.search(style))


def _cited(element: etree._Element) -> bool:
    """Whether a block holds somebody else's words; a plain blockquote may be only an indent."""
    if element.tag == "blockquote" and element.get("type") == "cite":
        return True
    return element.tag == "blockquote" and bool(_CITING.search(element.get("class") or ""))


class _Page:
    """Lines under construction while the tree is walked."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.pieces: list[str] = []
        self.size = 0
        self.depth = 0
        self.preformatted = 0

    def render(self, root: etree._Element) -> str:
        """Walk without recursion: the nesting is the sender's."""
        walk = etree.iterwalk(root, events=("start", "end"))
        hidden = False
        for event, element in walk:
            if self.size > MAX_TEXT:
                break
            if event == "end":
                if not hidden:
                    self._close(element)
                self._say(element.tail or "")
                hidden = False
            elif _hidden(element):
                # The next event is this element's end.
                walk.skip_subtree()
                hidden = True
            else:
                self._open(element)
        self._break()
        while self.lines and not self.lines[-1].strip("> "):
            self.lines.pop()
        return "\n".join(self.lines).lstrip("\n")[:MAX_TEXT]

    def _open(self, element: etree._Element) -> None:
        tag = element.tag
        if tag in _BREAKING or tag in _SPACED:
            self._break(spaced=tag in _SPACED)
        if tag == "br":
            self._end_line()
        elif tag == "li":
            self._say("- ")
        elif tag == "img":
            self._say(_alternative(element))
        elif tag in ("td", "th"):
            self._say(" ")
        self.depth += _cited(element)
        self.preformatted += tag == "pre"
        self._say(element.text or "")

    def _close(self, element: etree._Element) -> None:
        tag = element.tag
        if tag == "a":
            self._link(element)
        if tag in _BREAKING or tag in _SPACED:
            self._break(spaced=tag in _SPACED)
        self.depth -= _cited(element)
        self.preformatted -= tag == "pre"

    def _link(self, element: etree._Element) -> None:
        if not _TELLING.isdisjoint((element.get("class") or "").split()):
            return
        target = (element.get("href") or "").strip()
        said = "".join(piece[-_MAX_SAID:] for piece in self.pieces[-3:])
        if target.startswith(("http://", "https://")) and target[:60] not in said and said.strip():
            self._say(f" <{target[:500]}>")

    def _say(self, text: str) -> None:
        if not text:
            return
        self.size += len(text)
        if self.preformatted and "\n" in text:
            first, *rest = text.split("\n")
            self.pieces.append(first)
            for line in rest:
                self._end_line()
                self.pieces.append(line)
            return
        self.pieces.append(text if self.preformatted else _SPACES.sub(" ", text))

    def _end_line(self) -> None:
        line = "".join(self.pieces)
        line = line.rstrip() if self.preformatted else re.sub(" {2,}", " ", line).strip(" ")
        self.pieces.clear()
        self.lines.append(f"{'> ' * min(self.depth, 5)}{line}" if self.depth else line)

    def _break(self, *, spaced: bool = False) -> None:
        """End the line if it has words; with `spaced`, leave one blank line."""
        if "".join(self.pieces).strip():
            self._end_line()
        else:
            self.pieces.clear()
        if spaced and self.lines and self.lines[-1].strip("> "):
            self.lines.append("> " * min(self.depth, 5))


def _alternative(element: etree._Element) -> str:
    """An image's words; a tracking pixel has none to say."""
    sides = (element.get("width") or "").strip(), (element.get("height") or "").strip()
    if any(side in ("0", "1", "0px", "1px") for side in sides):
        return ""
    return (element.get("alt") or "")[:200]
