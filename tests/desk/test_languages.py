"""Nobody reads a page in two languages: in Japanese no English sentence of ours, in English no
Japanese; and the record's own words are told in the reader's."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.test import Client

from casebook import models as m
from casebook.config import settings
from casebook.links import survey_link
from casebook.moves.base import MACHINE
from casebook.policy import load_policy
from desk import telling
from desk.access import Role
from desk.web.tags import audited
from desk.words import speaking
from tests.conftest import Configure
from tests.desk.conftest import signed_in
from tests.desk.place import ROOT
from tests.desk.spoken import TONGUES, spoken

FOREIGN = {
    # Three words in a row are a sentence; names, units and codes stand alone.
    "ja": re.compile(r"[A-Za-z][a-z']+(?:[ ,]+[A-Za-z][a-z']+){2,}"),
    "en": re.compile(
        r"[\u3001\u3002\u300c\u300d\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uff08\uff09\uff1a]+"
    ),
}
OURS = ("日本語", "窓")
"""A language is called by its own name, and the mark is a picture."""
SAID = ("title", "placeholder", "alt", "aria-label", "aria-description", "data-failed")
SILENT = ("script", "style", "code")


class _Read(HTMLParser):
    """What a page says, piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._silent, self._quiet = 0, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.said += [value for name, value in attrs if name in SAID and value]
        # What says of itself that it is English is no slip: the reference of the API.
        if self._silent and tag == self._quiet:
            self._silent += 1
        elif not self._silent and (tag in SILENT or (tag != "html" and ("lang", "en") in attrs)):
            self._silent, self._quiet = 1, tag

    def handle_endtag(self, tag: str) -> None:
        self._silent -= bool(self._silent) and tag == self._quiet

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(" ".join(data.split()))


def foreign(page: str, language: str) -> list[str]:
    """What stands in a page in the other language."""
    read = _Read()
    read.feed(page)
    return [text for text in read.said if FOREIGN[language].search(text) and text not in OURS]


def paths(drafts: list[m.Draft]) -> Iterator[str]:
    """Every page of the desk that can be opened."""
    yield from ("/", "/?tab=trouble", "/mine", "/account", "/account/password")
    yield from (
        "/account/second-factor",
        "/people",
        "/people/keys",
        "/people/webhooks",
        "/api/docs",
    )
    yield from ("/search", "/search?channel=email", "/nowhere")
    yield from (
        f"/boards?board={name}" for name in ("promises", "incidents", "sources", "load", "quality")
    )
    yield from (f"/boards/incidents/{one.pk}" for one in m.Incident.objects.all())
    for case in m.Case.objects.filter(merged_into=None):
        yield from (f"/cases/{case.receipt}", f"/cases/{case.receipt}/history")
    yield from (f"/drafts/{one.pk}" for one in m.Draft.objects.all())
    first = drafts[0]
    yield f"/cases/{first.case.receipt}/messages/{first.answers_id}"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_page_speaks_two_languages(language: str, configure: Configure) -> None:
    other = {"ja": "en", "en": "ja"}[language]
    file = configure("[form]\nenabled = true\n")
    file.write_text(file.read_text().replace('language = "en"', f'language = "{other}"'))
    settings.cache_clear()
    client, drafts = signed_in(Role.ADMIN), spoken(TONGUES[language])
    client.cookies["desk_language"] = language
    found = {path: foreign(client.get(path).content.decode(), language) for path in paths(drafts)}
    assert {path: texts for path, texts in found.items() if texts} == {}
    stranger = Client()
    stranger.cookies["desk_language"] = language
    survey = survey_link(m.Survey.objects.get().pk).rpartition("/s/")[2]
    for path in ("/login", f"/form?lang={language}", f"/s/{survey}?lang={language}", "/s/none"):
        page = stranger.get(path, headers={"accept-language": language}).content.decode()
        assert foreign(page, language) == [], path


@pytest.mark.django_db(transaction=True)
def test_a_reply_in_japanese_changes_nothing_around_it() -> None:
    (draft, *_) = spoken(TONGUES["ja"])
    client = signed_in(Role.LEAD)
    brand = re.compile(r'class="brand-name">([^<]*)<')
    names = {
        brand.findall(client.get(path).content.decode())[0] for path in ("/", f"/drafts/{draft.pk}")
    }
    assert names == {load_policy(settings().policy).company.name.en}


def _calls(name: str) -> Iterator[ast.Call]:
    for file in Path(ROOT / "casebook" / "moves").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
                yield node


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


OF_NO_CASE = {
    "added", "switched", "queued", "recovered", "paused", "resumed", "failing", "fitted",
    "activated", "revoked",
}  # fmt: skip
"""What is written of sources, senders, webhooks, keys and models: no case's history shows it."""


def test_all_that_a_move_writes_down_has_words() -> None:
    from desk.web.tags import _DONE

    done = {_text(call.args[1]) for call in _calls("line")} - {"", "moved"} - OF_NO_CASE
    known = {what.partition(".")[2] for what in _DONE}
    assert sorted(done - known) == []


def test_every_note_of_a_move_has_words() -> None:
    notes = {
        _text(keyword.value)
        for call in (*_calls("line"), *_calls("moved"), *_calls("close"))
        for keyword in call.keywords
        if keyword.arg == "note"
    }
    assert sorted(notes - {""} - set(telling._NOTES)) == []
    assert len(notes) > 8


@pytest.mark.parametrize(
    ("what", "after", "note", "told"),
    [
        ("case.moved", "reopened", "a reply came back", "再開：返信が届かずに戻ったため"),
        ("draft.moved", "superseded", "case resolved", "差し替え済み：案件が「解決」になったため"),
        ("incident.moved", "alerted", "4 voices", "通知済み：4件のお申し出"),
        ("alertdelivery.moved", "sent", "chat", "届いた：chat"),
        ("draft.moved", "failed", "wrong_password: LOGIN failed", "送信失敗：パスワードが"),
        ("draft.moved", "approved", "no_apology: 店長が確認", "店長が確認"),
        ("draft.snoozed", "", "2026-11-24T03:00+00:00", "11/24(火) 12:00"),
        ("promise.moved", "broken", "not_sent", "期限超過：承認済みの返信が未送信"),
        ("message.moved", "ignored", "auto_reply, bulk", "対象外：自動応答、一斉配信"),
        ("harassmententry.judged", "", "ordinary → threat: mental_attack", "通常 → 脅迫：精神的な攻撃"),
        ("draft.rejected", "", "電話で済んだ", "電話で済んだ"),
    ],
)  # fmt: skip
def test_the_record_is_told_in_japanese(what: str, after: str, note: str, told: str) -> None:
    thing = what.partition(".")[0]
    with speaking("ja"):
        line = telling.told(
            m.AuditLine(who=MACHINE, what=what, thing=thing, after=after, note=note)
        )
        assert told in line.more
        assert what == "draft.rejected" or audited(what) != what
    assert settings().language == "en"
