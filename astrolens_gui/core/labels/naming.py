"""Names of objects: a file's stem, and where names repeat the path, for all of them; reads no image and knows no label.

A name that several objects claim is given up for ever and remembered (`shared_names`), so the same files get the same names in
whatever order and in however many imports they arrive, and an ID that once stood for one object never comes to mean another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from .database import among
from .schema import objects, shared_names


class Known:
    """What one chunk of an import needs of the stored objects: rows by file and by name, each row one dict, changed in place."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: dict[int, dict[str, Any]] = {}
        self._by_file: dict[tuple[str, str], dict[str, Any]] = {}
        self._by_name: dict[str, dict[str, Any]] = {}
        self._shared: set[str] = set()
        self._given_up: list[str] = []
        self._seen: set[str] = set()
        self.former: dict[int, str] = {}
        """The names that objects had before, by id."""

    def load_files(self, paths: Iterable[str]) -> None:
        query = select(objects).where(among(self._connection, objects.c.path, paths)).order_by(objects.c.id.desc())
        for row in map(self._row, self._connection.execute(query)):
            self._by_file[row["root"], row["path"]] = row

    def load_names(self, names: Iterable[str]) -> None:
        """Who holds these names, and every name that those would have to take instead."""
        wanted = set(names) - self._seen
        while wanted:
            self._seen |= wanted
            query = select(shared_names.c.name).where(among(self._connection, shared_names.c.name, wanted))
            self._shared.update(self._connection.scalars(query))
            holders = select(objects).where(among(self._connection, objects.c.name, wanted))
            found = [self._row(row) for row in self._connection.execute(holders)]
            self._by_name.update((row["name"], row) for row in found)
            wanted = {name for row in found for name in longer(row)} - self._seen

    def _row(self, row: Any) -> dict[str, Any]:
        return self._rows.setdefault(row.id, dict(row._mapping))

    def of_file(self, root: str, path: str) -> dict[str, Any] | None:
        return self._by_file.get((root, path))

    def by_id(self, id: int) -> dict[str, Any] | None:
        return self._rows.get(id)

    def of_name(self, name: str) -> dict[str, Any] | None:
        return self._by_name.get(name)

    def place(self, row: dict[str, Any]) -> None:
        """The row's file is its own from now on."""
        self._by_file[row["root"], row["path"]] = row

    def settle(self, row: dict[str, Any], names: Sequence[str]) -> None:
        """Give the row the first of `names` that nobody else claims; a name that somebody holds is taken from them too."""
        for name in names:
            if name in self._shared:
                continue
            if name not in self._by_name:
                break
            self.share(name)
        else:  # the same file twice, from before files were told apart
            name = f"{row['root']}/{row['path']} #{row['id']}"
        row["name"] = name
        self._by_name[name] = row

    def share(self, name: str) -> None:
        """Several objects claim this name: none has it."""
        if name not in self._shared:
            self._shared.add(name)
            self._given_up.append(name)
        holder = self._by_name.pop(name, None)
        if holder is not None:
            self.former.setdefault(holder["id"], name)
            names = longer(holder)
            self.settle(holder, names[names.index(name) + 1 :] if name in names else names)

    def save_names(self) -> None:
        if self._given_up:
            self._connection.execute(insert(shared_names), [{"name": name} for name in self._given_up])


def longer(row: dict[str, Any]) -> tuple[str, str]:
    """What an object is called where its stem repeats, and where that does too."""
    return row["path"], f"{row['root']}/{row['path']}"
