"""The lists of packages agree: pyproject.toml, requirements.lock, constraints.txt and environment.yml."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import pins as tool

LOCK = (tool.ROOT / "requirements.lock").read_text(encoding="utf-8")
CONSTRAINTS = (tool.ROOT / "constraints.txt").read_text(encoding="utf-8")
ENVIRONMENT = (tool.ROOT / "environment.yml").read_text(encoding="utf-8")
PYTHONS = ("3.11", "3.12", "3.13")


@pytest.fixture
def pins() -> list[Requirement]:
    return tool.read_pins(LOCK)


@pytest.fixture
def environment() -> dict[str, Any]:
    return yaml.safe_load(ENVIRONMENT)


@pytest.fixture
def pip_section(environment) -> list[str]:
    return environment["dependencies"][-1]["pip"]


def versions_on(python: str, pins: list[Requirement]) -> dict[str, list[str]]:
    """What a set-up on this Python installs: name -> its versions, which should be one."""
    here = {"python_version": python, "python_full_version": f"{python}.9"}
    versions: dict[str, list[str]] = {}
    for pin in pins:
        if not pin.marker or pin.marker.evaluate(here):
            versions.setdefault(canonicalize_name(pin.name), []).append(str(pin.specifier).removeprefix("=="))
    return versions


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_holds_one_fitting_version_of_everything_asked_for(python, pins):
    locked = versions_on(python, pins)
    for asked in tool.asked_for(tool.read_pyproject()):
        [version] = locked[canonicalize_name(asked.name)]
        assert asked.specifier.contains(version), f"{asked} is asked for, {version} is locked: make lock"


def test_every_pin_has_an_exact_version_and_a_hash(pins):
    blocks = re.split(r"\n(?=[^\s#])", LOCK)[1:]
    assert len(blocks) == len(pins)
    assert all("--hash=sha256:" in block for block in blocks)
    assert all(str(pin.specifier).startswith("==") for pin in pins)


def test_the_lists_name_no_address_and_no_folder():
    for text in (LOCK, CONSTRAINTS, ENVIRONMENT):
        assert "/" not in text


def test_constraints_are_the_versions_of_the_lock(pins):
    assert tool.read_pins(CONSTRAINTS) == pins


def test_environment_allows_the_pythons_that_pyproject_allows(environment):
    python, pip = environment["dependencies"][:2]
    assert python == "python" + tool.read_pyproject()["project"]["requires-python"]
    assert pip == "pip"


def test_environment_names_what_pyproject_asks_for_with_the_pins_of_the_lock(pins, pip_section):
    assert pip_section[:2] == ["-c constraints.txt", "-e ."]
    named = [Requirement(line) for line in pip_section[2:]]
    asked = {canonicalize_name(asked.name) for asked in tool.asked_for(tool.read_pyproject())}
    assert {canonicalize_name(pin.name) for pin in named} == asked
    assert set(named) <= set(pins)


@pytest.mark.parametrize(
    "name", ["jupyterlab", "duckdb", "pandas", "altair", "ipywidgets", "papermill", "nbconvert", "pytest", "nbval"]
)
def test_environment_names_the_package(name, pip_section):
    assert [line for line in pip_section if line.startswith(f"{name}==")]


def test_generated_lists_are_up_to_date(pins):
    assert tool.constraints(pins) == CONSTRAINTS, "run: make lock"
    assert tool.environment(tool.read_pyproject(), pins) == ENVIRONMENT, "run: make lock"


@pytest.mark.skipif(not os.environ.get("CI"), reason="installs a whole environment: only where CI is set")
def test_the_pip_section_alone_makes_an_environment_that_imports_the_package(pip_section, tmp_path):
    import uv

    def run(*command: str | Path, cwd: Path) -> None:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        assert done.returncode == 0, done.stderr

    python = tmp_path / "fresh" / "bin" / "python"
    section = [word for line in pip_section for word in (shlex.split(line) if line.startswith("-") else [line])]
    run(uv.find_uv_bin(), "venv", "--python", sys.executable, tmp_path / "fresh", cwd=tmp_path)
    # conda runs pip in the folder of environment.yml
    run(uv.find_uv_bin(), "pip", "install", "--python", python, *section, cwd=tool.ROOT)
    run(python, "-c", "import appeal_insights, jupyterlab, duckdb", cwd=tmp_path)
