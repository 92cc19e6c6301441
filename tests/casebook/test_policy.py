"""Policy packs: what comes along is valid, and what is wrong is said in one line."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from casebook.errors import ConfigError
from casebook.policy import WEEKDAYS, Policy, load_policy

PACKS = [
    file.name.removesuffix(".toml") for file in files("policies").iterdir() if ".toml" in file.name
]
MINIMAL = """
[company]
name = { ja = "株式会社例", en = "Example" }
desk = { ja = "窓口", en = "Desk" }
email = "desk@example.jp"
[hours]
mon = ["13:00-18:00", "09:00-12:00"]
"""


@pytest.mark.parametrize("name", PACKS)
def test_the_packs_that_come_along_are_valid(name: str) -> None:
    assert load_policy(name).company.name.ja


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
        ('"09:00-12:00"', '"12:00-09:00"', "hours.mon.1: '12:00-09:00' is no span of a day"),
        ('"09:00-12:00"', '"9-12"', "'9' is no time of day"),
        ('"09:00-12:00"', '"09:00-25:00"', "is no span of a day"),
        ('"09:00-12:00"', '"0²:00-12:00"', "is no time of day"),
        ('["13:00-18:00", "09:00-12:00"]', "[]", "no weekday has opening hours"),
        ("mon =", "monday =", "unknown key 'hours.monday' (did you mean 'mon'?)"),
        ("[hours]", "[hours]\nclosures = [{first='02-30',last='03-01'}]", "no day of the year"),
        ("[hours]", "[hours]\nclosures = [{first='1-1',last='03-01'}]", "hours.closures.0.first"),
        ("[company]", "time_zone = 'Asia/Edo'\n[company]", "'Asia/Edo' is no time zone"),
        ("[company]", "time_zone = '/etc/passwd'\n[company]", "is no time zone"),
        ("[company]", "words = {spam = ['(']}\n[company]", "'(' is no regular expression"),
        ("[company]", "words = {crisis = {a = ['[']}}\n[company]", "is no regular expression"),
        ("[company]", "first_response = {crisis = 0}\n[company]", "first_response.crisis"),
        ("email", "e-mail", "unknown key 'company.e-mail' (did you mean 'email'?)"),
        ("[company]", "[company", "not readable as TOML"),
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
