"""The Qdrant engine in this process: one shard in a folder (https://pypi.org/project/qdrant-edge-py)."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casebook.types import Point, Role, Where
from enrich.index.base import (
    DEPTH,
    EVERYWHERE,
    LABELS,
    NUMBERS,
    RRF_K,
    WEIGHTS,
    Hit,
    IndexBroken,
    IndexBusy,
    cosine,
    floats,
    matches,
    payload,
)
from enrich.words import unpack

if TYPE_CHECKING:
    from qdrant_edge import EdgeShard, Filter

_log = logging.getLogger(__name__)
_CHUNK = 1_000


class EmbeddedIndex:
    """One shard; made with the first point, whose vectors say what roles and lengths it has.

    A shard that cannot be read is dropped with one line in the log.
    """

    def __init__(self, folder: Path) -> None:
        """Raises IndexBusy where another process has it open."""
        self._folder = folder
        self._shard = self._load()

    def _load(self) -> EdgeShard | None:
        if not self._folder.exists():
            return None
        from qdrant_edge import EdgeShard

        try:
            with _engine():
                shard = EdgeShard.load(str(self._folder))
                # Reads the payload index too, which a process killed while it made it left out.
                _newest(shard)
        except IndexBroken as error:
            if "WouldBlock" in str(error):
                raise IndexBusy(f"{self._folder}: in use by another process") from error
            self._drop()
            return None
        return shard

    def _drop(self) -> None:
        _log.warning("index %s is not readable and is rebuilt", self._folder)
        if self._folder.is_dir():
            shutil.rmtree(self._folder, ignore_errors=True)
        else:
            self._folder.unlink(missing_ok=True)

    def _created(self, vectors: Mapping[Role, bytes]) -> EdgeShard:
        from qdrant_edge import (
            Distance,
            EdgeConfig,
            EdgeShard,
            EdgeSparseVectorParams,
            EdgeVectorParams,
            IntegerIndexParams,
            Modifier,
            PayloadSchemaType,
            UpdateOperation,
        )

        self._folder.mkdir(parents=True, exist_ok=True)
        dense = {
            role.value: EdgeVectorParams(size=len(data) // 2, distance=Distance.Dot)
            for role, data in vectors.items()
            if role is not Role.WORDS
        }
        sparse = {Role.WORDS.value: EdgeSparseVectorParams(modifier=Modifier.Idf)}
        shard = EdgeShard.create(
            str(self._folder),
            EdgeConfig(vectors=dense, sparse_vectors=sparse, on_disk_payload=False),
        )
        for name in NUMBERS:
            shard.update(UpdateOperation.create_field_index(name, PayloadSchemaType.Integer))
        alone = IntegerIndexParams(lookup=True, range=False)
        shard.update(UpdateOperation.create_field_index(LABELS, alone))
        return shard

    def revision(self) -> int:
        with _engine():
            return 0 if self._shard is None else _newest(self._shard)

    def count(self) -> int:
        if self._shard is None:
            return 0
        from qdrant_edge import CountRequest

        with _engine():
            return self._shard.count(CountRequest())

    def upsert(self, points: Sequence[Point]) -> None:
        if not points:
            return
        from qdrant_edge import Point as EdgePoint
        from qdrant_edge import UpdateOperation

        with _engine():
            if self._shard is None:
                self._shard = self._created(points[0].vectors)
            rows = [
                EdgePoint(
                    p.message, {r.value: _native(r, v) for r, v in p.vectors.items()}, payload(p)
                )
                for p in points
            ]
            self._shard.update(UpdateOperation.upsert_points(rows))

    def keep_only(self, messages: set[int]) -> set[int]:
        if self._shard is None:
            return messages
        from qdrant_edge import ScrollRequest, UpdateOperation

        held: set[int] = set()
        offset: Any = None
        with _engine():
            while True:
                found, offset = self._shard.scroll(ScrollRequest(limit=_CHUNK, offset=offset))
                held.update(int(record.id) for record in found)
                if offset is None:
                    break
            extra: list[Any] = sorted(held - messages)
            if extra:
                self._shard.update(UpdateOperation.delete_points(extra))
        return messages - held

    def search(
        self, query: Mapping[Role, bytes], limit: int, where: Where = EVERYWHERE
    ) -> list[Hit]:
        if self._shard is None or not query:
            return []
        from qdrant_edge import Fusion, Prefetch, QueryRequest, SearchParams

        condition, depth = _filter(where), max(DEPTH, limit)
        # A walk through the graph keeps no more candidates than are read of it.
        walk = SearchParams(hnsw_ef=depth)
        wanted: dict[str, Any] = {
            "params": walk,
            "limit": limit,
            "with_payload": ["case"],
            "with_vector": [Role.MEANING.value],
        }
        if len(query) == 1:
            wanted |= {"query": _nearest(*next(iter(query.items()))), "filter": condition}
        else:
            wanted |= {
                "prefetches": [
                    Prefetch(depth, _nearest(role, data), params=walk, filter=condition)
                    for role, data in query.items()
                ],
                "query": Fusion.Rrf(RRF_K, [WEIGHTS[role] for role in query]),
            }
        with _engine():
            found = self._shard.query(QueryRequest(**wanted))
        meaning = query.get(Role.MEANING, b"")
        return [_hit(point, meaning) for point in found]

    def optimize(self) -> None:
        if self._shard is None:
            return
        with _engine():
            self._shard.optimize()

    def reset(self) -> None:
        shard, self._shard = self._shard, None
        if shard is not None:
            try:
                with _engine():
                    shard.close()
            except IndexBroken:
                pass
        self._drop()

    def close(self) -> None:
        if self._shard is None:
            return
        try:
            with _engine():
                self._shard.close()
        except IndexBroken:
            self._drop()


@contextmanager
def _engine() -> Iterator[None]:
    """Turns what the engine raises into IndexBroken: its panics over a damaged or missing file are
    no Exception in Python."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        raise IndexBroken(str(error).partition("\n")[0]) from error


def _newest(shard: EdgeShard) -> int:
    from qdrant_edge import Direction, OrderBy, ScrollRequest

    order = OrderBy("revision", direction=Direction.Desc)
    found, _ = shard.scroll(ScrollRequest(limit=1, order_by=order, with_payload=True))
    return int((found[0].payload or {})["revision"]) if found else 0


def _native(role: Role, data: bytes) -> Any:
    if role is not Role.WORDS:
        return floats(data)
    from qdrant_edge import SparseVector

    return SparseVector(*unpack(data))


def _nearest(role: Role, data: bytes) -> Any:
    from qdrant_edge import Query

    return Query.Nearest(_native(role, data), using=role.value)


def _filter(where: Where) -> Filter | None:
    from qdrant_edge import FieldCondition, Filter, MatchAny, MatchValue, RangeFloat

    must: list[Any] = [
        FieldCondition(LABELS, match=MatchAny(found) if len(found) > 1 else MatchValue(*found))
        for found in matches(where)
    ]
    if where.since or where.until:
        bounds = RangeFloat(
            gte=where.since.timestamp() if where.since else None,
            lt=where.until.timestamp() if where.until else None,
        )
        must.append(FieldCondition("at", range=bounds))
    return Filter(must=must) if must else None


def _hit(point: Any, meaning: bytes) -> Hit:
    held = (point.vector or {}).get(Role.MEANING.value)
    near = cosine(held, meaning) if held and meaning else 0.0
    return Hit(int(point.id), int(point.payload["case"]), float(point.score), near)
