"""A short form of `make torture`."""

import pytest
from torture import Torture


@pytest.mark.slow
def test_signals_at_random_lose_nothing() -> None:
    found = Torture(signals=20, seed=1).run()
    assert found["signals"] >= 20
    assert found["lost"] == found["wrong arrays"] == found["tables differ"] == found["outlived"] == 0, found
    assert found["left"] == found["tracebacks"] == [], found
