"""Django's settings of the desk's pages: those of the record, and what the web needs besides.

Only the process of `madoguchi desk` loads them, so that an idle intake imports nothing of the web.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.utils.functional import lazy

from casebook.config import settings as _settings
from casebook.links import signing_key
from casebook.settings import *  # noqa: F403

_HERE = Path(__file__).parent
_DESK = _settings().desk
_PUBLIC = urlsplit(_DESK.url)
_HTTPS = _PUBLIC.scheme == "https"

DEBUG = False
# Looked up when it is first needed: a command that only asks makes no file.
SECRET_KEY = lazy(signing_key, str)()
ALLOWED_HOSTS = [name for name in (_PUBLIC.hostname, _DESK.host) if name]
APPEND_SLASH = False
ROOT_URLCONF = "desk.urls"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_HERE / "templates"],
        "OPTIONS": {"builtins": ["django.templatetags.static"]},
    }
]
LANGUAGES = [("ja", "日本語"), ("en", "English")]

# The style sheet is served as it lies here: one file, so there is nothing to collect.
STATIC_URL = "/static/"
STATIC_ROOT = _HERE / "static"
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_AUTOREFRESH = False

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "style-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "no-referrer"
CSRF_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_AGE = None  # It goes with the browser's session.
CSRF_COOKIE_SAMESITE = "Strict"
# Behind a proxy that speaks TLS, Django itself sees plain HTTP.
CSRF_TRUSTED_ORIGINS = [_DESK.url] if _DESK.url else []
CSRF_FAILURE_VIEW = "desk.survey.not_ours"
# The longest comment, percent-encoded, and the other fields.
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
