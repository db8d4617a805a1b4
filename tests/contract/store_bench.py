"""A store under test, and a way past its encoder."""

from collections.abc import Mapping
from typing import Any

from azure.data.tables import TableClient

from rollout.adapters import table_keys
from rollout.ports import RolloutStore
from tests.doubles.memory_store import MemoryStore
from tests.doubles.records import ENDPOINT


class Bench:
    """A store under test, and a way past its encoder."""

    def __init__(self, store: RolloutStore, table: TableClient | None = None) -> None:
        self.store = store
        self._table = table

    def entity(self) -> dict[str, Any]:
        if self._table is None:
            assert isinstance(self.store, MemoryStore)
            return self.store.entity(ENDPOINT)
        partition = table_keys.partition_key(ENDPOINT)
        return dict(self._table.get_entity(partition, table_keys.CURRENT))

    def plant(self, changes: Mapping[str, Any]) -> None:
        entity = {**self.entity(), **changes}
        if self._table is None:
            assert isinstance(self.store, MemoryStore)
            self.store.plant(entity)
        else:
            self._table.upsert_entity(entity)
