"""How the API is used: its description as a page, and as OpenAPI for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from desk.access import Action
from desk.api.openapi import REF, operations, schema
from desk.api.routes import ROOT
from desk.web.access import needs


@dataclass(frozen=True, slots=True)
class Value:
    """A value that goes in or comes out: where it stands (`path`, `query`, `header`; empty: the
    body), its type in a word, whether it is needed, and what is told of it."""

    name: str
    place: str
    type: str
    needed: bool
    text: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as the page shows it; `takes` is the shape of its body."""

    id: str
    method: str
    path: str
    summary: str
    text: str
    scope: str
    values: tuple[Value, ...]
    takes: str
    answers: tuple[tuple[str, str, str], ...]


@require_safe
@needs(Action.VIEW_CASE)
def page(request: HttpRequest) -> HttpResponse:
    """All operations and shapes; no script, nothing from elsewhere."""
    document = schema()
    shapes = [
        (name, shape.get("description", ""), tuple(_fields(shape)), shape.get("enum", ()))
        for name, shape in sorted(document["components"]["schemas"].items())
    ]
    values = {
        "here": "people",
        "operations": list(_shown(document)),
        "shapes": shapes,
        "root": f"/{ROOT}",
    }
    return render(request, "desk/people/api.html", values)


@require_safe
@needs(Action.VIEW_CASE)
def openapi(request: HttpRequest) -> JsonResponse:
    """The description for programs."""
    return JsonResponse(schema(), json_dumps_params={"ensure_ascii": False})


def _shown(document: Mapping[str, Any]) -> Iterator[Operation]:
    for address, method, told in operations(document):
        body = told.get("requestBody", {}).get("content", {}).get("application/json", {})
        yield Operation(
            id=told["operationId"],
            method=method.upper(),
            path=address,
            summary=told["summary"],
            text=told.get("description", ""),
            scope=told["x-scope"],
            values=tuple(
                Value(
                    one["name"], one["in"], _type(one["schema"]), one.get("required", False),
                    one["schema"].get("description", ""),
                )
                for one in told.get("parameters", ())
            ),
            takes=_type(body.get("schema", {})) if body else "",
            answers=tuple(
                (status, answer["description"], _answered(answer))
                for status, answer in told["responses"].items()
                if status < "400"
            ),
        )  # fmt: skip


def _fields(shape: Mapping[str, Any]) -> Iterator[Value]:
    needed = shape.get("required", ())
    for name, one in shape.get("properties", {}).items():
        yield Value(name, "", _type(one), name in needed, one.get("description", ""))


def _answered(answer: Mapping[str, Any]) -> str:
    content = answer.get("content", {}).get("application/json", {})
    return _type(content.get("schema", {}))


def _type(shape: Mapping[str, Any]) -> str:
    """A type in a word or two, as a reader needs it."""
    if "$ref" in shape:
        return str(shape["$ref"]).removeprefix(REF)
    if several := shape.get("anyOf") or shape.get("allOf"):
        return " | ".join(_type(one) for one in several)
    if shape.get("type") == "array":
        return f"{_type(shape.get('items', {}))}[]"
    if "enum" in shape:
        return " | ".join(map(str, shape["enum"]))
    return str(shape.get("format") or shape.get("type", ""))


routes = [
    path("api/docs", page, name="api-docs"),
    path("api/openapi.json", openapi, name="api-openapi"),
]
