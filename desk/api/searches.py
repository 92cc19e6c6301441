"""Search: past cases like a text, and how they were solved."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from casebook.types import Where
from desk.access import Action, Scope
from desk.api.keys import needs
from desk.api.problems import Problem
from desk.api.shapes.cases import cases_out
from desk.api.shapes.searches import HitOut, Hits, SearchIn
from desk.masking import solutions

router = Router(tags=["search"])


@router.post(
    "",
    response={200: Hits, 503: Problem},
    url_name="search",
    summary="Search cases",
    **needs(Scope.SEARCH, Action.SEARCH),
)
def search(request: HttpRequest, given: SearchIn) -> Hits:
    """The cases nearest to a text in meaning and words, in Japanese and English alike."""
    # The encoder takes seconds to load; who never searches does not wait for it.
    from desk.searching import find

    where = Where(
        settled=None if given.everything else True,
        language=given.language,
        channel=given.channel or "",
        product=given.product,
        cause=given.cause,
    )
    found = find(given.text, given.limit, where)
    rows = [one.case for one in found]
    cases, solved = cases_out(rows), solutions(rows)
    return Hits(
        items=[
            HitOut(
                case=case,
                meaning=round(one.meaning, 4),
                words=list(one.words),
                solution=solved[one.case.pk],
            )
            for case, one in zip(cases, found, strict=True)
        ]
    )
