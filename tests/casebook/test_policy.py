"""Policy packs: what comes along is valid, and what is wrong is said in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from casebook.errors import ConfigError
from casebook.hours import WEEKDAYS
from casebook.policy import Policy, load_policy
from casebook.types import Conduct, Kind, Triage

MINIMAL = """
[company]
name = { ja = "株式会社例", en = "Example" }
desk = { ja = "窓口", en = "Desk" }
email = "desk@example.jp"
[hours]
mon = ["13:00-18:00", "09:00-12:00"]
"""


def test_a_pack_by_path(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(MINIMAL, encoding="utf-8")
    found = load_policy(str(path))
    assert found.hours.minutes("mon") == ((540, 720), (780, 1080))
    assert [found.first_response.minutes(severity) for severity in range(4)] == [480, 240, 120, 60]
    assert found.company.desk.in_("en") == "Desk"
    assert found.company.desk.in_("fr") == found.company.desk.in_("ja") == "窓口"
    assert found.zone.key == "Asia/Tokyo"


@pytest.mark.parametrize("name", ["nowhere", "nowhere.toml"])
def test_a_missing_pack(name: str) -> None:
    with pytest.raises(ConfigError, match=f"policy '{name}': no such pack or file"):
        load_policy(name)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"09:00-12:00"', '"09:00-14:00"', "hours: the spans of mon overlap"),
        ('"09:00-12:00"', '"12:00-09:00"', "hours: the spans of mon overlap"),
        ('"09:00-12:00"', '"09:00-09:00"', "hours.mon.1: '09:00-09:00' is no span of a day"),
        ('"09:00-12:00"', '"9-12"', "'9' is no time of day"),
        ('"09:00-12:00"', '"09:00-25:00"', "is no span of a day"),
        ('"09:00-12:00"', '"0²:00-12:00"', "is no time of day"),
        ('["13:00-18:00", "09:00-12:00"]', "[]", "no weekday has opening hours"),
        ("mon =", "monday =", "unknown key 'hours.monday' (did you mean 'mon'?)"),
        ("[hours]", "[hours]\nclosures = [{first='02-30',last='03-01'}]", "'02-30' is no day"),
        ("[hours]", "[hours]\nclosures = [{first='1-1',last='03-01'}]", "hours.closures.0.first"),
        ("[company]", "time_zone = 'Asia/Edo'\n[company]", "'Asia/Edo' is no time zone"),
        ("[company]", "time_zone = '/etc/passwd'\n[company]", "is no time zone"),
        ("[company]", "words = {spam = ['(']}\n[company]", "'(' is no regular expression"),
        ("[company]", "words = {crisis = {a = ['[']}}\n[company]", "is no regular expression"),
        ("[company]", "first_response = {crisis = 0}\n[company]", "first_response.crisis"),
        ("email", "e-mail", "unknown key 'company.e-mail' (did you mean 'email'?)"),
        ("[company]", "[company", "not readable as TOML"),
        ("[company]", "[[routes]]\ndepartment='no'\n[company]", "routes.0.department: there is no"),
        ("[company]", "extends = 3\n[company]", "extends: name one pack or file"),
        ("[company]", "extends = 'nowhere'\n[company]", "policy 'nowhere': no such pack"),
        (
            "[company]",
            "[masking]\nlabel = []\n[company]",
            "'masking.label' (did you mean 'labels'?)",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "ours.toml"
    assert old in MINIMAL
    path.write_text(MINIMAL.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_policy(str(path))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_day_may_end_at_midnight() -> None:
    hours = {day: ["00:00-24:00"] for day in WEEKDAYS}
    company = {"name": {"ja": "a", "en": "a"}, "desk": {"ja": "a", "en": "a"}, "email": "a@b.jp"}
    assert Policy.model_validate({"company": company, "hours": hours}).hours.minutes("sun") == (
        (0, 1440),
    )


def _write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


OWN = """
extends = "default"
time_zone = "Asia/Seoul"
[company]
phone = "0120-111-222"
[hours]
closures = []
[departments.recall]
name = { ja = "回収窓口", en = "Recall Desk" }
email = "recall@example.jp"
[specialists.recall]
name = { ja = "自主回収中の商品", en = "Recalled product" }
department = "recall"
checklist = [{ ja = "番号を伝える", en = "Give the number" }]
[words.crisis]
recall = ["回収中の商品"]
injury = ["青あざ"]
"""


def test_a_pack_states_only_what_differs(tmp_path: Path) -> None:
    base, own = load_policy("default"), load_policy(_write(tmp_path, "own.toml", OWN))
    assert own.company.phone == "0120-111-222"
    assert own.company.name == base.company.name
    assert own.zone.key == "Asia/Seoul"
    assert own.hours.closures == ()
    assert own.hours.mon == base.hours.mon
    assert own.routes == base.routes
    assert own.costs == base.costs
    assert set(own.departments) == {*base.departments, "recall"}
    assert list(own.specialists) == ["recall", *base.specialists]
    assert own.words.crisis["recall"] == ("回収中の商品",)
    assert own.words.crisis["injury"] == ("青あざ", *base.words.crisis["injury"])
    assert own.words.spam == base.words.spam


def test_packs_extend_files_beside_them(tmp_path: Path) -> None:
    _write(tmp_path, "group.toml", OWN)
    shop = _write(tmp_path, "shop.toml", 'extends = "group.toml"\nlanguage = "en"\n')
    assert load_policy(shop).language == "en"
    assert "recall" in load_policy(shop).departments


def test_a_mistake_is_told_as_that_of_its_own_file(tmp_path: Path) -> None:
    group = _write(tmp_path, "group.toml", OWN.replace('department = "recall"', 'department = "x"'))
    shop = _write(tmp_path, "shop.toml", 'extends = "group.toml"\n')
    with pytest.raises(ConfigError, match="there is no department 'x'") as caught:
        load_policy(shop)
    assert group in str(caught.value)
    assert shop not in str(caught.value)


def test_no_pack_extends_itself(tmp_path: Path) -> None:
    _write(tmp_path, "b.toml", 'extends = "a.toml"\n')
    with pytest.raises(ConfigError, match="extends it already"):
        load_policy(_write(tmp_path, "a.toml", 'extends = "b.toml"\n'))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[words.crisis]\nrecall = ['回収']\n", "specialists.recall is missing"),
        ("[[routes]]\ndepartment = 'care'\ncause = ['x']\n", "routes.0.cause: there is no cause"),
        ("[alerts]\nconducts = []\n", "alerts.conducts: a threat always alerts"),
        ("[acknowledgement]\nup_to_severity = 3\n", "acknowledgement.up_to_severity: a crisis"),
        ("[protection.stop]\nentries = 1\n", "protection: warn, restrict and stop need"),
        ("[costs]\nthreat.missed = 0\n", "costs.threat.missed"),
        ("[causes.a]\nname = {ja='a', en='a'}\nof = 'x'\nwords = ['a']\n", "causes.a.of"),
    ],
)
def test_a_pack_that_would_let_something_slip(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_policy(_write(tmp_path, "own.toml", f'extends = "default"\n{text}'))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_pack_that_extends_nothing_answers_from_its_desk(tmp_path: Path) -> None:
    policy = load_policy(_write(tmp_path, "own.toml", MINIMAL))
    values: dict[str, Any] = {"kind": Kind.COMPLAINT, "conduct": Conduct.THREAT, "language": "ja"}
    grave = Triage(severity=3, **values)
    assert policy.route(grave).email == "desk@example.jp"
    assert policy.checklists(grave) == ()
    assert policy.opening(grave, "ja") == ""
    assert policy.words.crisis == load_policy("default").words.crisis
    assert policy.alerts.wants(grave)
    assert not policy.acknowledgement.allows(grave)
