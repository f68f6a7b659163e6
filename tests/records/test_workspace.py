"""The workspace is the nearest folder with notebooks/, and a store in it is found by its name."""

import pytest

from appeal_insights.errors import BadInput, UnknownStore
from appeal_insights.records.workspace import Workspace, find_workspace


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "notebooks").mkdir()
    stores = tmp_path / "data" / "store"
    stores.mkdir(parents=True)
    (stores / "demo.duckdb").touch()
    return Workspace(tmp_path)


def test_the_workspace_is_the_nearest_folder_upward_with_notebooks(workspace, monkeypatch):
    deep = workspace.notebooks / "drafts" / "old"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert find_workspace() == workspace


def test_a_workspace_that_is_given_is_taken_as_it_is(tmp_path):
    assert find_workspace(tmp_path).root == tmp_path.resolve()


def test_no_workspace_above_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match="give --workspace FOLDER"):
        find_workspace()


def test_a_workspace_that_is_no_folder_is_refused(tmp_path):
    with pytest.raises(BadInput, match="is not a folder"):
        find_workspace(tmp_path / "nowhere")


def test_a_store_is_found_by_its_name(workspace):
    assert workspace.existing_store("demo") == workspace.stores / "demo.duckdb"


def test_an_unknown_store_is_answered_with_the_nearest_one(workspace):
    with pytest.raises(UnknownStore, match="Did you mean 'demo'"):
        workspace.existing_store("dmo")


@pytest.mark.parametrize("name", ["", "../demo", "a/b", ".hidden", "-x", "demo.duckdb", "demo\n", "日报"])
def test_a_name_that_leaves_the_folder_is_no_store_name(workspace, name):
    with pytest.raises(BadInput, match="cannot name a store"):
        workspace.store(name)
