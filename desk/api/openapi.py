"""The API's description for programs: OpenAPI, with all errors as problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from desk.api.problems import Problem
from desk.api.routes import ROOT, api

REF = "#/components/schemas/"
_ALWAYS = {
    "400": "Not readable",
    "401": "No valid key",
    "403": "The key lacks the scope, or its role the right",
    "404": "No such thing",
    "413": "Too large",
    "422": "Some values are not accepted",
    "429": "Too many requests: wait as long as Retry-After says",
}
_SOME = {
    "409": "Decided or changed meanwhile, or blocked by the guard",
    "503": "The search is not available at this moment",
}


@cache
def schema() -> dict[str, Any]:
    """The OpenAPI document. `x-scope` of an operation is what its key needs."""
    document: dict[str, Any] = dict(api.get_openapi_schema(path_prefix=f"/{ROOT}/"))
    shape = Problem.model_json_schema(ref_template=f"{REF}{{model}}")
    inner = shape.pop("$defs", {})
    document["components"]["schemas"].update(inner, Problem=shape)
    for _path, _method, operation in operations(document):
        own = {str(status): told for status, told in operation["responses"].items()}
        for status, text in {**_ALWAYS, **_SOME}.items():
            if status in _ALWAYS or status in own:
                own[status] = _problem(text)
        operation["responses"] = dict(sorted(own.items()))
    return document


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and description of each operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _problem(text: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": f"{REF}Problem"}}}
    return {"description": text, "content": content}
