"""Write constraints.txt and environment.yml from pyproject.toml and requirements.lock. `make lock` runs this."""

import tomllib
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCKED_EXTRAS = ("lab", "office", "postgres", "test")


def read_pyproject() -> dict[str, Any]:
    """Read pyproject.toml as it is."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def asked_for(pyproject: dict[str, Any]) -> list[Requirement]:
    """List what pyproject.toml asks for: the core, then each extra that is in the lock."""
    project = pyproject["project"]
    extras = [line for extra in LOCKED_EXTRAS for line in project["optional-dependencies"][extra]]
    return [Requirement(line) for line in project["dependencies"] + extras]


def read_pins(lock: str) -> list[Requirement]:
    """List the pins of a lock: one name with one version, twice where Python versions need two."""
    # Hashes and remarks are indented or start with '#'; what starts in the first column is a pin.
    heads = [line.removesuffix("\\") for line in lock.splitlines() if line and line[0] not in " #"]
    return [Requirement(head) for head in heads]


def constraints(pins: list[Requirement]) -> str:
    """Give the text of constraints.txt: the versions of the lock, without hashes."""
    lines = ["# Written by `make lock`: the versions of requirements.lock, for installs that cannot use its hashes."]
    return "\n".join([*lines, *map(as_line, pins)]) + "\n"


def environment(pyproject: dict[str, Any], pins: list[Requirement]) -> str:
    """Give the text of environment.yml: Python and pip by conda, every package by pip, with the pins of the lock."""
    direct = [
        as_line(pin)
        for asked in asked_for(pyproject)
        for pin in pins
        if canonicalize_name(pin.name) == canonicalize_name(asked.name)
    ]
    content = {
        "name": pyproject["project"]["name"],
        "channels": ["conda-forge"],
        "dependencies": [
            "python" + pyproject["project"]["requires-python"],
            "pip",
            {"pip": ["-c constraints.txt", "-e .", *direct]},
        ],
    }
    remark = "# Written by `make lock` from pyproject.toml. Use: conda env create -f environment.yml\n"
    return remark + yaml.safe_dump(content, sort_keys=False, width=200)


def as_line(pin: Requirement) -> str:
    """Write a pin as a requirements file does."""
    return f"{pin.name}{pin.specifier}" + (f" ; {pin.marker}" if pin.marker else "")


def main() -> None:
    """Write both files into the root of the project."""
    pins = read_pins((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    (ROOT / "constraints.txt").write_text(constraints(pins), encoding="utf-8")
    (ROOT / "environment.yml").write_text(environment(read_pyproject(), pins), encoding="utf-8")


if __name__ == "__main__":
    main()
