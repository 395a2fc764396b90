"""The storage of a home in an object store."""

import pytest

from dvz_assets.flow.context import Flow
from dvz_assets.home.object_store import ObjectStore
from dvz_assets.home.storage import Storage
from tests.storage_contract import StorageContract


class TestObjectStore(StorageContract):
    @pytest.fixture
    def storage(self, flow_there: Flow) -> Storage:
        assert isinstance(flow_there.storage, ObjectStore)
        return flow_there.storage
