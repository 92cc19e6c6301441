"""Errors of the API in one shape: problem details (RFC 9457, `application/problem+json`)."""

from __future__ import annotations

import logging
import math
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError

from casebook.errors import IllegalMove
from desk.words import say
from enrich.index import IndexUnavailable

_log = logging.getLogger("django.request")
_MOST = 20
_BUSY_SECONDS = 5


class Wrong(Schema):
    """One value that is not accepted: where it stands (`body.text`), and why."""

    where: str
    why: str


class Problem(Schema):
    """What went wrong. `title` is the status in words, `detail` what helps; `errors` names the
    values that were not accepted."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[Wrong] | None = None


class Refused(HttpError):
    """A request that is well formed and still not done, with its status and what helps."""


def problem(
    status: int, detail: str, errors: list[dict[str, str]] | None = None, **headers: str
) -> HttpResponse:
    """A problem as the answer to a request; `headers` with underscores for hyphens."""
    told: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **({"errors": errors} if errors else {}),
    }
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return JsonResponse(told, status=status, headers=named, content_type="application/problem+json")


def unknown(request: HttpRequest, *_given: object) -> HttpResponse:
    """No such address in the API."""
    return problem(404, say("このアドレスはありません。", "There is nothing at this address."))


def handle(api: NinjaAPI) -> None:
    """Let an API answer all its errors as problems."""

    @api.exception_handler(ValidationError)
    def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        return problem(
            422, say("値を確認してください。", "Some values are not accepted."), _wrong(error)
        )

    @api.exception_handler(AuthenticationError)
    def _nobody(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        text = say("有効なAPIキーが必要です。", "A valid API key is needed.")
        return problem(401, text, WWW_Authenticate="Bearer")

    @api.exception_handler(Throttled)
    def _slower(request: HttpRequest, error: Throttled) -> HttpResponse:
        text = say("リクエストが多すぎます。", "Too many requests.")
        return problem(429, text, Retry_After=str(max(1, math.ceil(error.wait or 1))))

    @api.exception_handler(HttpError)
    def _refused(request: HttpRequest, error: HttpError) -> HttpResponse:
        return problem(error.status_code, str(error))

    @api.exception_handler(PermissionDenied)
    def _forbidden(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
        text = str(error) or say("このキーの権限では行えません。", "This key may not do this.")
        return problem(403, text)

    @api.exception_handler(Http404)
    def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
        return problem(404, say("見つかりません。", "There is no such thing."))

    @api.exception_handler(IllegalMove)
    def _too_late(request: HttpRequest, error: IllegalMove) -> HttpResponse:
        return problem(409, str(error))

    @api.exception_handler(RequestDataTooBig)
    def _too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
        return problem(413, say("内容が大きすぎます。", "The request is too large."))

    @api.exception_handler(IndexUnavailable)
    def _busy(request: HttpRequest, error: IndexUnavailable) -> HttpResponse:
        text = say("検索を準備しています。", "The search is not available at this moment.")
        return problem(503, text, Retry_After=str(_BUSY_SECONDS))

    @api.exception_handler(Exception)
    def _broken(request: HttpRequest, error: Exception) -> HttpResponse:
        _log.error("the API failed", exc_info=error)
        return problem(500, say("処理できませんでした。", "Something failed here."))


def _wrong(error: ValidationError) -> list[dict[str, str]]:
    return [
        {"where": ".".join(map(str, one.get("loc", ()))), "why": str(one.get("msg", ""))}
        for one in error.errors[:_MOST]
    ]
