"""What people see of the language model: by `check`, and beside a draft in the queue."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.desk.place import SAMPLES, Place
from tests.llm_server import KEY, MODEL, Endpoint, llm


@pytest.fixture
def endpoint(place: Place) -> Iterator[Endpoint]:
    place.secrets["LLM_KEY"] = KEY
    with llm() as found:
        place.configure(found.table())
        yield found


def checked(place: Place) -> str:
    done = place.type("check")
    assert KEY not in done.stdout + done.stderr
    return next(
        line for line in (done.stdout + done.stderr).splitlines() if line.split()[1][:3] == "llm"
    )


def test_check_asks_for_the_list_and_not_the_model(place: Place, endpoint: Endpoint) -> None:
    assert checked(place) == f"OK     llm: {MODEL}, {endpoint.url}"
    assert endpoint.requests == []
    place.configure(endpoint.table().replace(MODEL, "unheard-of"))
    assert "not among its models (llm.model)" in checked(place)


def test_check_says_what_is_wrong(place: Place, endpoint: Endpoint) -> None:
    endpoint.status = 401
    assert checked(place).startswith(f"WRONG  llm: {endpoint.url}: it does not accept the key")
    place.secrets["LLM_KEY"] = ""
    assert "LLM_KEY" in checked(place)
    place.configure("")
    assert checked(place) == "OK     llm: not used (llm.base_url)"
    place.configure(endpoint.table().replace(f'model = "{MODEL}"', ""))
    assert "llm: name the model too" in place.type("check").stderr


def test_whoever_approves_sees_why_the_template_stands(place: Place, endpoint: Endpoint) -> None:
    endpoint.body = lambda found: "返金します" * 30
    place.type("import", str(SAMPLES / "inbox" / "01-late-delivery.eml"))
    assert "1 drafts queued" in place.type("intake").stdout
    (draft,) = map(json.loads, place.type("queue", "--json").stdout.splitlines())
    assert "返金" not in draft["reply"]
    shown = place.type("queue", draft["receipt"]).stdout
    assert "rewrite_refused: The language model's wording is not used" in " ".join(shown.split())
    assert "today 1 of 500 requests, 1,000 of 1,000,000 tokens" in checked(place)
    assert "Approved" in place.type("approve", draft["receipt"]).stdout
