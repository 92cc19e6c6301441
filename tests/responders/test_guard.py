"""The guard finds what must not leave the house, and leaves good replies alone."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.policy import load_policy
from responders.guard import guard

FORBIDDEN = load_policy("default").forbidden_apologies.at(1)
PAST = Path(__file__).parents[2] / "samples" / "past" / "cases.jsonl"


@pytest.mark.parametrize(
    "slot",
    [
        *("{{ name }}", "{{name", "name }}", "{% if due %}", "{name}", "{due_time}", "${name}"),
        *("{Customer Name}", "%(name)s", "<NAME>", "<DUE_TIME>", "[NAME]", "[DUE DATE]"),
        *("[Your Name]", "[your company]", "[insert date here]", "[Name]", "[date]"),
        *("【お名前】", "［担当者名］", "[氏名]", "《会社名》", "＜日時＞", "【受付番号】"),
        *("〇〇様", "○○時", "●●", "◯◯", "△△様", "XX様", "xx月xx日", "ＸＸ日", "××円", "XXX様"),
        *("____", "＿＿＿様", "None様", "Noneまで", "undefined", "nullに", "NaN円", "TODO", "TBD"),
    ],
)
@pytest.mark.parametrize(
    "form", ["{}", "お待たせしました。{}までにご連絡します。", "We write by {}."]
)
def test_unfilled_slots(slot: str, form: str) -> None:
    body = form.replace("{}", slot)
    found = [finding for finding in guard(body, needs_time=False) if finding.blocking]
    assert found
    assert {finding.code for finding in found} == {"unfilled_slot"}
    assert all(body[finding.start : finding.end] for finding in found)


@pytest.mark.parametrize(
    "body",
    [
        "None of the parts is missing, and the claim is null and void.",
        "受付番号は M-7F3K2Q です。[M-7F3K2Q]",
        "○印の箇所を 3 × 4 cm で切ってください。",
        "XXLサイズとXX染色体",
        "まどぐち商店【重要】のお知らせ <support@example.jp>",
        "a_b __init__ ────────────",
    ],
)
def test_what_only_looks_like_a_slot(body: str) -> None:
    assert guard(body, needs_time=False) == ()


@pytest.mark.parametrize(
    "body",
    [
        *(
            "11月24日（火）15時までにご連絡します。",
            "本日18時30分までに。",
            "正午までに",
            "１５時までに",
        ),
        *(
            "明日10時に、担当者からお電話いたします。",
            "3営業日以内に",
            "２４時間以内に",
            "三日以内に",
        ),
        *("本日中に", "明日の午前中に", "今週中に", "24日までに", "翌営業日に", "15時半頃までに"),
        *("We will write by 3 p.m. on Tuesday.", "by noon", "by 15:00", "by Friday", "By tomorrow"),
        *("within 24 hours", "within two business days", "within the hour", "in three days"),
        *(
            "by the end of the day",
            "by 24 November",
            "by November 24",
            "by the 20th",
            "before 5 pm",
        ),
        *("I will call you at 10 pm.", "on the next working day", "until Monday"),
    ],
)
def test_times_that_are_named(body: str) -> None:
    assert guard(body, needs_time=True) == ()


@pytest.mark.parametrize(
    "body",
    [
        *(
            "",
            "後ほどご連絡いたします。",
            "できるだけ早くお返事します。",
            "今しばらくお待ちください。",
        ),
        *(
            "11月8日にご注文いただいた品の件、確認いたします。",
            "昨日16時にお電話をいただきました。",
        ),
        *("24時間営業です。", "追ってご連絡します。", "8時間かかりました。"),
        *("We will get back to you soon.", "as soon as possible", "It arrived on Saturday."),
        *("You called at 5 pm.", "written by two colleagues", "Your order of 8 November"),
    ],
)
def test_times_that_are_missing(body: str) -> None:
    found = guard(body, needs_time=True)
    assert [finding.code for finding in found] == ["no_due_time"]
    assert guard(body, needs_time=False) == ()


def _replies() -> list[str]:
    return [json.loads(line)["reply"] for line in PAST.read_text(encoding="utf-8").splitlines()]


def test_replies_that_people_wrote_pass() -> None:
    replies = _replies()
    assert len(replies) == 60
    assert [reply for reply in replies if guard(reply, needs_time=False)] == []


@given(st.text(max_size=200), st.booleans())
def test_findings_lie_in_the_text(body: str, needs_time: bool) -> None:
    for finding in guard(body, needs_time=needs_time):
        assert 0 <= finding.start <= finding.end <= len(body)
        assert "\n" not in finding.message


@pytest.mark.parametrize(
    "text", ["{", "{a", "[your ", "1", "9時に", "will ", "〇", "_", "by ", " "]
)
def test_hostile_texts_are_quick(text: str) -> None:
    start = time.perf_counter()
    guard(text * (100_000 // len(text)), needs_time=True)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    "body",
    [
        "今回の件は当社の過失でございます。",
        "弊社の責任です。誠に申し訳ございません。",
        "当院の医師のミスが原因でございました。",
        "全面的に当社に非がございます。",
        "当社に全面的に非がございます。",
        "弊社が悪かったと考えております。",
        "当社は過失を認めます。",
        "一切の責任は弊社にございます。",
        "治療費は当社が全額お支払いいたします。",
        "損害は賠償いたします。",
        "慰謝料をお支払いします。",
        "It was entirely our fault.",
        "This happened because of our negligence.",
        "The delay was due to our own mistake.",
        "We accept full responsibility for the accident.",
        "We admit liability.",
        "We were clearly negligent.",
        "We made a mistake with your order.",
        "We will fully compensate you.",
        "We'll pay your medical bills.",
    ],
)
def test_admissions_of_fault(body: str) -> None:
    found = guard(body, needs_time=False, forbidden=FORBIDDEN)
    assert found
    assert {(finding.code, finding.blocking) for finding in found} == {("admits_fault", True)}
    assert all(body[finding.start : finding.end] for finding in found)
    assert guard(body, needs_time=False) == ()


@pytest.mark.parametrize(
    "body",
    [
        "このたびはご不便とご不快な思いをおかけし、誠に申し訳ございません。",
        "多大なご心配をおかけしましたことを、深くお詫び申し上げます。",
        "当窓口が責任をもって事実関係を確認いたします。",
        "責任者が事実関係を確認し、ご連絡いたします。",
        "当社の責任の有無も含めて、原因を確認いたします。",
        "当社の過失によるものかどうかを調査いたします。",
        "ご返金の手続きについてご案内いたします。",
        "お支払い方法の変更を承りました。",
        "商品に欠陥があるかどうかを確認いたします。",
        "We are very sorry for the worry this has caused you.",
        "A responsible manager will establish the facts.",
        "We will find out whether it was a defect.",
        "We take your complaint seriously and will look into who is responsible.",
        "We accept no cash payments.",
        "Your refund is on its way.",
    ],
)
def test_sorrow_and_care_admit_nothing(body: str) -> None:
    assert guard(body, needs_time=False, forbidden=FORBIDDEN) == ()


def test_a_policy_may_begin_with_graver_matters() -> None:
    rule = load_policy("default").forbidden_apologies.model_copy(update={"severity": 2})
    assert rule.at(1) == ()
    assert rule.at(2) == FORBIDDEN


@pytest.mark.parametrize(
    "text", ["当社の", "責任を", "損害", "全ての", "we ", "it is ", "due to our ", "we will "]
)
def test_forbidden_words_are_quick_on_hostile_texts(text: str) -> None:
    start = time.perf_counter()
    guard(text * (100_000 // len(text)), needs_time=False, forbidden=FORBIDDEN)
    assert time.perf_counter() - start < 5


def test_any_way_to_say_the_time_will_do() -> None:
    ways = ("本日15時まで", "11月24日（火）15時まで")
    for said in (*ways, "11月24日(火)15時まで"):
        assert guard(f"{said}にご連絡いたします。", needs_time=True, due_said=ways) == ()
    (found,) = guard("明日15時までにご連絡いたします。", needs_time=True, due_said=ways)
    assert (found.code, "本日15時まで" in found.message) == ("due_differs", True)
