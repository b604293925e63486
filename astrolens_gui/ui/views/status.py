"""The line below the window: jobs on the left, a passing word, the label saved last on the right; decides nothing."""

from __future__ import annotations

from ..grading import Saved
from ..qt import QApplication, Qt, QTimer, QtWidgets, QWidget
from .elided import Elided
from .jobs import JobsLine
from .sentence import short

SHORT_MS = 6000


NOTHING_SAVED = "No label yet in this session"


class StatusLine(QtWidgets.QStatusBar):
    """Errors stay, in red and copyable, until the next thing goes well or ✕ is clicked."""

    def __init__(self, jobs: JobsLine, parent: QWidget | None = None) -> None:
        super().__init__(parent, sizeGripEnabled=False)
        self.word = Elided(name="muted")
        self.problem = Elided(name="problem")
        self.problem.setProperty("role", "bad")
        self.problem.setSizePolicy(QtWidgets.QSizePolicy.Expanding, QtWidgets.QSizePolicy.Preferred)
        self.copy = QtWidgets.QToolButton(text="Copy", autoRaise=True, toolTip="Copy the whole message")
        self.copy.setFocusPolicy(Qt.NoFocus)
        self.copy.clicked.connect(lambda: QApplication.clipboard().setText(self.problem.toolTip()))
        self.dismiss = QtWidgets.QToolButton(text="✕", autoRaise=True, toolTip="Hide this message")
        self.dismiss.clicked.connect(self.clear_problem)
        self._silence = QTimer(self, singleShot=True, interval=SHORT_MS)
        self._silence.timeout.connect(self._hush)
        self.saved = QtWidgets.QLabel(NOTHING_SAVED, objectName="muted")
        self.saved.setToolTip("The label that was saved last: it is on disk")
        self.addWidget(jobs)
        self.addWidget(self.word)
        self.addPermanentWidget(self.problem, 1)
        self.addPermanentWidget(self.copy)
        self.addPermanentWidget(self.dismiss)
        self.addPermanentWidget(self.saved)
        self.setContentsMargins(0, 0, 10, 0)
        self.setMinimumWidth(1)  # a long sentence never makes the window wider
        self.clear_problem()

    def say(self, text: str) -> None:
        """A word that goes away by itself."""
        self.word.say(text)
        self._silence.start()

    def _hush(self) -> None:
        self.word.say("")

    def fail(self, sentence: str) -> None:
        self.problem.say(sentence)
        self.word.say("")  # the line is the problem's
        for button in (self.copy, self.dismiss):
            button.show()

    def clear_problem(self) -> None:
        self.problem.say("")
        for button in (self.copy, self.dismiss):
            button.hide()

    def forget_saved(self) -> None:
        """Another project: what was saved last was in the former one."""
        self.saved.setText(NOTHING_SAVED)

    def show_saved(self, saved: Saved) -> None:
        self.clear_problem()
        if saved.remark:
            done = "saved" if saved.comment else "removed"
            self.saved.setText(f"comment on {short(saved.name)} {done}  {saved.clock}")
            return
        kind = f" {saved.subtype}" if saved.subtype else ""
        self.saved.setText(f"last saved label: {short(saved.name)} {saved.grade or 'no grade'}{kind}  {saved.clock}")
