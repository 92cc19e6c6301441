"""Whatever is sent to the API, it never fails, and it answers as its description says."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from casebook import moves
from casebook.config import settings as configuration
from desk.access import Role, Scope
from desk.api.openapi import schema as document
from desk.keeping import Keeper
from tests.desk.test_search_page import embed
from tests.desk.waiting import SORTS, waiting

pytestmark = pytest.mark.django_db(transaction=True)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
schema = schemathesis.openapi.from_dict(document())


@pytest.fixture
def key() -> str:
    """A key that may do all that a key may, on a record with a few cases."""
    waiting(SORTS[:3])
    return moves.add_token("fuzz", Role.LEAD, list(Scope), "test")[1]


@pytest.fixture
def index(key: str) -> Iterator[None]:
    """The index of the desk's pages over these cases, as the serving process keeps it."""
    shutil.rmtree(configuration().var / "index", ignore_errors=True)
    embed()
    keeper = Keeper()
    keeper.start()
    try:
        for _ in range(1_200):
            if keeper.ready:
                break
            time.sleep(0.1)
        assert keeper.ready
        yield
    finally:
        keeper.close()


FUZZED = settings(
    max_examples=25, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


@schema.exclude(path_regex="/search$").parametrize()
@FUZZED
def test_no_request_makes_it_fail(case: Any, key: str) -> None:
    _answers_as_described(case, key)


@schema.include(path_regex="/search$").parametrize()
@FUZZED
def test_no_search_makes_it_fail(case: Any, key: str, index: None) -> None:
    _answers_as_described(case, key)


def _answers_as_described(case: Any, key: str) -> None:
    cache.clear()
    case.headers = {**(case.headers or {}), "Authorization": f"Bearer {key}"}
    answer = case.call(app=get_wsgi_application(), base_url="http://testserver")
    case.validate_response(answer, checks=CHECKS)
