"""Django's settings of the desk's pages: those of the record, and what the web needs besides.

Only the process of `madoguchi desk` loads them, so that an idle intake imports nothing of the web.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import django
from csp.constants import NONE, SELF
from django.utils.functional import lazy

from casebook.config import settings as _settings
from casebook.links import signing_key
from casebook.policy import load_policy
from casebook.settings import *  # noqa: F403
from casebook.settings import DATABASES
from desk.limits import REQUEST

_HERE = Path(__file__).parent
_DESK = _settings().desk
_PUBLIC = urlsplit(_DESK.url)
_HTTPS = _PUBLIC.scheme == "https"

# Each request has a thread of its own, which would leave its connection behind.
DATABASES["default"]["CONN_MAX_AGE"] = 0

DEBUG = False
# Looked up when it is first needed: a command that only asks makes no file.
SECRET_KEY = lazy(signing_key, str)()
ALLOWED_HOSTS = [name for name in (_PUBLIC.hostname, _DESK.host) if name]
APPEND_SLASH = False
ROOT_URLCONF = "desk.urls"
INSTALLED_APPS = [
    "casebook",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "desk.web.middleware.Surroundings",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "desk.web.middleware.SignedIn",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_HERE / "templates", Path(django.__file__).parent / "forms" / "templates"],
        "OPTIONS": {
            "builtins": [
                "django.templatetags.static",
                "django.templatetags.i18n",
                "desk.web.tags",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "desk.web.frame.surroundings",
            ],
        },
    }
]
FORM_RENDERER = "desk.web.forms.Renderer"
# What the texts are written in; a reader's language is the middleware's matter.
LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", "日本語"), ("en", "English")]
LOCALE_PATHS = [_HERE / "locale"]
LANGUAGE_COOKIE_NAME = "desk_language"

# Files are served as they lie here, so there is nothing to collect.
STATIC_URL = "/static/"
STATIC_ROOT = _HERE / "static"
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_AUTOREFRESH = False

_STRICT = {
    "default-src": [NONE],
    "style-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}
CONTENT_SECURITY_POLICY_FOR_CUSTOMERS = _STRICT
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {**_STRICT, "script-src": [SELF], "connect-src": [SELF], "img-src": [SELF]}
}
PERMISSIONS_POLICY = ", ".join(
    f"{name}=()" for name in ("camera", "geolocation", "microphone", "payment", "usb")
)
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
# Sent over TLS alone: uvicorn learns from the proxy on this machine that it speaks TLS.
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _HTTPS else 0
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_AGE = None  # It goes with the browser's session.
CSRF_COOKIE_SAMESITE = "Strict"
# Behind a proxy that speaks TLS, Django itself sees plain HTTP.
CSRF_TRUSTED_ORIGINS = [_DESK.url] if _DESK.url else []
CSRF_FAILURE_VIEW = "desk.web.errors.not_ours"
DATA_UPLOAD_MAX_MEMORY_SIZE = REQUEST

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("MinimumLengthValidator", {"min_length": 12}),
        ("UserAttributeSimilarityValidator", {}),
        ("CommonPasswordValidator", {}),
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "queue"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_AGE = int(_DESK.session_hours * 3600)
SESSION_COOKIE_HTTPONLY = True
# An identity provider sends people back by a link from its own site.
SESSION_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

AXES_HANDLER = "desk.web.throttling.Doors"
AXES_CLIENT_IP_CALLABLE = "desk.origin.origin"
AXES_FAILURE_LIMIT = _DESK.attempts
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "desk.web.errors.locked_out"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
# Who signed in when stands with the user; a list of addresses would be one more thing to guard.
AXES_DISABLE_ACCESS_LOG = True
OTP_TOTP_ISSUER = load_policy(_settings().policy).company.name.in_("ja")

if _DESK.oidc is not None:
    INSTALLED_APPS += ["mozilla_django_oidc"]
    AUTHENTICATION_BACKENDS += ["desk.web.oidc.Backend"]
    AXES_WHITELIST_CALLABLE = "desk.web.oidc.unthrottled"
    OIDC_RP_CLIENT_ID = _DESK.oidc.client_id
    OIDC_RP_CLIENT_SECRET = lazy(_DESK.oidc.client_secret.reveal, str)()
    OIDC_RP_SIGN_ALGO = _DESK.oidc.algorithm
    OIDC_RP_SCOPES = "openid profile email"
    OIDC_USE_PKCE = True
    OIDC_OP_AUTHORIZATION_ENDPOINT = _DESK.oidc.authorization_url
    OIDC_OP_TOKEN_ENDPOINT = _DESK.oidc.token_url
    OIDC_OP_USER_ENDPOINT = _DESK.oidc.userinfo_url
    OIDC_OP_JWKS_ENDPOINT = _DESK.oidc.jwks_url
    OIDC_CREATE_USER = False
    LOGIN_REDIRECT_URL_FAILURE = "/login?refused"
