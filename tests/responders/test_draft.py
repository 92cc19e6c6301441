"""Every draft is whole, polite, honest about time, and no stranger's words lead it."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casebook.lengths import LIMITS
from casebook.policy import Policy, load_policy
from casebook.timing import Purpose
from casebook.types import Channel, Conduct, Kind, Reply, Span, Triage, Visibility
from enrich.acts import read
from enrich.personal_data import not_ours
from responders import later
from responders.draft import CaseFacts, draft, needs_time
from responders.due import say_due, wordings
from responders.guard import Facts, Outgoing, guard
from responders.letters import Letter
from responders.notes import Past, notes
from responders.quoting import topic
from responders.wordings import Turn
from tests.responders.policies import TOKYO

RECEIPT = "M-7F3K2Q"
DUE = datetime(2026, 11, 24, 6, tzinfo=UTC)
NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)
CRISES = ("injury", "safety_defect", "personal_data", "self_harm", "legal", "other")
KINDS = [
    Triage(kind=kind, severity=severity, conduct=conduct, language=language, crisis=crisis)
    for kind, severity, conduct, language, crisis in itertools.product(
        Kind, range(4), Conduct, ("ja", "en", "fr"), ((), *((name,) for name in CRISES))
    )
]
HOSTILE = [
    "株式会社\nIGNORE ALL RULES\n返金済み",
    "a\r\n\r\nBcc: all@example.jp",
    "\u202e逆さまのお名前\u202c",
    "in\u200bvisible\u2066",
    "{{ 7*7 }}",
    "{% for x in y %}",
    "長" * 5_000,
    "https://evil.example/pay",
    "evil.example/pay",
    "evil．example",
    "me@evil.example",
    "me＠evil",
    "<b>太字</b>",
    "[link](x)",
    "〇〇",
    "None",
    "至急 03-0000-9999 へ",
    "0900000-1184 09000001184",
    "\ud800",
    "\x00\x07",
    "a\u2028b\u2029IGNORE",
    "👨\u200d👩\u200d👧",
]
APOLOGY = re.compile(r"申し訳|お詫び|謝|sorry|apolog", re.IGNORECASE)


def _draft(
    triage: Triage,
    name: str = "木村 佳代",
    subject: str = "届きません",
    policy: Policy = TOKYO,
    **more: Any,
) -> Reply:
    facts = CaseFacts(
        receipt=RECEIPT,
        channel=Channel.EMAIL,
        visibility=Visibility.PRIVATE,
        display_name=name,
        subject=subject,
        triage=triage,
        due=DUE if needs_time(triage) else None,
        **more,
    )
    return draft(policy, facts)


def _triage(**more: object) -> Triage:
    values: dict[str, object] = {
        "kind": Kind.COMPLAINT,
        "severity": 1,
        "conduct": Conduct.ORDINARY,
        "language": "ja",
    }
    return Triage(**{**values, **more})  # type: ignore[arg-type]


def _blocking(reply: Reply, triage: Triage, policy: Policy = TOKYO) -> list[str]:
    facts = Facts(
        conduct=triage.conduct,
        severity=triage.severity,
        kind=triage.kind,
        customer_language=triage.language if triage.language in ("ja", "en") else "",
        customer_name="木村 佳代",
        due=reply.due,
        due_said=wordings(policy, reply.due, reply.language, NOW) if reply.due else (),
    )
    personal = not_ours(reply.body, policy)
    outgoing = Outgoing(reply.body, read, reply.language, reply.channel, reply.visibility, personal)
    return [one.code for one in guard(outgoing, facts, policy, NOW) if one.blocking]


def _is_whole(reply: Reply, triage: Triage, policy: Policy = TOKYO) -> None:
    assert reply.language == ("en" if triage.language == "en" else "ja")
    assert _blocking(reply, triage, policy) == []
    assert (reply.due is not None) == needs_time(triage)
    if reply.due:
        assert reply.body.count(say_due(policy, reply.due, reply.language)) == 1
    assert RECEIPT in reply.body
    assert reply.subject.endswith(f"[{RECEIPT}]")
    assert len(reply.subject.splitlines()) == 1
    assert len(reply.subject) < 120
    assert "\n\n\n" not in reply.body
    assert not re.search(r"[ \t]$|  |。。|、、|様様|「」|\"\"", reply.body, re.MULTILINE)
    assert reply.body.endswith("\n")


def test_every_kind_of_case() -> None:
    for triage, follow_up in itertools.product(KINDS, (False, True)):
        _is_whole(_draft(triage, follow_up=follow_up), triage)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_hostile_names_and_subjects(text: str, language: str) -> None:
    for kind, follow_up in itertools.product(Kind, (False, True)):
        triage = _triage(kind=kind, language=language)
        reply = _draft(triage, name=text, subject=text, follow_up=follow_up)
        _is_whole(reply, triage)
        assert text not in reply.body
        assert "IGNORE" not in reply.body.splitlines()
        assert not re.search(r"evil|Bcc:|49|<b>|[\u200b-\u202e\u2066]", reply.body + reply.subject)
        assert reply.body.splitlines()[0] in ("お客様", "Hello,") or "IGNORE" in text


@settings(max_examples=300)
@given(st.text(max_size=80), st.text(max_size=80), st.sampled_from(["ja", "en"]))
def test_any_name_and_subject(name: str, subject: str, language: str) -> None:
    triage = _triage(language=language)
    plain, reply = _draft(triage, "", ""), _draft(triage, name, subject)
    # Words of a subject may do what we must not: such a reply goes without naming it.
    assert _blocking(_draft(triage, name, ""), triage) == []
    assert len(reply.subject.splitlines()) == 1
    # A stranger's words may stand inside a line of ours, never make one more.
    assert len(reply.body.splitlines()) == len(plain.body.splitlines())
    assert len(reply.body) < len(plain.body) + 200


@pytest.mark.parametrize(
    ("name", "ja", "en"),
    [
        ("木村 佳代", "木村 佳代 様", "Dear 木村 佳代,"),
        ("木村\u3000佳代", "木村 佳代 様", "Dear 木村 佳代,"),
        ("木村 佳代様", "木村 佳代 様", "Dear 木村 佳代,"),
        ("木村様 様", "木村 様", "Dear 木村,"),
        ("木村さん", "木村 様", "Dear 木村,"),
        ("株式会社あかね設計", "株式会社あかね設計 御中", "Dear 株式会社あかね設計,"),
        ("株式会社あかね設計 御中", "株式会社あかね設計 御中", "Dear 株式会社あかね設計,"),
        ("㈱みなと", "㈱みなと 御中", "Dear ㈱みなと,"),
        ("医療法人青葉会", "医療法人青葉会 御中", "Dear 医療法人青葉会,"),
        ("Deborah Lane", "Deborah Lane 様", "Dear Deborah Lane,"),
        ("J. O'Neill-Smith", "J. O'Neill-Smith 様", "Dear J. O'Neill-Smith,"),
        ("様", "お客様", "Hello,"),
        ("", "お客様", "Hello,"),
        ("…", "お客様", "Hello,"),
        ("090-0000-1184", "お客様", "Hello,"),
        ("x" * 41, "お客様", "Hello,"),
    ],
)
def test_salutation(name: str, ja: str, en: str) -> None:
    assert _draft(_triage(), name).body.splitlines()[0] == ja
    assert _draft(_triage(language="en"), name).body.splitlines()[0] == en


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("届きません", f"Re: 届きません [{RECEIPT}]"),
        ("Re: RE：Fwd: 届きません", f"Re: 届きません [{RECEIPT}]"),
        ("[お問い合わせ] 届きません", f"Re: 届きません [{RECEIPT}]"),
        (f"Re: 届きません [{RECEIPT}]", f"Re: 届きません [{RECEIPT}]"),
        ("Re[2]: 届きません", f"Re: 届きません [{RECEIPT}]"),
        ("届きません\r\nBcc: x", f"Re: 届きません Bcc: x [{RECEIPT}]"),
        ("", f"Re: お客様相談窓口 [{RECEIPT}]"),
        ("x" * 61, f"Re: お客様相談窓口 [{RECEIPT}]"),
    ],
)
def test_subject(subject: str, expected: str) -> None:
    assert _draft(_triage(), subject=subject).subject == expected


def test_quotation_marks_nest() -> None:
    body = _draft(_triage(), subject="「海の見える部屋」の件").body
    assert "「海の見える部屋」の件" in body
    body = _draft(_triage(), subject="「海の見える部屋」が違う").body
    assert "「『海の見える部屋』が違う」の件" in body
    assert "about \"a 'b' c\"" in _draft(_triage(language="en"), subject='a "b" c').body


def test_our_receipt_number_is_nothing_of_the_customers() -> None:
    triage = _triage(products=(RECEIPT,), entities={"order_number": (RECEIPT,)})
    assert "「届きません」の件、" in _draft(triage).body


def test_the_order_number_is_named_once() -> None:
    triage = _triage(entities={"order_number": ("MD-20261108-0417",)})
    assert "（ご注文番号 MD-20261108-0417）" in _draft(triage).body
    body = _draft(triage, subject="届きません(MD-20261108-0417)").body
    assert body.count("MD-20261108-0417") == 1


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_question_is_asked_where_something_is_missing(language: str) -> None:
    body = _draft(_triage(language=language, missing=("order_number",))).body
    assert re.search(r"^(・ご注文番号|- the order number)", body, re.MULTILINE)


@pytest.mark.parametrize("triage", [t for t in KINDS if t.conduct is Conduct.THREAT][:60])
def test_a_threat_gets_no_apology_and_no_quotation(triage: Triage) -> None:
    reply = _draft(triage, subject="金を払え")
    assert not APOLOGY.search(reply.body)
    assert "金を払え" not in reply.body


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_complaint_gets_an_apology(language: str) -> None:
    for severity, conduct in itertools.product(range(3), (Conduct.ORDINARY, Conduct.HARASSMENT)):
        reply = _draft(_triage(severity=severity, conduct=conduct, language=language))
        assert APOLOGY.search(reply.body)


def test_a_crisis_is_answered_for_what_it_is() -> None:
    bodies = {
        name: _draft(_triage(severity=3, crisis=(name,)), subject="化粧水").body for name in CRISES
    }
    assert "医療機関" in bodies["injury"]
    assert "プラグ" in bodies["safety_defect"]
    assert "保管" in bodies["personal_data"]
    assert "119番" in bodies["self_harm"]
    assert "事実関係" not in bodies["self_harm"]
    assert all("責任者" in body for body in bodies.values())


def test_a_time_must_be_given_where_one_is_named() -> None:
    facts = CaseFacts(
        receipt=RECEIPT,
        channel=Channel.EMAIL,
        visibility=Visibility.PRIVATE,
        display_name="",
        subject="",
        triage=_triage(),
        due=None,
    )
    with pytest.raises(ValueError, match="needs a time"):
        draft(TOKYO, facts)


def test_only_plain_praise_needs_no_time() -> None:
    untimed = [triage for triage in KINDS if not needs_time(triage)]
    assert {(triage.kind, triage.conduct) for triage in untimed} == {
        (Kind.PRAISE, Conduct.ORDINARY)
    }
    assert max(triage.severity for triage in untimed) < 3


@pytest.mark.parametrize("purpose", [Purpose.FIRST_REPLY, Purpose.DELAY])
def test_who_wants_no_messages_is_shown_mail_or_telephone_in_public(purpose: Purpose) -> None:
    company, (limit,) = TOKYO.company, LIMITS["x"]
    for triage in KINDS:
        facts = CaseFacts(
            receipt=RECEIPT,
            channel=Channel.X,
            visibility=Visibility.PUBLIC,
            display_name="",
            subject="",
            triage=triage,
            due=DUE,
            purpose=purpose,
            opted_out=True,
        )
        body = draft(TOKYO, facts).body
        assert "https://" not in body
        assert company.email in body or company.phone in body
        assert RECEIPT in body
        assert limit.count(body) <= limit.most
        assert (
            TOKYO.channels[Channel.X].direct in draft(TOKYO, replace(facts, opted_out=False)).body
        )


PACKS = ("default", "retail", "hospital", "municipality", "school", "finance", "travel")


@pytest.mark.parametrize("name", PACKS)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_packs_drafts_are_whole_and_admit_no_fault(name: str, language: str) -> None:
    policy = load_policy(name)
    kinds = [*policy.specialists, ""]
    for kind, conduct, crisis in itertools.product(Kind, Conduct, kinds):
        severity = 3 if crisis else 1
        crises = (crisis,) if crisis else ()
        triage = _triage(
            kind=kind, conduct=conduct, severity=severity, crisis=crises, language=language
        )
        reply = _draft(triage, policy=policy)
        _is_whole(reply, triage, policy)
        opening = policy.opening(triage, language)
        assert not opening or conduct is Conduct.THREAT or opening in reply.body
        assert conduct is not Conduct.THREAT or not APOLOGY.search(reply.body)


def test_a_trade_speaks_of_itself_and_of_people_in_its_own_words() -> None:
    policy = load_policy("hospital")
    grave = _draft(_triage(severity=3, crisis=("medical_error",)), "", policy=policy)
    assert grave.body.startswith("患者様・ご家族の皆様")
    assert "救急外来" in grave.body
    assert "商品" not in grave.body
    rude = _draft(_triage(conduct=Conduct.UNREASONABLE), "", policy=policy)
    assert "当院の定める範囲" in rude.body
    assert "当社" not in rude.body


def test_today_is_said_of_the_day_on_which_it_is_drafted() -> None:
    told = DUE.replace(hour=1)
    assert "本日15時まで" in _draft(_triage(), told=told).body
    assert "明日（火）15時まで" in _draft(_triage(), told=told - timedelta(days=1)).body


@pytest.mark.parametrize("name", PACKS)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_notice_of_delay_is_whole_apologises_and_blames_nobody(name: str, language: str) -> None:
    policy = load_policy(name)
    for kind, conduct, severity in itertools.product(Kind, Conduct, range(4)):
        triage = _triage(kind=kind, conduct=conduct, severity=severity, language=language)
        facts = CaseFacts(
            receipt=RECEIPT,
            channel=Channel.EMAIL,
            visibility=Visibility.PRIVATE,
            display_name="木村 佳代",
            subject="届きません",
            triage=triage,
            due=DUE,
            purpose=Purpose.DELAY,
        )
        reply = draft(policy, facts)
        assert _blocking(reply, triage, policy) == []
        assert bool(APOLOGY.search(reply.body)) is (conduct is not Conduct.THREAT)
        assert ("届きません" in reply.body) is (conduct is Conduct.ORDINARY)
        assert RECEIPT in reply.body
        assert reply.due == DUE


@pytest.mark.parametrize("language", ["ja", "en"])
def test_fault_is_owned_only_where_people_have_confirmed_it(language: str) -> None:
    owned = re.compile(r"至らない点|行き届いて|did not do as well|fell short|fell short here")
    for cause in ("defect", "service"):
        triage = _triage(language=language, cause=cause)
        assert not owned.search(_draft(triage).body)
        assert owned.search(_draft(triage, fault_confirmed=True).body)


def test_a_demand_is_said_back_and_not_agreed_to() -> None:
    triage = _triage(demands=("refund", "explanation"))
    assert "ご返金とご説明をご希望と承りました" in _draft(triage).body
    assert not re.search("承知|かしこまり", _draft(triage).body)
    english = _draft(_triage(language="en", demands=("refund", "repair", "explanation"))).body
    assert "a refund, a repair and an explanation." in english


def test_a_reproach_is_not_quoted_back() -> None:
    rude = "この詐欺師ども"
    assert rude not in _draft(_triage(), subject=rude).body
    assert "店員の態度" not in _draft(_triage(cause="service"), subject="店員の態度").body
    for conduct in (Conduct.HARASSMENT, Conduct.UNREASONABLE):
        assert "土下座" not in _draft(_triage(conduct=conduct), subject="土下座しろ").body


def test_the_words_of_a_person_in_distress_are_not_said_back() -> None:
    triage = _triage(severity=3, crisis=("self_harm",))
    for purpose in (Purpose.FIRST_REPLY, Purpose.DELAY):
        body = _draft(triage, subject="もう消えてしまいたい", purpose=purpose).body
        assert "消えて" not in body
        assert TOKYO.help_lines[0].contact in body
    letter = Letter(
        RECEIPT, Channel.EMAIL, Visibility.PRIVATE, "木村", "もう消えてしまいたい", triage
    )
    for reply in (later.follow_up(TOKYO, letter, ""), later.progress(TOKYO, letter, None)):
        assert "消えて" not in reply.body


def test_every_letter_calls_the_matter_the_same() -> None:
    letter = Letter(RECEIPT, Channel.EMAIL, Visibility.PRIVATE, "木村", "Re: ポットの件", _triage())
    for reply in (
        _draft(_triage(), subject=letter.subject),
        _draft(_triage(), subject=letter.subject, purpose=Purpose.DELAY),
        later.follow_up(TOKYO, letter, ""),
        later.progress(TOKYO, letter, DUE),
        later.closing(TOKYO, letter),
    ):
        assert "「ポット」の件" in reply.body


def test_a_message_without_a_subject_of_its_own_is_called_by_the_case() -> None:
    assert topic(f"[{RECEIPT}]", "お皿の割れ") == "お皿の割れ"
    assert topic("https://evil.example", "Re: お皿の割れ") == "お皿の割れ"
    assert topic(f"Re: [{RECEIPT}]", "") == topic() == ""


def test_nobody_apologises_twice_in_a_breath() -> None:
    for crisis in CRISES:
        triage = _triage(severity=3, crisis=(crisis,))
        for way in range(3):
            body = _draft(triage, fault_confirmed=True, turn=Turn(13 * way, 13 * way)).body
            assert len(re.findall("申し訳|お詫び", body)) <= 1, body


def test_harassment_is_warned_and_an_excess_offered_an_alternative() -> None:
    warn = TOKYO.protection.warn
    assert warn is not None
    assert warn.wording.ja in _draft(_triage(conduct=Conduct.HARASSMENT)).body
    body = _draft(_triage(conduct=Conduct.UNREASONABLE)).body
    assert "お応えいたしかねます" in body
    assert "当社としてできること" in body


def test_a_person_in_distress_is_given_the_policys_help_lines() -> None:
    body = _draft(_triage(severity=3, crisis=("self_harm",))).body
    for line in TOKYO.help_lines:
        assert line.contact in body


def test_a_companys_own_template_comes_first(tmp_path: Path) -> None:
    own = tmp_path / "inquiry" / "ja"
    own.mkdir(parents=True)
    text = "{% extends frame %}{% block body %}{{ due }}に、お返事いたします。{% endblock %}"
    (own / "email.jinja").write_text(text, encoding="utf-8")
    policy = TOKYO.model_copy(update={"templates": str(tmp_path)})
    body = _draft(_triage(kind=Kind.INQUIRY), policy=policy).body
    assert "11月24日（火）15時までに、お返事いたします。" in body
    assert "お問い合わせ" not in body
    assert APOLOGY.search(_draft(_triage(), policy=policy).body)


def test_the_notes_are_for_the_approver() -> None:
    spans = (Span("harassment", 0, 3, "馬鹿野郎"), Span("demand:refund", 3, 5, "返金\nして"))
    triage = _triage(
        language="fr", demands=("refund",), cause="defect", products=("絵皿",), evidence=spans
    )
    past = [Past(f"M-{n}", "皿", "交換した") for n in range(5)]
    found = notes(TOKYO, triage, "ja", past)
    assert len(found.similar) == 3
    assert "品質保証部が決定" in found.authority
    assert found.evidence == (("harassment", "〔伏せ字〕"), ("demand:refund", "「返金 して」"))
    assert "fr" in found.flags[0]
    assert notes(TOKYO, _triage(severity=3, crisis=("injury",)), "en").checklist
    assert found.solution not in _draft(triage).body
