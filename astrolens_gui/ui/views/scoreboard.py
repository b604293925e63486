"""The scoreboard: who and what ranks the lenses best, as a table and as curves; counts nothing and reads no file."""

from __future__ import annotations

from typing import Any

from ..qt import Qt, QtCore, QtWidgets, QWidget, Signal
from .elided import Elided
from .scoreplots import RecoveryPlot, RocPlot, inks
from .scoretable import ScoreModel, ScoreTable, told

BEST = "the best"

ASK_TRUTH = (
    "Which objects are lenses? Name a truth table: a CSV with the columns ID and is_lens (0 or 1), such as the truth.csv "
    "of a simulation or the tables of the lens finding challenge. It is remembered with the project."
)


class ScoreboardDialog(QtWidgets.QDialog):
    """Stays open beside the images.

    Attributes:
        truth_asked, table_asked, refresh_asked, cancel_asked, copy_asked, save_asked: a button was pressed.
        score_asked: score the project, so that there is something to rank.
        objects_chosen: (entry's name or "", whether objects that taught a model are left out).
    """

    truth_asked = Signal()
    table_asked = Signal()
    refresh_asked = Signal()
    cancel_asked = Signal()
    copy_asked = Signal()
    save_asked = Signal()
    objects_chosen = Signal(str, bool)
    score_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Scoreboard")
        self.setWindowFlags(self.windowFlags() | Qt.WindowMaximizeButtonHint)
        self.resize(1280, 820)
        self._standing: Any = None
        self._names: list[tuple[str, int]] = []
        self.model = ScoreModel(self)
        self.table = ScoreTable(self.model)
        self.table.chosen.connect(self._mark)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(self._choices())
        self.said = QtWidgets.QLabel(wordWrap=True, objectName="muted")
        self.said.setTextInteractionFlags(Qt.TextSelectableByMouse)
        layout.addWidget(self.said)
        self.pages = QtWidgets.QStackedWidget()
        self.pages.addWidget(self._empty())
        self.pages.addWidget(self._filled())
        layout.addWidget(self.pages, 1)
        layout.addLayout(self._buttons())
        self.ask(ASK_TRUTH)

    # -- its parts

    def _choices(self) -> QtWidgets.QHBoxLayout:
        row = QtWidgets.QHBoxLayout()
        self.truth = QtWidgets.QPushButton("Truth…", autoDefault=False)
        self.truth.setToolTip("Choose the table that says which objects are lenses")
        self.truth.clicked.connect(self.truth_asked)
        self.add = QtWidgets.QPushButton("Add scores…", autoDefault=False)
        self.add.setToolTip("One more entry: a CSV of anybody with the columns ID and logit or score")
        self.add.clicked.connect(self.table_asked)
        self.objects = QtWidgets.QComboBox()
        self.objects.setToolTip("Which objects count: a person who graded a part is compared fairly on that part")
        self.objects.activated.connect(lambda _: self.objects_chosen.emit(*self.objects.currentData()))
        self.reference = QtWidgets.QComboBox()
        self.reference.setToolTip("What the differences are to, paired: on the same resampled objects")
        self.reference.activated.connect(lambda _: self._refer())
        for widget in (self.truth, self.add):
            row.addWidget(widget)
        row.addStretch(1)
        for text, box in (("Objects", self.objects), ("Differences to", self.reference)):
            box.setMinimumWidth(170)
            box.setMaximumWidth(260)
            row.addWidget(QtWidgets.QLabel(text))
            row.addWidget(box)
        return row

    def _empty(self) -> QWidget:
        page = QtWidgets.QWidget()
        column = QtWidgets.QVBoxLayout(page)
        self.sentence = QtWidgets.QLabel(wordWrap=True, alignment=Qt.AlignCenter)
        self.sentence.setFixedWidth(620)
        self.choose = QtWidgets.QPushButton("Choose the truth table…", objectName="primary", autoDefault=False)
        self.choose.clicked.connect(self.truth_asked)
        self.score = QtWidgets.QPushButton("Score the project", objectName="primary", autoDefault=False)
        self.score.clicked.connect(self.score_asked)
        column.addStretch(1)
        for widget in (self.sentence, self.choose, self.score):
            column.addWidget(widget, 0, Qt.AlignHCenter)
        column.addStretch(1)
        return page

    def _filled(self) -> QWidget:
        self.roc, self.log = RocPlot(), QtWidgets.QCheckBox("Logarithmic false-positive rate", checked=True)
        self.log.setToolTip("Surveys have a thousand non-lenses a lens: what counts is at the left end")
        self.log.toggled.connect(self.roc.set_log)
        curve = QtWidgets.QWidget()
        column = QtWidgets.QVBoxLayout(curve)
        column.setContentsMargins(0, 4, 0, 0)
        column.addWidget(self.roc, 1)
        column.addWidget(self.log)
        self.recovered = RecoveryPlot()
        self.tabs = QtWidgets.QTabWidget()
        self.tabs.addTab(curve, "ROC")
        self.tabs.addTab(self.recovered, "Recovery")
        self.note = Elided(name="muted")
        table = QtWidgets.QWidget()
        column = QtWidgets.QVBoxLayout(table)
        column.setContentsMargins(0, 0, 0, 4)
        column.addWidget(self.table, 1)
        column.addWidget(self.note)
        self.split = split = QtWidgets.QSplitter(Qt.Vertical)
        split.addWidget(table)
        split.addWidget(self.tabs)
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        return split

    def _buttons(self) -> QtWidgets.QHBoxLayout:
        row = QtWidgets.QHBoxLayout()
        self.copy = QtWidgets.QPushButton(
            "Copy as Markdown", toolTip="The table, for a paper or a page", autoDefault=False
        )
        self.copy.clicked.connect(self.copy_asked)
        self.save = QtWidgets.QPushButton("Save…", toolTip="As .md, .csv, .json or a picture", autoDefault=False)
        self.save.clicked.connect(self.save_asked)
        self.refresh = QtWidgets.QPushButton("Refresh", toolTip="Count again, with the latest grades and scores")
        self.refresh.setAutoDefault(False)
        self.refresh.clicked.connect(self.refresh_asked)
        self.bar = QtWidgets.QProgressBar(maximum=1000, textVisible=False)
        self.bar.setFixedWidth(180)
        self.stop = QtWidgets.QToolButton(text="✕", autoRaise=True, toolTip="Stop counting; the table stays as it is")
        self.stop.clicked.connect(self.cancel_asked)
        close = QtWidgets.QPushButton("Close", autoDefault=False)
        close.clicked.connect(self.close)
        for widget in (self.copy, self.save, self.refresh):
            row.addWidget(widget)
        row.addStretch(1)
        for widget in (self.bar, self.stop, close):
            row.addWidget(widget)
        self.show_busy(None)
        return row

    # -- what it shows

    def ask(self, sentence: str, entries: bool = False) -> None:
        """Nothing to show: say what is missing and what to do; `entries`: it is what would be ranked, not the truth."""
        self._standing = None
        self.choose.setVisible(not entries)
        self.score.setVisible(entries)
        self.sentence.setText(sentence)
        self.sentence.setMinimumHeight(self.sentence.heightForWidth(620) + 12)
        if sentence == ASK_TRUTH:
            self.truth.setText("Truth…")
        self.said.setText("")
        self.pages.setCurrentIndex(0)
        self._enable()

    def show_standing(self, standing: Any, *, whole: bool) -> None:
        """Fill the table and the plots; `whole`: all objects counted, so that these are all the entries there are."""
        self._standing = standing
        board, chosen = standing.board, self.table.chosen_name()
        if whole:
            self._names = [(row.name, row.unscored) for row in board.plain]
            self._fill_objects(standing.taught)
        reference = self.reference.currentData() or ""
        self.reference.clear()
        self.reference.addItem(BEST, "")
        for row in board.plain:
            self.reference.addItem(row.name, row.name)
        self.reference.setCurrentIndex(max(self.reference.findData(reference), 0))
        self.truth.setText(f"Truth: {standing.truth.name}…")
        self.truth.setToolTip(f"{standing.truth}: choose another table")
        self.pages.setCurrentIndex(1)
        self.mark_stale(False)
        self._enable()
        self._refer()
        self.table.choose(chosen or board.plain[0].name)
        below = self.note.sizeHint().height() + 12
        wanted = min(self.table.height_of_rows() + below, round(0.45 * self.height()))
        if self.split.sizes()[0] < wanted:  # a person may have given it more
            self.split.setSizes([wanted, max(self.split.height() - wanted, 1)])

    def _fill_objects(self, taught: int) -> None:
        former = self.objects.currentData()
        self.objects.clear()
        self.objects.addItem("all of the truth", ("", False))
        if taught:
            self.objects.addItem("those that taught no model", ("", True))
        for name, unscored in self._names:
            if unscored:
                self.objects.addItem(f"those that {name} ranks", (name, False))
        place = next((at for at in range(self.objects.count()) if self.objects.itemData(at) == former), 0)
        self.objects.setCurrentIndex(place)

    def _refer(self) -> None:
        if self._standing is None:
            return
        board = self._standing.board
        reference = self.reference.currentData() or board.plain[0].name
        colours = inks([row.name for row in board.plain])
        chosen = self.table.chosen_name()
        self.model.show_rows(board.against(reference), colours)
        self.table.fit()
        self.table.choose(chosen)
        self.roc.show_curves(self._standing.curves, colours, [row.name for row in board.plain if row.kind == "person"])
        self.recovered.show_recoveries(self._standing.recoveries, colours)
        lenses, others = board.plain[0].N_pos, board.plain[0].N_neg
        few = "" if others >= 1000 else " · fewer than 1,000 non-lenses say little of FPR 1e-3"
        note = f" · {self._standing.note}" if self._standing.note else ""
        objects = board.objects[:1].upper() + board.objects[1:]
        self.said.setText(f"{objects}: {lenses:,} lenses, {others:,} non-lenses. 95 % intervals{few}{note}")

    def _mark(self, name: str) -> None:
        self.roc.mark(name)
        self.recovered.mark(name)
        row = next((one for one in self.model.rows if one.name == name), None)
        self.note.say(told(row) if row else "")

    def fail(self, sentence: str) -> None:
        """Beside what is shown, or in its place where nothing is."""
        if self._standing is None:
            self.ask(sentence)
        else:
            self.said.setText(sentence)

    def show_busy(self, fraction: float | None) -> None:
        """Progress of the count; None where none is under way."""
        for widget in (self.bar, self.stop):
            widget.setVisible(fraction is not None)
        self.refresh.setEnabled(fraction is None)
        self.bar.setValue(round(1000 * (fraction or 0.0)))

    def mark_stale(self, stale: bool) -> None:
        """Grades or scores changed since."""
        self.refresh.setText("Refresh: grades or scores changed" if stale else "Refresh")

    def _enable(self) -> None:
        for widget in (self.copy, self.save, self.objects, self.reference, self.add):
            widget.setEnabled(self._standing is not None)
        if self._standing is None:
            self.add.setEnabled(self.sentence.text() != ASK_TRUTH)

    def changeEvent(self, event: QtCore.QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QtCore.QEvent.PaletteChange and getattr(self, "_standing", None) is not None:
            self._refer()  # the entries' colours are the theme's

    def keyPressEvent(self, event: QtCore.QEvent) -> None:
        if event.key() == Qt.Key_Escape:  # type: ignore[attr-defined]
            self.close()
            return
        super().keyPressEvent(event)
