"""How a company speaks: texts in two languages, and its own words for both sides."""

from __future__ import annotations

from casebook.config import Table


class Bilingual(Table):
    """A text in the two languages that customers are answered in."""

    ja: str
    en: str

    def in_(self, language: str) -> str:
        """The text in `language`; Japanese for any other than English."""
        return self.en if language == "en" else self.ja


class Wording(Table):
    """The words of a trade that replies are written with."""

    we: str = "当社"
    """What the company calls itself in Japanese: 当社, 当院, 当市."""
    customer: str = "お客様"
    """What it calls in Japanese whom it writes to, where the name is not known."""
    apology: Bilingual = Bilingual(
        ja="このたびはご不便とご不快な思いをおかけし、誠に申し訳ございません。",
        en="We are sorry for the trouble and frustration this has caused you.",
    )
    """How the reply to a complaint opens: sorry for what the customer went through, which admits
    no fault."""
