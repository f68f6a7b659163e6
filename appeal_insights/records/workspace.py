"""Where things are: the workspace is the nearest folder with notebooks/, and data/ lies beside them."""

import re
from dataclasses import dataclass
from pathlib import Path

from appeal_insights.errors import BadInput, UnknownStore

_STORE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class Workspace:
    """The folder that holds notebooks/ and data/."""

    root: Path

    @property
    def notebooks(self) -> Path:
        return self.root / "notebooks"

    @property
    def stores(self) -> Path:
        return self.root / "data" / "store"

    @property
    def runs(self) -> Path:
        return self.root / "data" / "runs"

    @property
    def sample(self) -> Path:
        return self.root / "data" / "sample"

    @property
    def public(self) -> Path:
        return self.root / "data" / "public"

    def store(self, name: str) -> Path:
        """The file of a store, whether it exists yet or not. Raises BadInput for what cannot be a name."""
        if not _STORE_NAME.fullmatch(name):
            raise BadInput.of("store.bad_name", given=name)
        return self.stores / f"{name}.duckdb"

    def existing_store(self, name: str) -> Path:
        """The file of a store that exists. Raises UnknownStore with the nearest one."""
        path = self.store(name)
        if not path.exists():
            known = sorted(file.stem for file in self.stores.glob("*.duckdb"))
            raise UnknownStore.of(
                "store.unknown" if known else "store.none", given=name, known=known, folder=self.stores
            )
        return path


def find_workspace(given: Path | None = None) -> Workspace:
    """The workspace given, or the nearest folder upward that has notebooks/. Raises BadInput where there is none."""
    if given is not None:
        if not given.is_dir():
            raise BadInput.of("workspace.no_folder", folder=given)
        return Workspace(given.resolve())
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "notebooks").is_dir():
            return Workspace(folder)
    raise BadInput.of("workspace.none", folder=here)
