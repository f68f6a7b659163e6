"""A PostgreSQL server of one's own for a test: from the machine's binaries, on a free port, gone afterwards."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PASSWORD = "s3cret#pass"
_DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Server:
    """A running server with the database `shop` of `keeper`, and `reader`, who may see only what is granted."""

    port: int
    binaries: Path

    def address(self, user: str = "reader", *, password: str = PASSWORD.replace("#", "%23")) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/shop"

    def run(self, text: str) -> None:
        """Run a script as the owner."""
        import psycopg

        with psycopg.connect(self.address("keeper")) as connection:
            connection.execute(text)


def binaries() -> Path | None:
    """Where initdb and pg_ctl are: Debian keeps them off the PATH, one folder for each version."""
    on_path = shutil.which("initdb")
    found = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


def lacking(what: str) -> None:
    """Skip; but where everything is installed on purpose, a missing part is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI wants this tested")
    pytest.skip(what)


@contextmanager
def server() -> Iterator[Server]:
    """Start a server with its data in a folder of its own, and stop it. It refuses to run as root."""
    place = binaries()
    if place is None:
        lacking("there is no PostgreSQL server on this machine (on Debian: apt install postgresql)")
    how = {} if os.geteuid() else {"user": _nobody().pw_uid, "group": _nobody().pw_gid, "extra_groups": []}
    folder = Path(tempfile.mkdtemp(prefix="appeal_insights.postgresql."))
    data, port = folder / "data", _free_port()
    try:
        (folder / "password").write_text(PASSWORD)
        if how:
            for path in (folder, folder / "password"):
                os.chown(path, how["user"], how["group"])

        def call(program: str, *words: str) -> None:
            done = subprocess.run(
                [place / program, "-D", data, *words], **how, cwd=folder, stdin=subprocess.DEVNULL,
                capture_output=program == "initdb", check=False, timeout=120,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr or (folder / "log").read_text()

        call("initdb", "-U", "keeper", "-A", "scram-sha-256", f"--pwfile={folder / 'password'}", "-E", "UTF8",
             "--locale=C", "--no-sync")  # fmt: skip
        settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        call("pg_ctl", "-w", "-s", "-l", str(folder / "log"), "-o", settings, "start")
        try:
            made = Server(port, place)
            _make_database(made)
            yield made
        finally:
            call("pg_ctl", "-w", "-s", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _nobody() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    lacking("there is no user that a PostgreSQL server could run as")
    raise AssertionError


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _make_database(made: Server) -> None:
    import psycopg

    address = made.address("keeper").replace("/shop", "/postgres")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("create database shop")
        connection.execute(f"create role reader login password '{PASSWORD}'")
