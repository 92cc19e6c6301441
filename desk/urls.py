"""The desk's pages by address."""

from __future__ import annotations

from django.urls import path

from desk import survey

urlpatterns = [
    path("s/<str:token>", survey.survey, name="survey"),
    path("healthz", survey.healthy, name="healthy"),
]

handler400 = survey.not_understood
handler403 = survey.not_ours
handler404 = survey.not_found
handler500 = survey.broken
