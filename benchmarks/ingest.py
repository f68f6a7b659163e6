"""Time taking records in, with every check, against a bare copy of the same CSV into a typed table.

    python benchmarks/ingest.py [ROWS] [--huge]

Both are done in processes of their own, in turn, and each has its best of three. With --huge one more process takes in
a CSV of 2 GB and fails if it ever held more than LIMIT_GB; that wants 8 GB of room in the folder for temporary files.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from appeal_insights.records.contract import contract
from appeal_insights.records.ingest import ingest
from appeal_insights.records.sample import write_sample

ROUNDS = 3
HUGE_BYTES = 2_000_000_000
LIMIT_GB = 1.0
TYPES = {"instant": "timestamp"}  # of the bare table; everything else is text


def bare(csv: Path, store: Path) -> None:
    """Copy the file into a table of the same types, with no check of any kind."""
    columns = ", ".join(f'"{name}" {TYPES.get(of.type, "varchar")}' for name, of in contract("appeals").columns.items())
    with duckdb.connect(str(store)) as connection:
        connection.execute(f"create table appeals ({columns})")
        connection.execute(f"copy appeals from '{csv}' (header)")
        connection.execute("checkpoint")


def taken_in(csv: Path, store: Path) -> None:
    """Take the file in as `appeal-insights ingest` does."""
    intake = ingest(csv, store)
    assert intake.read == intake.new, intake


def measured(what: str, csv: Path) -> dict[str, float]:
    """Wall and CPU seconds and the most memory of one process that does it once."""
    with tempfile.TemporaryDirectory(dir=csv.parent) as folder:
        store = Path(folder) / "store.duckdb"
        done = subprocess.run(
            [sys.executable, __file__, "--one", what, str(csv), str(store)], check=True, capture_output=True, text=True
        )
    return dict(json.loads(done.stdout))


def one(what: str, csv: Path, store: Path) -> None:
    """Do it in this process and print what it took; what is imported beforehand does not count."""
    wall, processor = time.perf_counter(), time.process_time()
    {"bare": bare, "ingest": taken_in}[what](csv, store)
    took = {"wall": time.perf_counter() - wall, "processor": time.process_time() - processor}
    # Not getrusage: its peak is that of the parent too, which made the rows up.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    print(json.dumps({**took, "peak_gb": peak / 1e6}))


def huge(csv: Path) -> Path:
    """The same rows over and over under other ids, 2 GB of them."""
    path = csv.with_name("huge.csv")
    with csv.open("rb") as file:
        header, *rows = file.readlines()
    with path.open("wb") as file:
        file.write(header)
        turn = 0
        while file.tell() < HUGE_BYTES:
            file.writelines(b"%d-" % turn + row for row in rows)
            turn += 1
    return path


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=int, nargs="?", default=300_000)
    parser.add_argument("--huge", action="store_true")
    parser.add_argument("--one", nargs=3, metavar=("WHAT", "CSV", "STORE"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        one(asked.one[0], Path(asked.one[1]), Path(asked.one[2]))
        return
    with tempfile.TemporaryDirectory() as folder:
        csv = write_sample(Path(folder) / "sample", appeals=asked.rows) / "appeals.csv"
        rounds = [{what: measured(what, csv) for what in ("bare", "ingest")} for _ in range(ROUNDS)]
        print(f"{csv.stat().st_size / 1e6:.0f} MB, about {asked.rows:,} appeals, {os.cpu_count()} processors")
        for unit in ("wall", "processor"):
            best = {what: min(turn[what][unit] for turn in rounds) for what in ("bare", "ingest")}
            ratio = best["ingest"] / best["bare"]
            print(f"  {unit:10} bare {best['bare']:6.2f} s   ingest {best['ingest']:6.2f} s   {ratio:.1f} times")
        print(f"  memory     ingest {max(turn['ingest']['peak_gb'] for turn in rounds):.2f} GB at most")
        if asked.huge:
            took = measured("ingest", huge(csv))
            print(f"  2 GB       ingest {took['wall']:.0f} s, {took['processor']:.0f} s of processors, "
                  f"{took['peak_gb']:.2f} GB at most")  # fmt: skip
            assert took["peak_gb"] < LIMIT_GB, took


if __name__ == "__main__":
    main()
