"""A Qdrant server, or qdrant-client's own memory, through the same client.

Reference: https://python-client.qdrant.tech.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from casebook.config import Index as IndexTable
from casebook.types import Point, Role, Where
from enrich.index.base import (
    DEPTH,
    EVERYWHERE,
    LABELS,
    NUMBERS,
    RRF_K,
    WEIGHTS,
    Hit,
    IndexUnavailable,
    cosine,
    floats,
    matches,
    payload,
)
from enrich.words import unpack

T = TypeVar("T")

if TYPE_CHECKING:
    from qdrant_client import QdrantClient, models

_CHUNK = 1_000


class ClientIndex:
    """One collection; made with the first point, whose vectors say what roles it has."""

    def __init__(self, client: QdrantClient, name: str, *, url: str) -> None:
        """`url`: the server's address; empty for a memory, which wants no payload indexes."""
        self._client = client
        self._name = name
        self._url = url
        self._exists = bool(self._ask(client.collection_exists, name))

    def _create(self, vectors: Mapping[Role, bytes]) -> None:
        from qdrant_client import models

        dense = {
            role.value: models.VectorParams(size=len(data) // 2, distance=models.Distance.DOT)
            for role, data in vectors.items()
            if role is not Role.WORDS
        }
        sparse = {Role.WORDS.value: models.SparseVectorParams(modifier=models.Modifier.IDF)}
        self._ask(
            self._client.create_collection,
            self._name,
            vectors_config=dense,
            sparse_vectors_config=sparse,
        )
        self._exists = True
        if not self._url:
            # The client's own memory searches without payload indexes, and warns of them.
            return
        for name in NUMBERS:
            self._ask(
                self._client.create_payload_index,
                self._name,
                name,
                models.PayloadSchemaType.INTEGER,
            )
        self._ask(
            self._client.create_payload_index, self._name, LABELS, models.PayloadSchemaType.INTEGER
        )

    def revision(self) -> int:
        if not self._exists:
            return 0
        from qdrant_client import models

        order = models.OrderBy(key="revision", direction=models.Direction.DESC)
        found, _ = self._ask(self._client.scroll, self._name, limit=1, order_by=order)
        return int((found[0].payload or {})["revision"]) if found else 0

    def count(self) -> int:
        return self._ask(self._client.count, self._name, exact=True).count if self._exists else 0

    def upsert(self, points: Sequence[Point]) -> None:
        if not points:
            return
        from qdrant_client import models

        if not self._exists:
            self._create(points[0].vectors)
        rows = [
            models.PointStruct(
                id=p.message,
                vector={role.value: _native(role, data) for role, data in p.vectors.items()},
                payload=payload(p),
            )
            for p in points
        ]
        self._ask(self._client.upsert, self._name, rows, wait=True)

    def keep_only(self, messages: set[int]) -> set[int]:
        if not self._exists:
            return messages
        held: set[int] = set()
        offset: Any = None
        while True:
            found, offset = self._ask(
                self._client.scroll, self._name, limit=_CHUNK, offset=offset, with_payload=False
            )
            held.update(int(record.id) for record in found)
            if offset is None:
                break
        if extra := sorted(held - messages):
            self._ask(self._client.delete, self._name, list(extra), wait=True)
        return messages - held

    def search(
        self, query: Mapping[Role, bytes], limit: int, where: Where = EVERYWHERE
    ) -> list[Hit]:
        if not self._exists or not query:
            return []
        from qdrant_client import models

        condition = _filter(where)
        wanted: dict[str, Any]
        if len(query) == 1:
            ((role, data),) = query.items()
            wanted = {
                "query": _native(role, data),
                "using": role.value,
                "query_filter": condition,
            }
        else:
            weights = [WEIGHTS[role] for role in query]
            wanted = {
                "query": models.RrfQuery(rrf=models.Rrf(k=RRF_K, weights=weights)),
                "prefetch": [
                    models.Prefetch(
                        query=_native(role, data),
                        using=role.value,
                        filter=condition,
                        limit=max(DEPTH, limit),
                    )
                    for role, data in query.items()
                ],
            }
        found = self._ask(
            self._client.query_points,
            self._name,
            limit=limit,
            with_vectors=[Role.MEANING.value],
            **wanted,
        )
        meaning = query.get(Role.MEANING, b"")
        return [_hit(point, meaning) for point in found.points]

    def optimize(self) -> None:
        """A server does so by itself."""

    def reset(self) -> None:
        self._ask(self._client.delete_collection, self._name)
        self._exists = False

    def close(self) -> None:
        self._client.close()

    def _ask(self, method: Callable[..., T], *words: Any, **named: Any) -> T:
        from qdrant_client.http.exceptions import ApiException

        try:
            return method(*words, **named)
        except ApiException as error:
            reason = type(error).__name__
            raise IndexUnavailable(f"Qdrant at {self._url} does not work ({reason})") from error


@contextmanager
def connected(table: IndexTable, name: str) -> Iterator[ClientIndex]:
    """The collection `name` of the configured server, or of a memory of its own.

    Raises IndexUnavailable where the server does not answer; so does each method of the index.
    """
    with closing(_client(table)) as client:
        yield ClientIndex(client, name, url=table.url if table.backend == "server" else "")


def _client(table: IndexTable) -> QdrantClient:
    from qdrant_client import QdrantClient

    if table.backend == "memory":
        return QdrantClient(":memory:")
    key = table.api_key.reveal() if table.api_key else None
    # Asked for in a thread of its own, which would outlive an unreachable server.
    return QdrantClient(url=table.url, api_key=key, check_compatibility=False)


def _native(role: Role, data: bytes) -> Any:
    if role is not Role.WORDS:
        return floats(data)
    from qdrant_client import models

    indices, values = unpack(data)
    return models.SparseVector(indices=indices, values=values)


def _filter(where: Where) -> models.Filter | None:
    from qdrant_client import models

    must: list[Any] = [
        models.FieldCondition(key=LABELS, match=models.MatchAny(any=found))
        for found in matches(where)
    ]
    if where.since or where.until:
        bounds = models.Range(
            gte=where.since.timestamp() if where.since else None,
            lt=where.until.timestamp() if where.until else None,
        )
        must.append(models.FieldCondition(key="at", range=bounds))
    return models.Filter(must=must) if must else None


def _hit(point: models.ScoredPoint, meaning: bytes) -> Hit:
    held: Any = (point.vector or {}).get(Role.MEANING.value)  # type: ignore[union-attr]
    near = cosine(held, meaning) if held and meaning else 0.0
    return Hit(int(point.id), int((point.payload or {})["case"]), point.score, near)
