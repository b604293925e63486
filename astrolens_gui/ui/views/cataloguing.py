"""The dialog of a catalogue's import: what its columns mean, which images it belongs to, what will come of it; reads no file itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from astrolens_gui.workbench import importing

from ..bridge import is_cancelled, words_of
from ..forms import RealBox
from ..qt import QTimer, QtWidgets, QWidget

SUFFIXES = (".csv", ".tsv", ".ecsv", ".txt", ".cat", ".dat", ".vot", ".votable", ".xml", ".parquet", ".pq")
TABLES = (
    "Catalogues (*.csv *.tsv *.ecsv *.txt *.cat *.dat *.fits *.fit *.vot *.votable *.xml *.parquet *.pq);;All files (*)"
)
IMAGES = "FITS images (*.fits *.fit *.fts *.fz *.gz);;All files (*)"

ROLES = (
    ("ra", "RA", "Right ascension: degrees, hours or sexagesimal"),
    ("dec", "Dec", "Declination: degrees or sexagesimal"),
    ("id", "ID", "What names a source, unique; without one its position does"),
    ("score", "Score", "Somebody's score, kept with the source, to sort by"),
    ("x", "x", "Pixel column, for images without sky coordinates"),
    ("y", "y", "Pixel row, for images without sky coordinates"),
    ("size", "Size", "Kept with the source as size, to sort by"),
    ("redshift", "Redshift", "Kept with the source as redshift, to sort by"),
)
NONE = "—"
WAIT_MS = 250


def is_table(path: Path) -> bool:
    """Whether a file's name says that it is a catalogue; one in FITS says so by `cat` in its name."""
    name = path.name.lower()
    fits_table = name.endswith((".fits", ".fit")) and ("cat" in path.stem.lower() or "table" in path.stem.lower())
    return (name.endswith(SUFFIXES) or fits_table) and not path.is_dir()


class CatalogueDialog(QtWidgets.QDialog):
    """Guesses filled in; the sentence above the buttons says what would be imported as it stands."""

    def __init__(
        self,
        table: Path,
        images: list[Path],
        bridge: Any,
        workbench: Any,
        given: dict[str, Any] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Sources of {table.name}")
        self.resize(820, 640)
        self._table, self._bridge, self._workbench, self._given = table, bridge, workbench, dict(given or {})
        self._rows: Any = None
        self._asked = 0
        self._soon = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._soon.timeout.connect(self._survey)
        self.columns: dict[str, QtWidgets.QComboBox] = {}
        self.preview = QtWidgets.QTableWidget(0, 0)
        self.preview.setEditTriggers(QtWidgets.QTableWidget.NoEditTriggers)
        self.preview.setSelectionMode(QtWidgets.QTableWidget.NoSelection)
        self.preview.verticalHeader().hide()
        self.preview.setMaximumHeight(190)
        self.list = QtWidgets.QListWidget(toolTip="Large FITS images; several of one band are its tiles")
        self.list.setMaximumHeight(120)
        self.said = QtWidgets.QLabel("Reading the table …", wordWrap=True)
        self.said.setMinimumHeight(54)
        buttons = QtWidgets.QDialogButtonBox(QtWidgets.QDialogButtonBox.Ok | QtWidgets.QDialogButtonBox.Cancel)
        self.ok = buttons.button(QtWidgets.QDialogButtonBox.Ok)
        self.ok.setText("Import the sources")
        self.ok.setObjectName("primary")
        self.ok.setEnabled(False)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(self.preview)
        layout.addLayout(self._roles())
        layout.addLayout(self._image_row())
        layout.addWidget(self.list)
        layout.addLayout(self._sizes())
        layout.addStretch(1)
        layout.addWidget(self.said)
        layout.addWidget(buttons)
        self.add(images)
        self._run(lambda: importing.preview(table), self._on_preview)

    def _roles(self) -> QtWidgets.QGridLayout:
        grid = QtWidgets.QGridLayout()
        for at, (role, title, tip) in enumerate(ROLES):
            box = QtWidgets.QComboBox(toolTip=tip, minimumContentsLength=8)
            box.setSizeAdjustPolicy(QtWidgets.QComboBox.AdjustToMinimumContentsLengthWithIcon)
            box.addItem(NONE, "")
            box.currentIndexChanged.connect(lambda _: self._soon.start())
            label = QtWidgets.QLabel(title, toolTip=tip)
            label.setBuddy(box)
            row, column = divmod(at, 4)
            grid.addWidget(label, row, 2 * column)
            grid.addWidget(box, row, 2 * column + 1)
            grid.setColumnStretch(2 * column + 1, 1)
            self.columns[role] = box
        return grid

    def _image_row(self) -> QtWidgets.QHBoxLayout:
        row = QtWidgets.QHBoxLayout()
        row.addWidget(QtWidgets.QLabel("Images that the sources lie in"))
        row.addStretch(1)
        for text, tip, do in (
            ("Add images…", "Large FITS images: bands and tiles", self._ask_images),
            ("Remove", "Take the chosen image off the list", self._remove),
        ):
            button = QtWidgets.QPushButton(text, toolTip=tip, autoDefault=False)
            button.clicked.connect(do)
            row.addWidget(button)
        return row

    def _sizes(self) -> QtWidgets.QHBoxLayout:
        self.size_box, self.unit, self.scale = RealBox(), QtWidgets.QComboBox(), RealBox()
        self.size_box.setRange(0.1, 10_000.0)
        self.size_box.setValue(10.0)
        self.size_box.setToolTip("The side of a cutout; every band shows the same part of the sky")
        self.unit.addItems(["arcsec", "pixels"])
        self.scale.setRange(0.0, 3600.0)
        self.scale.setValue(self._given.get("pixel_scale") or 0.0)
        self.scale.setSuffix(" arcsec/px")
        self.scale.setSpecialValueText("from the images")
        self.scale.setToolTip("For images whose header does not say; 0 leaves it to the files")
        self.prefix = QtWidgets.QLineEdit(placeholderText="none")
        self.prefix.setToolTip("Goes before each ID: for a catalogue that numbers its sources as another one did")
        row = QtWidgets.QHBoxLayout()
        for title, widget in (
            ("Cutouts", self.size_box),
            ("", self.unit),
            ("Pixel scale", self.scale),
            ("ID prefix", self.prefix),
        ):
            if title:
                row.addWidget(QtWidgets.QLabel(title))
            row.addWidget(widget, 1)
        for signal in (self.size_box.valueChanged, self.scale.valueChanged, self.unit.currentIndexChanged):
            signal.connect(lambda _: self._soon.start())
        self.prefix.textChanged.connect(lambda _: self._soon.start())
        return row

    # -- what the person chose

    def images(self) -> list[Path]:
        return [Path(self.list.item(row).text()) for row in range(self.list.count())]

    def options(self) -> dict[str, Any]:
        """As `importing.Cutting` takes it."""
        arcsec = self.unit.currentIndex() == 0
        return {
            "mapping": {role: box.currentData() for role, box in self.columns.items()},
            "size_arcsec": self.size_box.value() if arcsec else None,
            "size_px": None if arcsec else round(self.size_box.value()),
            "bands": self._given.get("bands"),
            "pixel_scale": self.scale.value() or None,
            "prefix": self.prefix.text().strip(),
        }

    def add(self, images: list[Path]) -> None:
        known = set(self.images())
        self.list.addItems([str(image) for image in images if image not in known])
        self._soon.start()

    def _ask_images(self) -> None:
        self.add([Path(file) for file in QtWidgets.QFileDialog.getOpenFileNames(self, "Images", "", IMAGES)[0]])

    def _remove(self) -> None:
        if self.list.currentRow() >= 0:
            self.list.takeItem(self.list.currentRow())
            self._soon.start()

    # -- what comes of it

    def _run(self, work: Any, done: Any) -> None:
        self._asked += 1
        asked = self._asked

        def answer(result: Any) -> None:
            if asked == self._asked:
                done(result)

        def fail(error: BaseException) -> None:
            if asked == self._asked and not is_cancelled(error):
                self._tell(words_of(error), "bad")

        self._bridge.when_done(self._workbench.runner.submit("io", work, quiet=True), answer, fail)

    def _on_preview(self, found: Any) -> None:
        for role, box in self.columns.items():
            box.blockSignals(True)
            for name in found.names:
                unit = found.units.get(name, "")
                box.addItem(f"{name} [{unit}]" if unit and unit not in name else name, name)
            box.setCurrentIndex(max(box.findData(found.guess.get(role, "")), 0))
            box.blockSignals(False)
        self.preview.setColumnCount(len(found.names))
        self.preview.setHorizontalHeaderLabels(list(found.names))
        self.preview.setRowCount(len(found.rows))
        for at, row in enumerate(found.rows):
            for column, text in enumerate(row):
                self.preview.setItem(at, column, QtWidgets.QTableWidgetItem(text))
        self.preview.resizeColumnsToContents()
        self._survey()

    def _survey(self) -> None:
        if self.preview.columnCount() == 0:
            return
        self.ok.setEnabled(False)
        if not self.list.count():
            self._asked += 1
            self._tell("Add the FITS images that the sources lie in.", "muted")
            return
        self._tell("Looking where the sources lie …", "muted")
        table, images, how, rows = self._table, self.images(), importing.Cutting(**self.options()), self._rows
        self._run(lambda: importing.survey(table, images, how, rows), self._on_survey)

    def _on_survey(self, result: tuple[Any, str, list[str]]) -> None:
        self._rows, said, left = result
        shown = left[:2] + ([f"… and {len(left) - 2} more reasons"] if len(left) > 2 else [])
        self._tell("\n".join([said, *shown]), "")
        self.ok.setEnabled(True)

    def _tell(self, text: str, role: str) -> None:
        self.said.setText(text)
        self.said.setProperty("role", role)
        self.said.style().unpolish(self.said)
        self.said.style().polish(self.said)
