"""A store under test, and a way past its encoder."""

from collections.abc import Mapping, Sequence
from typing import Any

from azure.data.tables import TableClient

from rollout.adapters.storage import table_keys
from rollout.ports import RolloutStore
from tests.doubles.memory_store import MemoryStore
from tests.doubles.records import ENDPOINT


class Bench:
    """A store under test, and a way past its encoder."""

    def __init__(
        self,
        store: RolloutStore,
        table: TableClient | None = None,
        live: TableClient | None = None,
    ) -> None:
        self.store = store
        self._table = table
        self._live = live

    def entity(self, row: str = table_keys.CURRENT) -> dict[str, Any]:
        if self._table is None:
            assert isinstance(self.store, MemoryStore)
            return self.store.entity(ENDPOINT, row)
        partition = table_keys.partition_key(ENDPOINT)
        return dict(self._table.get_entity(partition, row))

    def plant(self, changes: Mapping[str, Any], row: str = table_keys.CURRENT) -> None:
        entity = {**self.entity(row), **changes}
        if self._table is None:
            assert isinstance(self.store, MemoryStore)
            self.store.plant(entity)
        else:
            self._table.upsert_entity(entity)

    def plant_live(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Put at most a hundred rows of `Live` past the encoder."""
        if self._live is None:
            assert isinstance(self.store, MemoryStore)
            for row in rows:
                self.store.plant_live(dict(row))
        else:
            self._live.submit_transaction([("upsert", dict(row)) for row in rows])
