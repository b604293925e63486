"""The dialogs of an import: what to bring in, and what was refused and why; reads no image."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..forms import RealBox
from ..qt import QApplication, Qt, QtWidgets, QWidget
from .cataloguing import TABLES
from .sentence import Sentence
from .start import SUFFIX


class ImportDialog(QtWidgets.QDialog):
    """Folders or files, and the two things that some images don't say; with `new` also where the project goes."""

    def __init__(self, sources: list[Path], parent: QWidget | None = None, *, new: bool = False) -> None:
        super().__init__(parent)
        self.setWindowTitle("New project from images" if new else "Import images")
        self.resize(600, 340)
        self.list = QtWidgets.QListWidget(toolTip="Folders are searched with all their sub-folders")
        self.bands = QtWidgets.QLineEdit(placeholderText="from the files")
        self.bands.setToolTip(
            "Names for planes without one, in order: g,r,i. Leave empty where the files name their band"
        )
        self.scale = RealBox()
        self.scale.setRange(0.0, 3600.0)
        self.scale.setSuffix(" arcsec/px")
        self.scale.setSpecialValueText("from the files")
        self.scale.setToolTip("For images whose header does not say; 0 leaves it to the files")
        self.project = QtWidgets.QLineEdit(
            toolTip="The project folder: grades, models and cache; the images stay where they are"
        )
        self._new = new
        form = QtWidgets.QFormLayout()
        form.addRow("Bands", self.bands)
        form.addRow("Pixel scale", self.scale)
        if new:
            form.addRow("Project", self.project)
        self.problem = QtWidgets.QLabel(wordWrap=True)
        self.problem.setProperty("role", "bad")
        buttons = QtWidgets.QDialogButtonBox(QtWidgets.QDialogButtonBox.Ok | QtWidgets.QDialogButtonBox.Cancel)
        self.ok = buttons.button(QtWidgets.QDialogButtonBox.Ok)
        self.ok.setText("Make the project" if new else "Import")
        self.ok.setObjectName("primary")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(self._adders())
        layout.addWidget(self.list, 1)
        layout.addLayout(form)
        layout.addWidget(self.problem)
        layout.addWidget(buttons)
        self.add(sources)

    def _adders(self) -> QtWidgets.QHBoxLayout:
        row = QtWidgets.QHBoxLayout()
        images, table = "Add FITS images to the list below", "A table of sources that lie in the images below"
        adders = (
            ("Add folder…", images, self._ask_folder),
            ("Add files…", images, self._ask_files),
            ("Add catalogue…", table, self._ask_table),
        )
        for text, tip, ask in adders:
            button = QtWidgets.QPushButton(text, toolTip=tip, autoDefault=False)
            button.clicked.connect(ask)
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _ask_folder(self) -> None:
        if folder := QtWidgets.QFileDialog.getExistingDirectory(self, "Folder of FITS images"):
            self.add([Path(folder)])

    def _ask_files(self) -> None:
        kinds = "FITS images (*.fits *.fit *.fts *.fz *.gz *.Z);;All files (*)"
        self.add([Path(file) for file in QtWidgets.QFileDialog.getOpenFileNames(self, "FITS images", "", kinds)[0]])

    def _ask_table(self) -> None:
        if table := QtWidgets.QFileDialog.getOpenFileName(self, "Catalogue of sources", "", TABLES)[0]:
            self.add([Path(table)])

    def add(self, sources: list[Path]) -> None:
        known = set(self.sources())
        self.list.addItems([str(source) for source in sources if source not in known])
        if self._new and not self.project.text() and self.sources():
            first = self.sources()[0]
            place = first if first.is_dir() else first.parent
            self.project.setText(str(place.parent / f"{place.name}{SUFFIX}"))
        self.ok.setEnabled(self.list.count() > 0)

    def sources(self) -> list[Path]:
        return [Path(self.list.item(row).text()) for row in range(self.list.count())]

    def options(self) -> dict[str, Any]:
        """`bands` and `pixel_scale` as the workbench takes them; None where the files say it."""
        names = tuple(name.strip() for name in self.bands.text().split(",") if name.strip())
        return {"bands": names or None, "pixel_scale": self.scale.value() or None}

    def folder(self) -> Path:
        """Where the project goes, with its suffix."""
        folder = Path(self.project.text().strip()).expanduser()
        return folder if folder.name.endswith(SUFFIX) else folder.with_name(folder.name + SUFFIX)

    def accept(self) -> None:
        if self._new and not self.project.text().strip():
            self.problem.setText("Say where the project folder goes.")
            return
        if self._new and (self.folder() / "project.toml").exists():
            self.problem.setText(f"{self.folder()} is already a project; open it, or choose another name.")
            return
        super().accept()


class RefusedDialog(QtWidgets.QDialog):
    """Every file or object that was refused, with its reason; shown only when there is one."""

    def __init__(self, title: str, said: str, refused: Iterable[Any], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.resize(760, 360)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(QtWidgets.QLabel(said, objectName="summary", wordWrap=True))
        self.cause = Sentence()
        self.cause.hide()
        layout.addWidget(self.cause)
        self.text = QtWidgets.QPlainTextEdit("\n".join(str(refusal) for refusal in refused), readOnly=True)
        self.text.setLineWrapMode(QtWidgets.QPlainTextEdit.NoWrap)
        layout.addWidget(self.text, 1)
        row = QtWidgets.QHBoxLayout()
        row.addStretch(1)
        for text, tip, do in (
            ("Copy", "Copy the list", lambda: QApplication.clipboard().setText(self.text.toPlainText())),
            ("Close", "Back to the images", self.close),
        ):
            button = QtWidgets.QPushButton(text, toolTip=tip)
            button.clicked.connect(do)
            row.addWidget(button)
        layout.addLayout(row)
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.setAttribute(Qt.WA_ShowWithoutActivating)  # it comes in the middle of grading; the keys stay the image's

    def explain(self, cause: str) -> None:
        """Say above the list what is behind all of it, and the remedy."""
        self.cause.show()
        self.cause.say(cause, "warning")


class ImportReportDialog(RefusedDialog):
    """What an import refused, and before it what else it has to say."""

    def __init__(self, report: Any, parent: QWidget | None = None) -> None:
        super().__init__("Import", summary(report), [*report.notes, *report.refused], parent)


def summary(report: Any) -> str:
    """One sentence: how many came in, and how many did not."""
    said = f"{report.added:,} {'object' if report.added == 1 else 'objects'} added"
    if report.updated:
        said += f", {report.updated:,} updated"
    sources = sum(getattr(one, "sources", 0) for one in report.refused)
    files = sum(not hasattr(one, "sources") for one in report.refused)
    counts = ((sources, "source"), (files, "file"))
    parts = [f"{count:,} {what if count == 1 else what + 's'} refused" for count, what in counts if count]
    return "; ".join([said, *parts]) + "."
