"""The survey's page: recorded once, for whoever holds the link, and nothing else comes of it."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from casebook import models as m
from casebook import moves
from casebook.clock import frozen, now
from casebook.config import settings as configuration
from casebook.types import Conduct, Kind, Triage
from tests.conftest import Configure
from tests.desk.cases import DESK, URL, asked

pytestmark = pytest.mark.django_db(transaction=True)

ENGLISH = Triage(Kind.COMPLAINT, 1, Conduct.ORDINARY, "en")
HOST: dict[str, Any] = {"headers": {"host": "desk.example.jp", "origin": URL}}


@pytest.fixture
def pages(configure: Configure, settings: Settings) -> Configure:
    """The desk's own settings in force, for links of `URL`."""
    configure(DESK)
    from desk import settings as web

    for name in (
        "ROOT_URLCONF", "MIDDLEWARE", "TEMPLATES", "LANGUAGES", "STATIC_URL", "STATIC_ROOT",
        "CONTENT_SECURITY_POLICY", "X_FRAME_OPTIONS", "SECURE_REFERRER_POLICY", 
        "CSRF_COOKIE_HTTPONLY", "CSRF_COOKIE_SAMESITE", "CSRF_FAILURE_VIEW", "APPEND_SLASH",
        "DATA_UPLOAD_MAX_MEMORY_SIZE", "WHITENOISE_ALLOW_ALL_ORIGINS",
    ):  # fmt: skip
        setattr(settings, name, getattr(web, name))
    settings.ALLOWED_HOSTS = ["desk.example.jp"]
    settings.CSRF_TRUSTED_ORIGINS = [URL]
    settings.CSRF_COOKIE_SECURE = True
    return configure


class Browser:
    """A client that sends the form's hidden token back, as a browser does."""

    def __init__(self) -> None:
        self._client = Client(enforce_csrf_checks=True)

    def get(self, path: str) -> Any:
        return self._client.get(path, **HOST)

    def post(self, path: str, **fields: str) -> Any:
        return self._client.post(path, {**fields, "csrfmiddlewaretoken": self._token(path)}, **HOST)

    def raw(self, path: str, body: bytes) -> Any:
        whole = body + b"&csrfmiddlewaretoken=" + self._token(path).encode()
        form = "application/x-www-form-urlencoded"
        return self._client.post(path, whole, content_type=form, **HOST)

    def _token(self, path: str) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text(self.get(path)))
        return found[1] if found else ""


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_an_answer_is_recorded_once_and_thanked_for(pages: Configure) -> None:
    survey, path = asked()
    browser = Browser()
    page = browser.get(path)
    assert (page.status_code, survey.case.receipt in text(page)) == (200, True)
    answer = browser.post(path, score="5", comment="")
    assert (answer.status_code, answer.headers["Location"]) == (302, path)
    assert "ご回答ありがとうございました" in text(browser.get(path))
    survey.refresh_from_db()
    assert (survey.score, survey.recommend, survey.comment) == (5, None, "")
    assert survey.answered_at is not None
    again = browser.post(path, score="1", comment="やはり不満です")
    assert again.status_code in (200, 403)
    survey.refresh_from_db()
    assert (survey.score, survey.comment) == (5, "")
    assert m.Message.objects.filter(identity__startswith="survey:").count() == 0


def test_two_answers_at_once_count_once() -> None:
    survey, _ = asked()
    assert moves.survey_answered(survey.pk, 2, "まだ割れています") is True
    assert moves.survey_answered(survey.pk, 5) is False
    survey.refresh_from_db()
    assert (survey.score, survey.comment) == (2, "まだ割れています")
    assert m.Message.objects.filter(identity=f"survey:{survey.pk}").count() == 1
    assert m.AuditLine.objects.filter(what="survey.answered").count() == 1


def test_the_page_holds_nothing_of_the_customer(pages: Configure) -> None:
    survey, path = asked()
    page = text(Browser().get(path))
    for secret in ("c@example.net", "客 ", "皿", "交換品"):
        assert secret not in page
    assert str(survey.pk) not in re.sub(r"(csrf\S+ value|href)=\S+", "", page).split()


def test_the_headers_are_strict(pages: Configure) -> None:
    _, path = asked()
    browser = Browser()
    form = browser.get(path)
    policy = form.headers["Content-Security-Policy"]
    parts = {part.strip() for part in policy.split(";")}
    assert {"default-src 'none'", "style-src 'self'", "form-action 'self'"} <= parts
    assert "script-src" not in policy
    assert "no-store" in form.headers["Cache-Control"]
    assert form.headers["X-Frame-Options"] == "DENY"
    assert form.headers["X-Content-Type-Options"] == "nosniff"
    assert form.headers["Referrer-Policy"] == "same-origin"
    cookie = form.cookies["csrftoken"]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Strict")
    browser.post(path, score="4")
    thanks = browser.get(path)
    assert thanks.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in thanks.headers["Cache-Control"]


def test_the_style_sheet_is_served(pages: Configure) -> None:
    found = Browser().get("/static/desk/survey.css")
    assert found.status_code == 200
    assert found.headers["Content-Type"].startswith("text/css")
    assert "Access-Control-Allow-Origin" not in found.headers
    found.close()


@pytest.mark.parametrize(
    "comment",
    [
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
        "\"'><svg/onload=alert(1)>{{ 7*7 }}{% debug %}",
        "a\0b",
        "\ud800 half a character".encode("utf-8", "replace").decode(),
        "\u202eesrever\u202c",
        "'; DROP TABLE casebook_survey; --",
    ],
)
def test_a_hostile_comment_is_words_and_nothing_else(pages: Configure, comment: str) -> None:
    survey, path = asked()
    browser = Browser()
    # Without a score the page shows the comment again.
    shown = browser.post(path, comment=comment)
    assert shown.status_code == 422
    assert "<script>" not in text(shown)
    assert "<svg" not in text(shown)
    assert "<img" not in text(shown)
    assert browser.post(path, score="3", comment=comment).status_code == 302
    survey.refresh_from_db()
    assert survey.comment == comment.replace("\0", "").strip()
    message = m.Message.objects.get(identity=f"survey:{survey.pk}")
    assert message.new_text == survey.comment


@pytest.mark.parametrize("wire", [b"%ED%A0%80", b"%FF%00%C0%AF", b"\xed\xa0\x80\x00"])
def test_bytes_that_are_no_text_lose_no_answer(pages: Configure, wire: bytes) -> None:
    survey, path = asked()
    browser = Browser()
    assert browser.raw(path, b"score=1&comment=" + wire).status_code == 302
    survey.refresh_from_db()
    assert survey.score == 1
    survey.comment.encode()
    assert "\0" not in survey.comment


def test_a_comment_of_a_megabyte_is_refused_and_one_that_is_too_long_is_told_so(
    pages: Configure,
) -> None:
    survey, path = asked()
    browser = Browser()
    assert browser.post(path, score="1", comment="あ" * 350_000).status_code == 400
    told = browser.post(path, score="1", comment="あ" * 2_001)
    assert (told.status_code, "現在2,001文字" in text(told)) == (422, True)
    survey.refresh_from_db()
    assert survey.answered_at is None
    assert browser.post(path, score="1", comment="\r\n".join("あ" * 1000)).status_code == 302


@pytest.mark.parametrize("fields", [{}, {"score": "0"}, {"score": "6"}, {"score": "x"}])
def test_an_answer_that_names_no_score_is_asked_again(
    pages: Configure, fields: dict[str, str]
) -> None:
    survey, path = asked()
    page = Browser().post(path, **fields)
    assert (page.status_code, "一つお選びください" in text(page)) == (422, True)
    survey.refresh_from_db()
    assert survey.score is None


def test_a_link_is_good_for_its_survey_alone_and_for_its_time(pages: Configure) -> None:
    (one, path), (other, _) = asked(), asked()
    _, made_at, signature = path.removeprefix("/s/").split(".")
    browser = Browser()
    for forged in (
        f"/s/{other.pk}.{made_at}.{signature}",
        f"/s/{one.pk}.{int(made_at) + 9}.{signature}",
        f"/s/{one.pk}.{made_at}.{signature[:-1]}",
        f"/s/{one.pk}", "/s/x", "/s/..", "/s/%00", "/s/" + "9" * 5_000, "/nowhere",
    ):  # fmt: skip
        page = browser.get(forged)
        assert page.status_code == 404, forged
        assert "support@example.jp" in text(page)
    with frozen(now() + timedelta(days=29)):
        assert browser.get(path).status_code == 200
    with frozen(now() + timedelta(days=31)):
        late = browser.post(path, score="5")
        assert (late.status_code, browser.get(path).status_code) == (403, 410)
        assert "期限が過ぎています" in text(browser.get(path))
    one.refresh_from_db()
    assert one.score is None


def test_a_link_of_another_key_is_forged(pages: Configure) -> None:
    _, path = asked()
    (configuration().var / "desk.key").unlink()
    assert Browser().get(path).status_code == 404


def test_a_form_from_elsewhere_is_refused(pages: Configure) -> None:
    survey, path = asked()
    client = Client(enforce_csrf_checks=True)
    page = client.post(path, {"score": "1"}, **HOST)
    assert (page.status_code, "受け付けられませんでした" in text(page)) == (403, True)
    elsewhere: dict[str, Any] = {
        "headers": {"host": "desk.example.jp", "origin": "https://evil.example"}
    }
    assert client.post(path, {"score": "1"}, **elsewhere).status_code == 403
    assert client.get(path, headers={"host": "evil.example"}).status_code == 400
    survey.refresh_from_db()
    assert survey.score is None


def test_the_page_speaks_the_customers_language(pages: Configure) -> None:
    _, path = asked(ENGLISH)
    page = text(Browser().get(path))
    assert '<html lang="en">' in page
    assert "How satisfied are you" in page
    lost = Client().get("/s/x", headers={"host": "desk.example.jp", "accept-language": "en-GB"})
    assert '<html lang="en">' in text(lost)


def test_a_recommendation_is_asked_for_only_where_the_policy_says_so(
    pages: Configure,
) -> None:
    survey, path = asked()
    browser = Browser()
    assert 'name="recommend"' not in text(browser.get(path))
    assert browser.post(path, score="4", recommend="9").status_code == 302
    survey.refresh_from_db()
    assert survey.recommend is None
    with_nps(pages)
    other, path = asked()
    assert 'name="recommend"' in text(browser.get(path))
    assert browser.post(path, score="4", recommend="11").status_code == 422
    assert browser.post(path, score="4", recommend="9").status_code == 302
    other.refresh_from_db()
    assert (other.score, other.recommend) == (4, 9)


def with_nps(configure: Configure) -> None:
    """Put a policy in force that asks for a recommendation too."""
    place = configure("").parent / "nps.toml"
    place.write_text('extends = "default"\n[follow_up]\nnps = true\n')
    configuration.cache_clear()
    path = configure(DESK)
    path.write_text(f'policy = "nps.toml"\n{path.read_text()}')
    configuration.cache_clear()


class Labels(HTMLParser):
    """Which controls of a page have a label."""

    def __init__(self) -> None:
        super().__init__()
        self.within = 0
        self.named: set[str] = set()
        self.controls: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "label":
            self.within += 1
            self.named.add(given.get("for") or "")
        if tag in ("input", "textarea") and given.get("type") != "hidden":
            self.controls.append((given.get("id") or "", bool(self.within)))

    def handle_endtag(self, tag: str) -> None:
        self.within -= tag == "label"


def test_every_control_has_a_label_and_every_choice_a_question(pages: Configure) -> None:
    with_nps(pages)
    page = text(Browser().get(asked()[1]))
    found = Labels()
    found.feed(page)
    assert len(found.controls) == 5 + 11 + 1
    assert all(within or name in found.named for name, within in found.controls)
    assert page.count("<fieldset") == page.count("<legend>") == 2
    assert "<script" not in page
    assert " style=" not in page
