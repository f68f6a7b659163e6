"""The doctor says what is there and what is not, and what to do; one broken thing does not hide the others."""

import sys
from importlib.metadata import PackageNotFoundError

import pytest

from appeal_insights.records.workspace import Workspace
from appeal_insights.reports import doctor
from tests.demo import shell


@pytest.fixture
def quick(monkeypatch):
    """No kernel is started: what it answers is given."""
    monkeypatch.setattr(doctor, "_ask_kernel", lambda: f"2 {sys.prefix}")


def checks(workspace):
    return {check.what: check for check in doctor.examine(workspace)}


def test_all_is_well_in_the_workspace_of_the_demo(demo):
    said = shell("doctor", f"--workspace={demo.root}")
    assert said.code == 0, said.out
    assert "starts, and 1 + 1 = 2" in said.out
    assert "31,035 appeals up to 2026-11-1" in said.out
    assert "20 figures up to 2026-06-30" in said.out
    assert "the last at 2026-11-16 06:00 UTC" in said.out
    assert str(demo.root) in said.out
    assert said.out.rstrip().endswith("OK: everything that is needed is there.")


def test_a_store_that_is_damaged_is_named_and_the_others_are_looked_at(demo, tmp_path, quick):
    root = demo.copy(tmp_path)
    (root / "data" / "store" / "broken.duckdb").write_bytes(b"no store" * 999)
    (root / "data" / "store" / ".half.1.duckdb").write_bytes(b"no store")
    found = checks(root)
    assert found["store broken"].state == "broken"
    assert "Move the file away" in found["store broken"].do
    assert found["store demo"].state == found["store tiktok"].state == "fine"
    assert not [name for name in found if "half" in name]
    said = shell("doctor", f"--workspace={root}")
    assert said.code == 1
    assert said.out.rstrip().endswith("Something that is needed is broken: see above.")


def test_a_workspace_without_stores_is_told_how_to_begin(tmp_path, quick):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "a.ipynb").write_text("{}")
    found = checks(tmp_path)
    assert found["stores"].state == "note"
    assert "appeal-insights ingest" in found["stores"].do


def test_a_folder_that_is_no_workspace_is_broken_and_the_rest_is_looked_at(tmp_path, quick):
    found = checks(tmp_path / "nowhere")
    assert found["workspace"].state == "broken"
    assert found["kernel"].state == "fine"
    assert checks(tmp_path)["workspace"].state == "broken"


def test_a_package_of_another_version_is_named_with_what_is_wanted(monkeypatch):
    monkeypatch.setattr(doctor, "requires", lambda _: ["duckdb>=99", "nothing-such>=1", 'extra-one; extra == "lab"'])
    check = doctor.packages()
    assert check.state == "broken"
    assert "duckdb>=99 wanted" in check.told
    assert "nothing-such>=1 wanted, none found" in check.told
    assert "extra-one" not in check.told
    monkeypatch.setattr(doctor, "requires", lambda _: ["duckdb>=2"])
    assert doctor.packages().state == "fine"


def test_a_checkout_that_is_not_installed_is_noted(monkeypatch):
    def none(_):
        raise PackageNotFoundError("appeal-insights")

    monkeypatch.setattr(doctor, "requires", none)
    assert doctor.packages().state == "note"


def test_a_machine_that_writes_no_workbooks_is_noted(tmp_path, quick, monkeypatch):
    assert "workbook" not in checks(tmp_path)
    monkeypatch.setattr(doctor, "can_write", lambda: False)
    assert checks(tmp_path)["workbook"].state == "note"


def test_a_python_that_is_too_old_is_broken(monkeypatch):
    monkeypatch.setattr(doctor.platform, "python_version", lambda: "3.9.1")
    assert doctor.python().state == "broken"


@pytest.mark.parametrize(("free", "state"), [(1e8, "broken"), (1e9, "note"), (1e11, "fine")])
def test_free_disk_is_weighed(monkeypatch, tmp_path, free, state):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: type("Usage", (), {"free": free}))
    assert doctor.disk(Workspace(tmp_path)).state == state


@pytest.mark.parametrize("answer", ["2 /another/python", "", "3"])
def test_a_kernel_of_another_python_is_broken(monkeypatch, answer):
    monkeypatch.setattr(doctor, "_ask_kernel", lambda: answer)
    assert doctor.kernel().state == "broken"


def test_a_kernel_that_does_not_start_is_broken_and_not_a_crash(monkeypatch):
    def fails():
        raise RuntimeError("Kernel died before replying")

    monkeypatch.setattr(doctor, "_ask_kernel", fails)
    check = doctor.kernel()
    assert check.state == "broken"
    assert "Kernel died before replying" in check.told


def test_fonts_are_asked_of_the_system_where_it_can_answer(monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda _: None)
    assert doctor.fonts().state == doctor.browser().state == "note"
    monkeypatch.setattr(doctor.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(doctor, "_families", lambda _, language: ["Noto Sans CJK SC"] if language != "en" else ["A"])
    assert "Chinese: Noto Sans CJK SC" in doctor.fonts().told
    monkeypatch.setattr(doctor, "_families", lambda _, language: [] if language != "en" else ["A"])
    assert doctor.fonts().state == "note"
