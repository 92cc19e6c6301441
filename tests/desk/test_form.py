"""The public form: what it asks for, what it takes, and how it keeps machines out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from casebook import models as m
from casebook import moves
from casebook.clock import frozen
from casebook.types import Relation, RelationKind
from tests.conftest import Configure
from tests.desk.waiting import HOSTILE

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
FILLED = {
    "name": "山田 花子",
    "email": "Hanako@Example.jp",
    "product": "白い平皿",
    "order": "AB-12345",
    "day": "2026-11-19",
    "text": "届いた箱を開けると、\r\n皿が割れていました。",
    "wish": "replacement",
    "phone": "090-1234-5678",
}


@pytest.fixture(autouse=True)
def _open(configure: Configure) -> Iterator[None]:
    configure("[form]\nenabled = true\n")
    cache.clear()
    with frozen(NOON):
        yield


def _stamp(client: Client) -> str:
    found = re.search(r'name="stamp" value="([^"]+)"', client.get("/form").content.decode())
    assert found is not None
    return found[1]


def _send(after: float = 30, **changes: str) -> Any:
    client = Client(headers={"accept-language": "ja"})
    stamp = _stamp(client)
    with frozen(NOON + timedelta(seconds=after)):
        return client.post("/form?lang=ja", {**FILLED, "stamp": stamp, **changes})


def _followed(answer: Any) -> str:
    assert answer.status_code == 302, answer.content.decode()
    with frozen(NOON + timedelta(minutes=1)):
        return Client().get(answer.headers["Location"]).content.decode()


def test_there_is_none_unless_it_is_switched_on(configure: Configure) -> None:
    configure("")
    assert Client().get("/form").status_code == 404
    assert Client().post("/form", FILLED).status_code == 404


def test_a_customer_writes_and_is_told_the_number_of_the_case() -> None:
    page = _followed(_send())
    row = m.Message.objects.get()
    assert row.receipt is not None
    assert row.receipt in page
    assert "お問い合わせを受け付けました" in page
    assert (row.channel, row.state, row.author) == ("form", "received", "hanako@example.jp")
    assert (row.display_name, row.subject) == ("山田 花子", "白い平皿")
    assert row.new_text == (
        "届いた箱を開けると、\n皿が割れていました。\n\n"
        "商品・サービス名: 白い平皿\nご注文番号・ご予約番号: AB-12345\n発生した日: 2026-11-19\n"
        "ご希望の対応: 交換してほしい\n電話番号: 090-1234-5678"
    )
    moves.relate([moves.Related(row.pk, Relation(RelationKind.NEW), "ja", ())])
    assert m.Case.objects.get().receipt == row.receipt


def test_sent_twice_from_one_page_it_comes_in_once_written_anew_twice() -> None:
    client = Client()
    filled = {**FILLED, "stamp": _stamp(client)}
    with frozen(NOON + timedelta(seconds=30)):
        first, again = client.post("/form", filled), client.post("/form", filled)
        assert first.headers["Location"] == again.headers["Location"]
        client.post("/form", {**filled, "text": "追記です。"})
    assert m.Message.objects.count() == 2


def test_a_number_leads_to_the_case_that_the_message_turned_out_to_belong_to() -> None:
    from casebook.reading import by_receipt

    _send()
    first = m.Message.objects.get()
    moves.relate([moves.Related(first.pk, Relation(RelationKind.NEW), "ja", ())])
    _send(text="まだ返事がありません。")
    second = m.Message.objects.latest("pk")
    case = m.Case.objects.get()
    same = Relation(RelationKind.FOLLOW_UP, of_message=first.pk, of_case=case.pk)
    moves.relate([moves.Related(second.pk, same, "ja", ())])
    assert m.Case.objects.count() == 1
    assert second.receipt is not None
    assert by_receipt([second.receipt, case.receipt]) == {
        second.receipt: case.pk, case.receipt: case.pk,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"text": " "}, "お困りのこと・ご意見をご記入ください。"),
        ({"email": "hanako"}, "メールアドレスの形をご確認ください"),
        ({"day": "きのう"}, "日付をご確認ください"),
        ({"day": "2026-11-21"}, "今日までの日付をご記入ください。"),
        ({"text": "あ" * 4001}, "4,000文字以内"),
        ({"wish": "gold"}, "一覧からお選びください"),
        ({"name": ""}, "お名前をご記入ください。"),
    ],
)
def test_what_is_missing_is_told_and_what_was_written_stays(
    changes: dict[str, str], told: str
) -> None:
    answer = _send(30, **changes)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert told in page
    assert 'aria-invalid="true"' in page
    assert "AB-12345" in page
    assert m.Message.objects.count() == 0


@pytest.mark.parametrize("after", [1, 13 * 3600])
def test_what_comes_too_fast_or_from_an_old_page_is_asked_for_once_more(after: float) -> None:
    answer = _send(after)
    assert answer.status_code == 422
    assert "まだ送信されていません" in answer.content.decode()
    assert "山田 花子" in answer.content.decode()
    assert m.Message.objects.count() == 0


def test_a_stamp_that_is_not_ours_is_none() -> None:
    for stamp in ("", "x", "a.b.c", _stamp(Client())[:-1] + "0"):
        assert _send(stamp=stamp).status_code == 422
    assert m.Message.objects.count() == 0


def test_only_machines_fill_in_what_nobody_sees() -> None:
    assert _send(website="https://spam.example").status_code == 429
    assert m.Message.objects.count() == 0


def test_one_sender_writes_so_often_an_hour_and_another_still_may() -> None:
    for number in range(5):
        assert _send(text=f"{number}").status_code == 302
    answer = _send(text="もう一度")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "しばらくしてから" in answer.content.decode()
    client = Client(REMOTE_ADDR="2001:db8::1")
    stamp = _stamp(client)
    with frozen(NOON + timedelta(seconds=30)):
        assert client.post("/form", {**FILLED, "stamp": stamp}).status_code == 302


def test_it_sets_no_cookie_runs_no_script_and_is_kept_by_nobody() -> None:
    answer = Client().get("/form")
    assert not answer.cookies
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "no-store" in answer.headers["Cache-Control"]


def test_hostile_words_are_words() -> None:
    answer = _send(name=HOSTILE[:90], product=HOSTILE[:90], text="", order="a\0b")
    assert "<script>" not in answer.content.decode()
    page = _followed(_send(name="\u202eabc", text=HOSTILE, order="a\0b"))
    assert "<script>" not in page
    row = m.Message.objects.get()
    assert row.display_name == "abc"
    assert "a b" in row.new_text or "ab" in row.new_text


def test_a_number_of_nobody_is_shown_to_nobody() -> None:
    location = _send().headers["Location"].split("?")[0]
    assert Client().get(location[:-1] + "x").status_code == 404
    with frozen(NOON + timedelta(days=2)):
        assert Client().get(location).status_code == 404


def test_it_speaks_english_and_asks_for_what_the_configuration_names(
    configure: Configure,
) -> None:
    configure(
        '[form]\nenabled = true\nfields = ["order"]\nrequired = ["order"]\n'
        'privacy = "https://example.jp/privacy"\n'
    )
    page = Client().get("/form?lang=en").content.decode()
    assert '<html lang="en">' in page
    assert "Order or booking number" in page
    assert "Product or service" not in page
    assert 'href="https://example.jp/privacy"' in page
    assert _send(order="").status_code == 422
    assert _send().status_code == 302
    assert "090" not in m.Message.objects.get().new_text
