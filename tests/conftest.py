"""What several tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no failure; what takes long is in the suite's own time.
settings.register_profile("unhurried", deadline=None, print_blob=True)
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def public() -> Path:
    """The folder of published records and figures, which is no part of the project."""
    folder = os.environ.get("APPEAL_INSIGHTS_PUBLIC_DATA")
    if not folder:
        pytest.skip("APPEAL_INSIGHTS_PUBLIC_DATA does not name a folder with the published files")
    return Path(folder)


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The workspace of the demo with its stores, made once for a whole worker and only ever read."""
    from tests.demo import make_demo  # here: a test of something small then costs a small import

    return make_demo(tmp_path_factory.mktemp("demo"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """What asks the second engine is run where that is installed."""
    for item in items:
        if "address" in item.fixturenames and item.path.stem == "test_engines":
            item.add_marker(pytest.mark.engines)
