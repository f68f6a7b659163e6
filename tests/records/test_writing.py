"""Two writers take turns, and one that is killed at any moment leaves the old store whole."""

import random
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from appeal_insights.errors import BadInput
from appeal_insights.records import lock
from appeal_insights.records.ingest import ingest
from appeal_insights.records.lock import locked
from appeal_insights.records.store import Store
from tests.helpers import FIRST_LOAD, content, decided, make_store

SECOND_LOAD = datetime(2026, 11, 17, 6)
KILLS = 20
# One process for all kills: it has everything imported, says when it begins, and makes a child for each load.
WORKER = """
import os, sys
from datetime import datetime
from pathlib import Path
from appeal_insights.records.ingest import ingest
csv, store = Path(sys.argv[1]), Path(sys.argv[2])
for line in sys.stdin:
    child = os.fork()
    if not child:
        ingest(csv, store, loaded_at=datetime.fromisoformat(line.strip()))
        os._exit(0)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""


@pytest.fixture
def path(tmp_path):
    return make_store(tmp_path / "store" / "s.duckdb", decided([("2026-10-05", "GB", "upheld", 3)]))


def test_who_finds_the_store_locked_waits_and_is_told_who_holds_it(path, monkeypatch):
    monkeypatch.setattr(lock, "WAIT_SECONDS", 0.3)
    before = path.read_bytes()
    with locked(path):
        started = time.monotonic()
        with pytest.raises(BadInput, match=r"The store s is being written by process \d+ since 2.*Try again"):
            ingest(decided([("2026-10-06", "GB", "upheld", 1)]), path, loaded_at=SECOND_LOAD)
        assert time.monotonic() - started >= 0.3
    assert path.read_bytes() == before
    assert ingest(decided([("2026-10-06", "GB", "upheld", 1)]), path, loaded_at=SECOND_LOAD).changed == 1
    assert [file.name for file in path.parent.iterdir()] == ["s.duckdb"]


def test_who_waits_goes_on_when_the_other_is_done(path):
    other = subprocess.Popen(
        [sys.executable, "-c", "import sys, time; from pathlib import Path\n"
         "from appeal_insights.records.lock import locked\n"
         "with locked(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(0.5)", str(path)],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert other.stdout is not None
    assert other.stdout.readline() == b"held\n"
    started = time.monotonic()
    with locked(path):
        assert time.monotonic() - started > 0.2
    other.wait()
    other.stdout.close()


def test_a_writer_killed_at_any_moment_leaves_the_old_store_or_the_new_one(path, tmp_path):
    rows = decided([("2026-10-05", "GB", "reversed", 3), ("2026-10-06", "NO", "upheld", 2000)])
    csv = tmp_path / "rows.csv"
    rows.to_csv(csv, index=False)
    old = content(path)
    moment = random.Random(5)
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(csv), str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdin is not None
    assert worker.stdout is not None
    killed = 0
    for _ in range(KILLS):
        before = path.read_bytes()
        print(SECOND_LOAD.isoformat(), file=worker.stdin, flush=True)
        child = worker.stdout.readline().strip()
        time.sleep(moment.uniform(0, 0.4))
        subprocess.run(["kill", "-9", child], check=False, stderr=subprocess.DEVNULL)
        code = int(worker.stdout.readline())
        killed += code == 9
        with Store(path) as store:
            loads = len(store.loads)
        if loads == 1:
            assert path.read_bytes() == before
            continue
        assert len(content(path)) == 3 + 2003  # three versions closed, the new ones beside them
        path.unlink()
        make_store(path, decided([("2026-10-05", "GB", "upheld", 3)]))
    worker.stdin.close()
    worker.wait()
    worker.stdout.close()
    assert killed >= KILLS // 4
    path.unlink()
    make_store(path, decided([("2026-10-05", "GB", "upheld", 3)]))
    assert content(path).equals(old)
    assert [file.name for file in path.parent.iterdir()] == ["s.duckdb"]  # the next writer cleared up after them
    assert ingest(Path(csv), path, loaded_at=SECOND_LOAD).new == 2000
    assert FIRST_LOAD < SECOND_LOAD
