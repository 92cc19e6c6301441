"""Pages for what went wrong: for people at the desk in its frame, for customers as the survey's."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from desk import survey


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Signed in, but not allowed."""
    if not _ours(request):
        return survey.not_ours(request)
    text = _("この操作の権限がありません。必要なときは管理者にご相談ください。")
    return _said(request, _("権限がありません"), text, HTTPStatus.FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """No such page or thing."""
    if not _ours(request):
        return survey.not_found(request)
    text = _("アドレスが変わったか、削除された可能性があります。")
    return _said(request, _("ページが見つかりません"), text, HTTPStatus.NOT_FOUND)


def not_understood(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A request that no browser sends by itself, or one that is too large."""
    if not _ours(request):
        return survey.not_understood(request)
    if isinstance(exception, RequestDataTooBig):
        title, text = (
            _("長すぎて受け付けられませんでした"),
            _("短くするか、いくつかに分けて、もう一度お試しください。"),
        )
        return _said(request, title, text, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    text = _("ページを開き直してから、もう一度お試しください。")
    return _said(request, _("送信できませんでした"), text, HTTPStatus.BAD_REQUEST)


def not_ours(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that did not come from our page, or whose page is too old."""
    if request.path.startswith("/s/"):
        return survey.not_ours(request)
    text = _("ページを開き直してから、もう一度お試しください。")
    return _said(request, _("送信できませんでした"), text, HTTPStatus.FORBIDDEN)


def too_late(request: HttpRequest) -> HttpResponse:
    """What was to be done is no longer possible: somebody was faster, or the guard stands against
    it. For htmx one line of plain text, which the page shows as a notice."""
    text = _("状況が変わったため、実行できませんでした。ページを開き直してご確認ください。")
    if "HX-Request" in request.headers:
        return HttpResponse(
            text, status=HTTPStatus.CONFLICT, content_type="text/plain; charset=utf-8"
        )
    return _said(request, _("実行できませんでした"), text, HTTPStatus.CONFLICT)


def signed_out(request: HttpRequest) -> HttpResponse:
    """A page asks for a part of itself, and nobody is signed in any more: one line for its reader,
    who may be typing."""
    text = _("サインインの有効期限が切れました。入力した内容はこのページに残っています。")
    status = HTTPStatus.UNAUTHORIZED
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


@login_not_required
def locked_out(request: HttpRequest, *_given: object, **_more: object) -> HttpResponse:
    """Too many wrong passwords."""
    text = _("パスワードの誤りが続いたため、15分ほど受け付けを止めています。")
    title = _("しばらくお待ちください")
    return _said(request, title, text, HTTPStatus.TOO_MANY_REQUESTS)


def _ours(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return bool(user is not None and user.is_authenticated)


def _said(request: HttpRequest, title: str, text: str, status: HTTPStatus) -> HttpResponse:
    return render(request, "desk/message.html", {"title": title, "text": text}, status=status)
