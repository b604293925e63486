"""The one error of everything that reads images; knows no format."""

from __future__ import annotations

from pathlib import Path

from ...api import UserError


class ImageError(UserError):
    """An image that can't be shown. `str()` is one sentence: FILE[EXTENSION]: reason.

    Attributes:
        path: the whole path; extension: name or number of the HDU, "" for the file as a whole; reason: what is wrong and what helps.
    """

    def __init__(self, path: str | Path, reason: str, extension: str | int = "") -> None:
        self.path, self.extension, self.reason = str(path), str(extension), " ".join(str(reason).split())
        super().__init__(path, reason, extension)

    def __str__(self) -> str:
        name = "".join(c if c.isprintable() else "?" for c in Path(self.path).name) or self.path
        extension = f"[{''.join(c if c.isprintable() else '?' for c in self.extension)}]" if self.extension else ""
        return f"{name}{extension}: {self.reason}"
