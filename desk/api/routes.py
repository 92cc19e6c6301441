"""The API put together: its operations, its errors, and where they stand."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI

from desk.api import cases, drafts, messages, searches
from desk.api.problems import handle, problem, unknown
from desk.words import say

ROOT = "api/v1"

api = NinjaAPI(
    title="Madoguchi",
    version="1",
    description="Cases, drafted replies, search, and messages handed over by other systems.",
    openapi_url=None,
    docs_url=None,
    urls_namespace="api",
)
api.add_router("/cases", cases.router)
api.add_router("/drafts", drafts.router)
api.add_router("/messages", messages.router)
api.add_router("/search", searches.router)
handle(api)


def _called(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view that needs no session, and answers a wrong method in the API's own way."""

    @csrf_exempt
    @login_not_required
    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer: HttpResponseBase = view(request, *args, **kwargs)
        if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            text = say("このメソッドは使えません。", "This method is not allowed here.")
            return problem(answer.status_code, text, Allow=answer.headers["Allow"])
        return answer

    return answered


def _patterns() -> list[URLPattern]:
    found = []
    for pattern in api.urls[0]:
        if isinstance(pattern, URLPattern) and pattern.name != "api-root":
            name = f"api-{pattern.name}"
            found.append(path(f"{ROOT}/{pattern.pattern}", _called(pattern.callback), name=name))
    return found


routes = [
    *_patterns(),
    re_path("^api/v1(/.*)?$", csrf_exempt(login_not_required(unknown)), name="api-unknown"),
]
