"""The desk's pages by address; each page's module says its own (`routes`)."""

from __future__ import annotations

from django.urls import path

from desk import form, survey
from desk.api.routes import routes as api_routes
from desk.web import (
    account,
    api,
    boards,
    case,
    deciding,
    deeds,
    editor,
    errors,
    keys,
    letter,
    mine,
    oidc,
    people,
    queue,
    search,
)  # fmt: skip

urlpatterns = [
    *queue.routes,
    *case.routes,
    *deeds.routes,
    *letter.routes,
    *mine.routes,
    *editor.routes,
    *deciding.routes,
    *search.routes,
    *boards.routes,
    *people.routes,
    *keys.routes,
    *api.routes,
    *api_routes,
    *account.routes,
    *oidc.routes,
    path("form", form.form, name="form"),
    path("form/<str:token>", form.received, name="form-received"),
    path("s/<str:token>", survey.survey, name="survey"),
    path("healthz", survey.healthy, name="healthy"),
]

handler400 = errors.not_understood
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = survey.broken
