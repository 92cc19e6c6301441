"""One's own account: signing in and out, the second factor, the password, language and colours."""

from __future__ import annotations

from base64 import b32encode
from typing import Any

import segno
from django import forms
from django.conf import settings as pages
from django.contrib import messages
from django.contrib.auth import authenticate, views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from django_otp import match_token, user_has_device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from casebook import models as m
from casebook import moves
from casebook.config import settings
from desk.web.access import someone
from desk.web.frame import KEYS_COOKIE, SCHEME_COOKIE, SCHEMES
from desk.web.middleware import SECOND_FACTOR

_RECOVERY_CODES = 10
_LONGEST_CODE = 8
"""Characters of a recovery code; every password has more."""
_YEAR_SECONDS = 365 * 24 * 3600
_CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}


class SignInForm(AuthenticationForm):
    """Login and password."""

    error_messages = {  # noqa: RUF012 - as Django declares it
        "invalid_login": gettext_lazy("ユーザー名かパスワードが違います。"),
        "inactive": gettext_lazy("ユーザー名かパスワードが違います。"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = gettext_lazy("ユーザー名")
        self.fields["password"].label = gettext_lazy("パスワード")


class Code(forms.Form):
    """Six digits of an authenticator."""

    code = forms.CharField(
        label=gettext_lazy("確認コード（6桁）"), max_length=6, widget=forms.TextInput(attrs=_CODE)
    )


class NewDevice(Code):
    """The first code of another authenticator, by whoever proves who they are."""

    proof = forms.CharField(
        label=gettext_lazy("パスワードか、今の認証アプリのコード"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class AnyCode(forms.Form):
    """Six digits of an authenticator, or a recovery code, however its letters are written."""

    code = forms.CharField(
        label=gettext_lazy("確認コードか回復用コード"),
        max_length=20,
        widget=forms.TextInput(attrs={**_CODE, "inputmode": "text", "autocapitalize": "none"}),
    )

    def clean_code(self) -> str:
        """The code without blanks and hyphens."""
        return _bare(self.cleaned_data["code"])


def _bare(code: str) -> str:
    return code.replace("-", "").replace(" ", "").lower()


class Taste(forms.Form):
    """How somebody likes the desk."""

    language = forms.ChoiceField(label=gettext_lazy("言語"), choices=pages.LANGUAGES)
    scheme = forms.ChoiceField(
        label=gettext_lazy("配色"),
        required=False,
        choices=[
            ("", gettext_lazy("端末に合わせる")),
            ("light", gettext_lazy("明るい")),
            ("dark", gettext_lazy("暗い")),
        ],
    )
    keys = forms.ChoiceField(
        label=gettext_lazy("文字キーの操作"),
        help_text=gettext_lazy("音声入力などで意図せず動くときは、使わない設定にしてください。"),
        required=False,
        choices=[("", gettext_lazy("使う")), ("off", gettext_lazy("使わない"))],
    )


@method_decorator([login_not_required, never_cache], name="dispatch")
class SignIn(views.LoginView):
    """The login; what somebody likes comes along."""

    template_name = "desk/account/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The form, and the button of the company's identity provider where there is one."""
        oidc = settings().desk.oidc
        refused = "refused" in self.request.GET
        return super().get_context_data(sso=oidc.name if oidc else "", refused=refused, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in; a second factor that is set up is asked for before any page."""
        answer = super().form_valid(form)
        if user_has_device(form.get_user()):
            self.request.session[SECOND_FACTOR] = True
        profile = m.Profile.objects.filter(login=form.get_user().get_username()).first()
        if profile is not None:
            _wear(answer, profile.language, profile.scheme, profile.keys)
        return answer


class SignOut(views.LogoutView):
    """The way out, by POST alone."""

    http_method_names = ["post", "options"]  # noqa: RUF012 - as Django declares it


_out = SignOut.as_view()
_out.second_factor = True  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Ask for the second factor after the password."""
    form = AnyCode(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if match_token(request.user, form.cleaned_data["code"]):
            request.session.pop(SECOND_FACTOR, None)
            request.session.cycle_key()
            return redirect(_next(request))
        form.add_error("code", _("コードが違います。新しいコードを入れてください。"))
    return render(request, "desk/account/verify.html", {"form": form, "next": _next(request)})


verify.second_factor = True  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD"])
def account(request: HttpRequest) -> HttpResponse:
    """What one can set for oneself."""
    language = request.COOKIES.get(pages.LANGUAGE_COOKIE_NAME, settings().language)
    scheme = request.COOKIES.get(SCHEME_COOKIE, "")
    keys = request.COOKIES.get(KEYS_COOKIE, "")
    form = Taste(initial={"language": language, "scheme": scheme, "keys": keys})
    values = {
        "taste": form,
        "second_factor": user_has_device(request.user),
        "recovery_left": StaticToken.objects.filter(device__user=request.user).count(),
    }
    return render(request, "desk/account/page.html", values)


@require_POST
def taste(request: HttpRequest) -> HttpResponse:
    """Keep language, colours and keys, for this browser and for the next sign-in."""
    form = Taste(request.POST)
    answer = redirect("account")
    if form.is_valid():
        chosen = form.cleaned_data
        m.Profile.objects.update_or_create(login=someone(request).login, defaults=chosen)
        _wear(answer, **chosen)
        with override(chosen["language"]):
            messages.success(request, _("設定を保存しました。"))
    return answer


class Password(views.PasswordChangeView):
    """Another password; the old one is asked for."""

    template_name = "desk/account/password.html"
    form_class = PasswordChangeForm
    success_url = reverse_lazy("account")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """Keep it, and say so."""
        messages.success(self.request, _("パスワードを変更しました。"))
        _changed(self.request, "password")
        return super().form_valid(form)


@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Set an authenticator up: its key as a QR code, confirmed by a first code."""
    device, _made = TOTPDevice.objects.get_or_create(
        user=request.user, confirmed=False, defaults={"name": "desk"}
    )
    form = NewDevice(request.POST or None)
    if not _provable(request):
        del form.fields["proof"]
    if request.method == "POST" and form.is_valid():
        if not _proven(request, form.cleaned_data.get("proof", "")):
            form.add_error("proof", _("パスワードかコードが違います。"))
        elif device.verify_token(form.cleaned_data["code"]):
            TOTPDevice.objects.filter(user=request.user).exclude(pk=device.pk).delete()
            device.confirmed = True
            device.save(update_fields=["confirmed"])
            _changed(request, "second factor on")
            messages.success(request, _("二段階認証を有効にしました。"))
            return _codes(request)
        else:
            form.add_error("code", _("コードが違います。新しいコードを入れてください。"))
    values = {
        "form": form,
        "qr": segno.make(device.config_url).svg_inline(
            scale=4, border=2, svgclass="qr", lineclass=None, omitsize=False
        ),
        "key": _grouped(device),
    }
    return render(request, "desk/account/second_factor.html", values)


@require_POST
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes, which make the old ones void. 404 without a second factor."""
    if not TOTPDevice.objects.filter(user=request.user, confirmed=True).exists():
        raise Http404
    if not _proven(request, request.POST.get("proof", "")):
        return _unproven(request)
    _changed(request, "recovery codes")
    return _codes(request)


def _codes(request: HttpRequest) -> HttpResponse:
    """A page with new recovery codes, each good for one sign-in without the authenticator."""
    with transaction.atomic():
        StaticDevice.objects.filter(user=request.user).delete()
        device = StaticDevice.objects.create(user=request.user, name="desk")
        found = [StaticToken.random_token() for _one in range(_RECOVERY_CODES)]
        StaticToken.objects.bulk_create(StaticToken(device=device, token=one) for one in found)
    shown = [f"{one[:4]}-{one[4:]}" for one in found]
    return render(request, "desk/account/codes.html", {"codes": shown})


@require_POST
def second_factor_off(request: HttpRequest) -> HttpResponse:
    """Take the second factor away."""
    if not _proven(request, request.POST.get("proof", "")):
        return _unproven(request)
    TOTPDevice.objects.filter(user=request.user).delete()
    StaticDevice.objects.filter(user=request.user).delete()
    _changed(request, "second factor off")
    messages.success(request, _("二段階認証を無効にしました。"))
    return redirect("account")


def _provable(request: HttpRequest) -> bool:
    """Whether somebody has a password or an authenticator; who comes by the identity provider may
    have neither."""
    user = request.user
    return bool(user.is_authenticated and (user.has_usable_password() or user_has_device(user)))


def _proven(request: HttpRequest, given: str) -> bool:
    """Whether this is somebody's password or a code of theirs: whoever finds a desk unattended
    must not make it their own. Wrong ones count as at the login."""
    if not _provable(request):
        return True
    code = _bare(given)
    if len(code) <= _LONGEST_CODE and user_has_device(request.user):
        return match_token(request.user, code) is not None
    login = someone(request).login
    return bool(given) and authenticate(request, username=login, password=given) is not None


def _unproven(request: HttpRequest) -> HttpResponse:
    messages.error(request, _("パスワードかコードが違います。"))
    return redirect("account")


def _changed(request: HttpRequest, what: str) -> None:
    assert request.user.pk is not None
    moves.account_changed(request.user.pk, someone(request).login, what)


def _grouped(device: TOTPDevice) -> str:
    """The key as people type it where they cannot scan it."""
    key = b32encode(device.bin_key).decode("ascii").rstrip("=")
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else "queue"


def _wear(answer: HttpResponse, language: str, scheme: str, keys: str) -> None:
    for name, value, known in (
        (pages.LANGUAGE_COOKIE_NAME, language, dict(pages.LANGUAGES)),
        (SCHEME_COOKIE, scheme, SCHEMES),
        (KEYS_COOKIE, keys, ("off",)),
    ):
        if value in known:
            answer.set_cookie(
                name, value, max_age=_YEAR_SECONDS, secure=pages.SESSION_COOKIE_SECURE,
                httponly=True, samesite="Lax",
            )  # fmt: skip
        else:
            answer.delete_cookie(name, samesite="Lax")


routes = [
    path("login", SignIn.as_view(), name="login"),
    path("logout", _out, name="logout"),
    path("verify", verify, name="verify"),
    path("account", account, name="account"),
    path("account/taste", taste, name="taste"),
    path("account/password", Password.as_view(), name="password"),
    path("account/second-factor", second_factor, name="second-factor"),
    path("account/second-factor/codes", recovery_codes, name="recovery-codes"),
    path("account/second-factor/off", second_factor_off, name="second-factor-off"),
]
