"""Where vectors are searched: a projection of the record, which can always rebuild it.

The only place that imports Qdrant. Embedded: https://pypi.org/project/qdrant-edge-py; server and
memory: https://python-client.qdrant.tech. Scores are cosines of unit vectors, in -1..1.
"""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from casebook.config import Index as IndexTable
from casebook.errors import MadoguchiError
from casebook.types import Point

if TYPE_CHECKING:
    from qdrant_client import QdrantClient
    from qdrant_edge import EdgeShard

_log = logging.getLogger(__name__)
_CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Hit:
    """A message near a query."""

    message: int
    case: int
    score: float


class Index(Protocol):
    """What every backend can do. `close` when done: an embedded shard has one owner at a time."""

    def revision(self) -> int:
        """The highest revision it holds; 0 when it is empty."""
        ...

    def count(self) -> int:
        """How many points it holds."""
        ...

    def upsert(self, points: Sequence[Point]) -> None:
        """Add points, replacing those of the same message."""
        ...

    def keep_only(self, messages: set[int]) -> set[int]:
        """Drop all points but these; return those of `messages` that it does not hold."""
        ...

    def search(self, vector: bytes, limit: int, *, settled: bool | None = None) -> list[Hit]:
        """The nearest messages, best first; `settled` limits them to cases that are (not) over."""
        ...

    def close(self) -> None:
        """Write everything and let go."""
        ...


class IndexUnavailable(MadoguchiError):
    """The index cannot be used now; the record is whole all the same."""


class IndexBusy(IndexUnavailable):
    """Another process owns this embedded shard, or this one has it open already."""


class Record(Protocol):
    """What an index is a projection of (`casebook.reading.Vectors`)."""

    def since(self, revision: int) -> Iterable[Point]:
        """The points above a revision, in rising order."""
        ...

    def count(self) -> int:
        """How many messages have a point."""
        ...

    def keys(self) -> set[int]:
        """All messages that have a point."""
        ...

    def only(self, messages: set[int]) -> Iterable[Point]:
        """The points of these messages."""
        ...


def sync(index: Index, record: Record) -> int:
    """Bring the index up to date with the record; return how many points were written.

    Where the counts differ afterwards (rows were erased, or the index lost some), the two are
    compared key by key.
    """
    written = _write(index, record.since(index.revision()))
    if index.count() != record.count():
        written += _write(index, record.only(index.keep_only(record.keys())))
    return written


@contextmanager
def opened(table: IndexTable, root: Path, role: str, model: str) -> Iterator[Index]:
    """The index that the configuration asks for, closed at the end.

    An embedded shard lies in `root/role`, a server's collection is named after the model alone. A
    shard that cannot be read is dropped with one line in the log; `sync` then fills the new one.
    Raises IndexBusy where another process of the same role has it open, and IndexUnavailable where
    the server does not answer, also within the block.
    """
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", model).strip("-")
    if table.backend == "embedded":
        with closing(_EmbeddedIndex(root / role / name)) as embedded:
            yield embedded
        return
    from qdrant_client.http.exceptions import ApiException

    remote = table.backend == "server"
    try:
        with closing(_ClientIndex(_client(table), f"madoguchi-{name}", remote=remote)) as index:
            yield index
    except ApiException as error:
        reason = type(error).__name__
        raise IndexUnavailable(f"Qdrant at {table.url} does not work ({reason})") from error


@contextmanager
def synced(table: IndexTable, root: Path, role: str, model: str, record: Record) -> Iterator[Index]:
    """As `opened`, brought up to date with the record first."""
    with opened(table, root, role, model) as index:
        sync(index, record)
        yield index


def _write(index: Index, points: Iterable[Point]) -> int:
    remaining, written = iter(points), 0
    while chunk := list(islice(remaining, _CHUNK)):
        index.upsert(chunk)
        written += len(chunk)
    return written


def _floats(vector: bytes) -> list[float]:
    import numpy as np

    return [float(value) for value in np.frombuffer(vector, dtype="<f2")]


def _payload(point: Point) -> dict[str, Any]:
    # As a number: the embedded engine's MatchValue takes Python's True for 1.
    # A number: the embedded engine's binding turns the truth value of a filter into one.
    return {"case": point.case, "settled": int(point.settled), "revision": point.revision}


def _newest(shard: EdgeShard) -> int:
    from qdrant_edge import Direction, OrderBy, ScrollRequest

    order = OrderBy("revision", direction=Direction.Desc)
    found, _ = shard.scroll(ScrollRequest(limit=1, order_by=order, with_payload=True))
    return int((found[0].payload or {})["revision"]) if found else 0


class _EmbeddedIndex:
    """The Qdrant engine in this process, one shard in a folder; made with the first point."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shard = self._load()

    def _load(self) -> EdgeShard | None:
        if not self._folder.exists():
            return None
        from qdrant_edge import EdgeShard

        try:
            shard = EdgeShard.load(str(self._folder))
            # Reads the payload index too, which a process killed while it made the shard left out.
            _newest(shard)
        except (KeyboardInterrupt, SystemExit):
            raise
        # The engine's panics over a damaged file are no Exception.
        except BaseException as error:
            if "WouldBlock" in str(error):
                raise IndexBusy(f"{self._folder}: in use by another process") from error
            _log.warning("index %s is not readable and is rebuilt", self._folder)
            self._remove()
            return None
        return shard

    def _remove(self) -> None:
        if self._folder.is_dir():
            shutil.rmtree(self._folder)
        else:
            self._folder.unlink()

    def _created(self, dimensions: int) -> EdgeShard:
        from qdrant_edge import (
            Distance,
            EdgeConfig,
            EdgeShard,
            EdgeVectorParams,
            PayloadSchemaType,
            UpdateOperation,
        )

        self._folder.mkdir(parents=True)
        params = EdgeVectorParams(size=dimensions, distance=Distance.Dot)
        shard = EdgeShard.create(str(self._folder), EdgeConfig(vectors=params))
        integer = PayloadSchemaType.Integer
        shard.update(UpdateOperation.create_field_index("revision", integer))
        shard.update(UpdateOperation.create_field_index("settled", integer))
        return shard

    def revision(self) -> int:
        return 0 if self._shard is None else _newest(self._shard)

    def count(self) -> int:
        if self._shard is None:
            return 0
        from qdrant_edge import CountRequest

        return self._shard.count(CountRequest())

    def upsert(self, points: Sequence[Point]) -> None:
        if not points:
            return
        from qdrant_edge import Point as EdgePoint
        from qdrant_edge import UpdateOperation

        if self._shard is None:
            self._shard = self._created(len(points[0].vector) // 2)
        rows = [EdgePoint(p.message, _floats(p.vector), _payload(p)) for p in points]
        self._shard.update(UpdateOperation.upsert_points(rows))

    def keep_only(self, messages: set[int]) -> set[int]:
        if self._shard is None:
            return messages
        from qdrant_edge import ScrollRequest, UpdateOperation

        held: set[int] = set()
        offset: Any = None
        while True:
            found, offset = self._shard.scroll(ScrollRequest(limit=_CHUNK, offset=offset))
            held.update(int(record.id) for record in found)
            if offset is None:
                break
        extra: list[Any] = sorted(held - messages)
        if extra:
            self._shard.update(UpdateOperation.delete_points(extra))
        return messages - held

    def search(self, vector: bytes, limit: int, *, settled: bool | None = None) -> list[Hit]:
        if self._shard is None:
            return []
        from qdrant_edge import FieldCondition, Filter, MatchValue, Query, QueryRequest

        condition = None
        if settled is not None:
            condition = Filter(must=[FieldCondition("settled", match=MatchValue(int(settled)))])
        query = Query.Nearest(_floats(vector))
        found = self._shard.query(
            QueryRequest(limit=limit, query=query, filter=condition, with_payload=True)
        )
        return [Hit(int(p.id), int((p.payload or {})["case"]), float(p.score)) for p in found]

    def close(self) -> None:
        if self._shard is not None:
            self._shard.flush()
            self._shard.close()


class _ClientIndex:
    """A Qdrant server, or qdrant-client's own memory, through the same client."""

    def __init__(self, client: QdrantClient, name: str, *, remote: bool) -> None:
        self._client = client
        self._name = name
        self._remote = remote
        self._exists = client.collection_exists(name)

    def _create(self, dimensions: int) -> None:
        from qdrant_client import models

        params = models.VectorParams(size=dimensions, distance=models.Distance.DOT)
        self._client.create_collection(self._name, vectors_config=params)
        self._exists = True
        if not self._remote:
            # The client's own memory searches without payload indexes, and warns of them.
            return
        schema = models.PayloadSchemaType
        self._client.create_payload_index(self._name, "revision", schema.INTEGER)
        self._client.create_payload_index(self._name, "settled", schema.INTEGER)

    def revision(self) -> int:
        if not self._exists:
            return 0
        from qdrant_client import models

        order = models.OrderBy(key="revision", direction=models.Direction.DESC)
        found, _ = self._client.scroll(self._name, limit=1, order_by=order)
        return int((found[0].payload or {})["revision"]) if found else 0

    def count(self) -> int:
        return self._client.count(self._name, exact=True).count if self._exists else 0

    def upsert(self, points: Sequence[Point]) -> None:
        if not points:
            return
        from qdrant_client import models

        if not self._exists:
            self._create(len(points[0].vector) // 2)
        rows = [
            models.PointStruct(id=p.message, vector=_floats(p.vector), payload=_payload(p))
            for p in points
        ]
        self._client.upsert(self._name, rows, wait=True)

    def keep_only(self, messages: set[int]) -> set[int]:
        if not self._exists:
            return messages
        held: set[int] = set()
        offset: Any = None
        while True:
            found, offset = self._client.scroll(
                self._name, limit=_CHUNK, offset=offset, with_payload=False
            )
            held.update(int(record.id) for record in found)
            if offset is None:
                break
        if extra := sorted(held - messages):
            self._client.delete(self._name, list(extra), wait=True)
        return messages - held

    def search(self, vector: bytes, limit: int, *, settled: bool | None = None) -> list[Hit]:
        if not self._exists:
            return []
        from qdrant_client import models

        condition = None
        if settled is not None:
            match = models.MatchValue(value=int(settled))
            condition = models.Filter(must=[models.FieldCondition(key="settled", match=match)])
        found = self._client.query_points(
            self._name, query=_floats(vector), limit=limit, query_filter=condition
        )
        return [Hit(int(p.id), int((p.payload or {})["case"]), p.score) for p in found.points]

    def close(self) -> None:
        self._client.close()


def _client(table: IndexTable) -> QdrantClient:
    from qdrant_client import QdrantClient

    if table.backend == "memory":
        return QdrantClient(":memory:")
    key = table.api_key.reveal() if table.api_key else None
    # Asked for in a thread of its own, which would outlive an unreachable server.
    return QdrantClient(url=table.url, api_key=key, check_compatibility=False)
