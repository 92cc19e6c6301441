"""Public replies as people and programs see them: how long they are, and what is ready behind them."""

from __future__ import annotations

import json

import pytest

from casebook.lengths import mastodon_length
from tests.desk.place import SAMPLES, Place
from tests.mastodon_server import MastodonServer

LENGTHS = {"x": 280, "google": 4_096}


@pytest.fixture
def posts(place: Place) -> Place:
    """What customers wrote elsewhere, drafted."""
    assert place.type("import", str(SAMPLES / "posts.jsonl")).returncode == 0
    assert place.type("intake").returncode == 0
    return place


def test_the_queue_tells_lengths_and_what_is_ready(posts: Place) -> None:
    drafts = [json.loads(line) for line in posts.type("queue", "--json").stdout.splitlines()]
    assert sorted(draft["channel"] for draft in drafts) == ["dm", "google", "x", "x", "x"]
    table = posts.type("queue").stdout
    for draft in drafts:
        told = posts.type("queue", draft["receipt"]).stdout
        if draft["visibility"] == "private":
            assert draft["channel"] == "dm"
            assert not draft["prepared"]
            assert "Ready for when" not in told
            continue
        assert 0 < draft["length"] <= LENGTHS[draft["channel"]]
        length = f"{draft['length']:,}/{LENGTHS[draft['channel']]:,}"
        assert length in table
        public = told.index(length)
        ready = told.index("Ready for when the customer writes in private")
        assert public < ready
        shown = told[ready:].replace("\n", "").replace(" ", "")
        opening = draft["prepared"]["body"].splitlines()[0].replace(" ", "")
        assert opening in shown
        assert draft["due"] is None
        assert draft["prepared"]["due"]
        assert not draft["findings"]
        assert draft["receipt"] in draft["reply"]


def test_they_are_shown_in_japanese(posts: Place) -> None:
    path = posts.root / "madoguchi.toml"
    path.write_text(path.read_text().replace('language = "en"', 'language = "ja"'))
    receipt = next(
        draft["receipt"]
        for draft in map(json.loads, posts.type("queue", "--json").stdout.splitlines())
        if draft["channel"] == "x"
    )
    told = posts.type("queue", receipt).stdout
    for words in (
        "お客様の投稿（公開）",
        "公開の返信案（X、長さ ",
        "お客様から非公開でご連絡があったときの返信案（期限 ",
    ):
        assert words in told


def test_what_the_account_does_not_take_is_not_approved(place: Place) -> None:
    place.secrets["MASTODON_TOKEN"] = MastodonServer.token
    with MastodonServer() as server:
        place.configure(_mastodon(server))
        server.put("<p>@support 届いたお皿が割れていました。</p>", visibility="direct")
        assert place.type("intake").returncode == 0
        receipt = json.loads(place.type("queue", "--json").stdout)["receipt"]
        server.most = 150
        refused = place.type("approve", receipt)
        assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
        assert f"{receipt}: mastodon takes 118 characters" in refused.stderr
        server.most = 5_000
        assert place.type("approve", receipt).returncode == 0


def test_a_private_reply_on_mastodon_is_written_in_brief(place: Place) -> None:
    place.secrets["MASTODON_TOKEN"] = MastodonServer.token
    with MastodonServer() as server:
        place.configure(_mastodon(server))
        told = "The plate that I ordered arrived broken. I would like a refund, please."
        server.put(f"<p>@support {told}</p>", visibility="direct")
        assert place.type("intake").returncode == 0
        draft = json.loads(place.type("queue", "--json").stdout)
        assert mastodon_length(f"@{'x' * 30} {draft['reply']}") <= server.most == 500
        assert "We are sorry" in draft["reply"]
        assert draft["receipt"] in draft["reply"]
        assert "support@" not in draft["reply"]
        assert place.type("approve", draft["receipt"]).returncode == 0


def _mastodon(server: MastodonServer) -> str:
    return f'''
[[sources]]
name = "mastodon"
type = "mastodon"
base_url = "{server.url}"
access_token = {{ env = "MASTODON_TOKEN" }}
'''
