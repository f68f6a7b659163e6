"""The made-up appeals, written once for all tests of them, and the folder of published data."""

import pandas as pd
import pytest

from appeal_insights.records.sample import write_sample
from tests.made_up import Sample, decided_on_merits, read


@pytest.fixture(scope="session")
def sample(tmp_path_factory) -> Sample:
    return read(write_sample(tmp_path_factory.mktemp("sample")))


@pytest.fixture(scope="session")
def quiet(tmp_path_factory) -> Sample:
    """The same with nothing planted."""
    return read(write_sample(tmp_path_factory.mktemp("quiet"), scenario="quiet"))


@pytest.fixture(scope="session")
def on_merits(sample) -> pd.DataFrame:
    return decided_on_merits(sample.appeals)


@pytest.fixture(scope="session")
def on_merits_quiet(quiet) -> pd.DataFrame:
    return decided_on_merits(quiet.appeals)
