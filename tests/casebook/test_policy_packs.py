"""The packs that come along: each is whole, safe to use, and its page in the docs says what it is."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from casebook.policy import Policy, load_policy
from casebook.types import Cause, Conduct, Crisis, Kind, Triage

PACKS = ("default", "retail", "hospital", "municipality", "school", "finance", "travel")
PAGES = Path(__file__).parents[2] / "docs" / "policies"
SOFT = {Crisis.LEGAL, Crisis.MEDIA}
FROM = "default"


def _stated(name: str) -> dict[str, Any]:
    return tomllib.loads(files("policies").joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def _own_kinds(policy: Policy) -> set[str]:
    return set(policy.words.crisis) - set(load_policy(FROM).words.crisis)


def test_these_are_all() -> None:
    names = {file.name for file in files("policies").iterdir() if file.name.endswith(".toml")}
    assert names == {f"{name}.toml" for name in (*PACKS, "words")}
    assert {page.stem for page in PAGES.glob("*.md")} == {*PACKS, "README"}


@pytest.mark.parametrize("name", PACKS)
def test_each_is_valid_and_whole(name: str) -> None:
    policy = load_policy(name)
    assert {*Crisis, *policy.words.crisis, "threat", "other"} <= set(policy.specialists)
    assert all(len(one.checklist) >= 3 for one in policy.specialists.values())
    assert policy.routes[-1].model_dump(exclude={"department"}) == {
        "kind": (), "cause": (), "conduct": (), "severity": (),
    }  # fmt: skip
    used = {route.department for route in policy.routes}
    used |= {one.department for one in policy.specialists.values()}
    assert set(policy.departments) <= used | set(load_policy(FROM).departments)
    targets = [policy.first_response.minutes(severity) for severity in range(4)]
    assert targets == sorted(targets, reverse=True)


@pytest.mark.parametrize("name", PACKS)
def test_texts_exist_in_both_languages(name: str) -> None:
    for text in _bilingual(load_policy(name).model_dump()):
        assert re.search(r"[ぁ-んァ-ヶ一-龠]", text["ja"]), text
        assert not re.search(r"[ぁ-ん一-龠]", text["en"]) or "Japan" in text["en"], text


def _bilingual(value: object) -> list[dict[str, str]]:
    if isinstance(value, dict):
        if set(value) == {"ja", "en"} and isinstance(value["ja"], str):
            return [value]
        return [text for item in value.values() for text in _bilingual(item)]
    return [text for item in value for text in _bilingual(item)] if isinstance(value, tuple) else []


@pytest.mark.parametrize("name", PACKS)
def test_danger_to_life_leads_and_the_law_comes_last(name: str) -> None:
    policy = load_policy(name)
    order = [kind for kind in policy.specialists if kind not in ("threat", "other")]
    assert order[0] == "self_harm"
    own = _own_kinds(policy)
    hard = {Crisis.INJURY, Crisis.PERSONAL_DATA, *own}
    assert max(order.index(kind) for kind in hard) < min(order.index(kind) for kind in SOFT)


@pytest.mark.parametrize("name", PACKS[1:])
def test_each_differs_in_what_matters(name: str) -> None:
    policy, base = load_policy(name), load_policy(FROM)
    assert _own_kinds(policy)
    assert policy.causes
    assert all(policy.specialists[kind].opening for kind in _own_kinds(policy))
    for table in ("company", "hours", "first_response", "wording", "departments", "routes"):
        assert getattr(policy, table) != getattr(base, table), table


@pytest.mark.parametrize("name", PACKS)
def test_an_abuser_goes_to_a_manager_whatever_the_cause(name: str) -> None:
    policy = load_policy(name)
    lead = policy.departments["lead"]
    for cause in ("", *Cause, *policy.causes):
        for conduct in (Conduct.HARASSMENT, Conduct.UNREASONABLE):
            assert policy.route(_triage(cause, conduct)) == lead
        assert policy.route(_triage(cause)) in policy.departments.values()


@pytest.mark.parametrize("name", PACKS)
def test_a_causes_own_route_holds_for_its_parts(name: str) -> None:
    policy = load_policy(name)
    named = {cause for route in policy.routes for cause in route.cause}
    for cause, own in policy.causes.items():
        if cause not in named:
            assert policy.route(_triage(cause)) == policy.route(_triage(own.of))


def _triage(cause: str, conduct: Conduct = Conduct.ORDINARY) -> Triage:
    return Triage(kind=Kind.COMPLAINT, severity=1, conduct=conduct, language="ja", cause=cause)


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        ("retail", "food_hazard", "お惣菜にガラスの破片が混入していました"),
        ("retail", "food_hazard", "夕食に食べたところ家族4人が嘔吐しました"),
        ("retail", "food_hazard", "I found a piece of metal inside the bread: metal in my bread."),
        ("hospital", "medical_error", "点滴の薬を間違えられたと看護師さんから聞きました"),
        ("hospital", "medical_error", "手術のあと後遺症が残りました"),
        ("hospital", "medical_error", "My father was given the wrong medication."),
        ("hospital", "infection", "入院中に病室でノロウイルスに感染しました"),
        ("hospital", "infection", "He caught pneumonia on your ward; was it MRSA?"),
        ("municipality", "benefits_stopped", "生活保護費が急に止められました"),
        ("municipality", "benefits_stopped", "My benefit payments were cut off; nothing to eat."),
        ("municipality", "abuse_report", "隣の家の子どもが毎晩殴られている音がします"),
        ("municipality", "abuse_report", "I think there is child abuse next door."),
        ("school", "bullying", "息子が同級生から毎日殴られています。いじめです"),
        ("school", "bullying", "Other children in his class hit him; he is being bullied."),
        ("school", "child_abuse", "担任の先生に平手で叩かれたそうです"),
        ("school", "child_abuse", "The coach slapped my daughter."),
        ("finance", "unauthorised_transfer", "身に覚えのない送金が30万円ありました"),
        ("finance", "unauthorised_transfer", "知らない間に口座から出金されていました"),
        ("finance", "unauthorised_transfer", "I never authorised this transfer."),
        ("finance", "system_outage", "ＡＴＭの障害で給与の振込ができません"),
        ("finance", "system_outage", "Your payments are down."),
        ("travel", "stranded", "欠航で空港に泊まる場所がなく足止めされています"),
        ("travel", "stranded", "現地でパスポートを盗まれました"),
        ("travel", "stranded", "We are stranded in Rome with nowhere to sleep."),
        ("travel", "missing_traveller", "ツアーに参加中の母と連絡が取れません。海外旅行です"),
        ("travel", "missing_traveller", "I cannot reach my son, who is on your tour."),
    ],
)
def test_a_trades_own_crises_are_seen(name: str, kind: str, text: str) -> None:
    assert kind in _crises(load_policy(name), text)


@pytest.mark.parametrize("name", PACKS[1:])
@pytest.mark.parametrize(
    "text",
    [
        "注文した商品がまだ届きません。いつ届くか教えてください。",
        "サラダに髪の毛が入っていました。気持ちが悪いです。",
        "診察まで2時間待たされました。",
        "先生の説明がとても分かりやすく、安心しました。ありがとうございます。",
        "住民票の写しの取り方を教えてください。",
        "給食の献立表を送ってください。",
        "振込手数料はいくらですか。",
        "便が1時間遅れましたが、無事に帰れました。",
        "Where can I find the opening hours?",
        "The room was smaller than in the photos.",
        "My card was charged twice, please refund one payment.",
    ],
)
def test_ordinary_matters_are_no_crisis_of_the_trade(name: str, text: str) -> None:
    policy = load_policy(name)
    assert _crises(policy, text) & _own_kinds(policy) == set()


def _crises(policy: Policy, text: str) -> set[str]:
    folded = unicodedata.normalize("NFKC", text).lower()
    return {
        kind
        for kind in _own_kinds(policy)
        if any(re.search(words, folded, re.DOTALL) for words in policy.words.crisis[kind])
    }


@pytest.mark.parametrize(
    ("name", "general", "text", "cause"),
    [
        ("retail", "defect", "ネットスーパーの配達が2時間も遅れました", "delivery"),
        ("retail", "defect", "豆腐が腐っていました", "freshness"),
        ("retail", "service", "豆腐が腐っていました", "service"),
        ("hospital", "service", "予約の時間から2時間待たされました", "waiting"),
        ("hospital", "defect", "差額ベッド代の請求が間違っています", "billing"),
        ("municipality", "service", "たらい回しにされました", "procedure"),
        ("school", "service", "通知表の評定に納得できません", "teaching"),
        ("finance", "misinformation", "元本割れのリスクを聞いていません", "mis_selling"),
        ("finance", "defect", "ＡＴＭがカードを飲み込みました", "access"),
        ("travel", "expectation_gap", "キャンセル料が高すぎます", "cancellation"),
        ("travel", "defect", "乗り継ぎ便が欠航になりました", "disruption"),
        ("travel", "", "乗り継ぎ便が欠航になりました", ""),
    ],
)
def test_a_trades_own_causes(name: str, general: str, text: str, cause: str) -> None:
    assert load_policy(name).cause(general, text) == cause


@pytest.mark.parametrize("name", PACKS)
def test_the_page_names_what_the_pack_states(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    stated, policy = _stated(name), load_policy(name)
    for title, table in (
        ("Departments", "departments"),
        ("Kinds of crisis", "specialists"),
        ("Causes of its own", "causes"),
    ):
        section = page.partition(f"## {title}\n")[2].partition("\n## ")[0]
        rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", section, re.MULTILINE))
        assert list(rows) == list(stated.get(table, {}))
        for key, told in rows.items():
            assert told == getattr(policy, table)[key].name.ja
    targets = [str(policy.first_response.minutes(severity)) for severity in (3, 2, 1, 0)]
    assert f"| {' | '.join(targets)} |" in page


@pytest.mark.parametrize("name", PACKS[1:])
def test_the_overview_names_the_kinds_of_each_pack(name: str) -> None:
    row = re.search(rf"\[{name}\].*", (PAGES / "README.md").read_text(encoding="utf-8"))
    assert row
    assert set(re.findall(r"`(\w+)`", row[0])) == _own_kinds(load_policy(name))


def test_the_overviews_example_is_valid(tmp_path: Path) -> None:
    page = (PAGES / "README.md").read_text(encoding="utf-8")
    path = tmp_path / "ours.toml"
    path.write_text(page.partition("```toml\n")[2].partition("```")[0], encoding="utf-8")
    assert next(iter(load_policy(str(path)).specialists)) == "recall"
