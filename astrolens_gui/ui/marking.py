"""Boxes and regions, as the actions call them; keeps the canvas's layer as the store has it, and shows nothing as saved that is not."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from .bridge import words_of
from .qt import QtWidgets

ORIGIN = "boxes"
GEOMETRY = ("x", "y", "w", "h", "angle", "kind")


class MarkCommands:
    """One method per action of its section; `window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        self._window = window
        self.layer: Any = None
        self.tool: Any = None
        self.popup: Any = None
        self._image: Any = None
        self._shown: Any = None
        self._asked = 0
        self._waiting: dict[str, tuple[int, dict[str, Any]]] = {}
        """Changes on their way to the disk, by box: shown where the hand left them until the store has answered."""
        self._fresh: list[dict[str, Any]] = []
        """New boxes on their way to the disk."""
        self._count = 0
        self._rows: list[Any] = []
        self.report: Any = None

    def build(self) -> None:
        """Once the stage is built: the layer goes onto the image's canvas."""
        from .views.marks import MarksLayer
        from .views.marktool import MarkTool

        self._image = self._window.stage.image
        self.layer = MarksLayer()
        self.tool = MarkTool(self._image.canvas, self.layer)
        self._image.canvas.add_layer(self.layer)
        self._image.installEventFilter(self.tool)
        self.tool.drawn.connect(self._drawn)
        self.tool.moved.connect(self._moved)
        self.tool.asked.connect(lambda _: self.describe_box())
        self.tool.removed.connect(lambda _: self.remove_box())
        self._image.shown.connect(self._on_shown)
        self._window.bridge.changed.connect(self._on_changed)

    # -- what the store says

    def _on_shown(self, frame: Any) -> None:
        """Also told at every change of cuts: only another image is asked about."""
        image = frame.image if frame is not None else None
        if image is self._shown:
            return
        former, self._shown = self._shown, image
        if image is None or former is None or former.object_id != image.object_id:
            self._waiting, self._fresh, self._rows = {}, [], []
            self.layer.set_marks([])
        elif former.band != image.band:
            self._rows = []  # they lie elsewhere on this plane
            self.layer.set_marks([])
        self._ask()

    def _on_changed(self, changes: Any) -> None:
        one = self._shown.object_id if self._shown is not None else -1
        if one >= 0 and (one in changes.labels or one in changes.objects or changes.extra.get("kind") == "box"):
            self._ask()

    def ask_again(self) -> None:
        """The store may say something else now."""
        self._ask()

    def _ask(self) -> None:
        self._asked += 1
        if self._shown is not None:
            job = self._window.workbench.boxes(self._shown.object_id, self._shown.wcs)
            self._window.bridge.when_done(job, partial(self._arrived, self._asked))

    def _arrived(self, asked: int, rows: list[Any]) -> None:
        if asked != self._asked or self._shown is None:
            return  # a newer question is on its way
        self._rows = rows
        self._put()

    def _put(self) -> None:
        """Show what is stored, with what is on its way there."""
        from .views.marks import Mark

        me, shape = self._window.workbench.grader, list(self._shown.raster.shape)
        marks = []
        fitting = [row for row in self._rows if _fits(row, self._shown.wcs, self._shown.band, shape)]
        self._window.detecting.take_rows(self._shown, fitting)
        for row in fitting:
            if row.event is None:
                continue  # a model's: shown as finds, to be judged
            mine = row.source == me
            region = self._waiting[row.box][1] if row.box in self._waiting else row.state
            marks.append(Mark(row.box, {**row.state, **region}, row.source, mine))
        marks += [Mark("", region, me) for region in self._fresh]
        self.layer.set_marks(marks)

    # -- what the hand did

    def _drawn(self, region: dict[str, Any]) -> None:
        shown = self._shown
        if shown is None:
            return
        whole = self._on_plane({**region, "class_name": self.layer.class_name})
        self._fresh.append(whole)
        self._put()

        def saved(changes: Any) -> None:
            self._forget(whole)
            if self._shown is shown:
                self.layer.selected = changes.extra["boxes"][0]
                self._ask()
            self._window.say(f"Saved: {whole['class_name']}, {_size(whole, shown)} on {shown.name}")

        self._save(
            "new box",
            lambda: self._window.workbench.add_box(shown.object_id, whole, wcs=shown.wcs, origin=ORIGIN),
            saved,
            lambda: self._forget(whole),
        )

    def _forget(self, whole: dict[str, Any]) -> None:
        self._fresh = [one for one in self._fresh if one is not whole]

    def _on_plane(self, region: dict[str, Any]) -> dict[str, Any]:
        """With the plane whose pixels it is in."""
        more = {**(region.get("more") or {}), "shape": list(self._shown.raster.shape)}
        return {**region, "band": self._shown.band, "more": more}

    def _moved(self, key: str, region: dict[str, Any]) -> None:
        mark = self.layer.mark(key)
        if mark is None or self._shown is None:
            return
        place = {name: region[name] for name in (*GEOMETRY, "more") if region.get(name) is not None}
        self._change(key, self._on_plane(place), self._shown.wcs)

    def _change(self, key: str, changed: dict[str, Any], wcs: Any = None) -> None:
        """Write it; until it is on disk it is shown as wished, and if it is refused, as it was."""
        self._count += 1
        mine = self._count
        before = self._waiting.get(key, (0, {}))[1]
        self._waiting[key] = (mine, {**before, **changed})
        self._put()

        def over() -> None:
            if self._waiting.get(key, (0, {}))[0] == mine:
                del self._waiting[key]
                self._ask()

        self._save(
            "change of the box",
            lambda: self._window.workbench.change_box(key, changed, wcs=wcs, origin=ORIGIN),
            lambda _: over(),
            over,
        )

    def _save(self, what: str, submit: Any, saved: Any, lost: Any) -> None:
        def failed(error: BaseException) -> None:
            lost()
            self._ask()
            reason = words_of(error).rstrip(".")
            self._window.fail(f"The {what} is not saved: {reason}.")

        try:
            job = submit()
        except (ValueError, RuntimeError) as error:  # no project is open, or the program closes
            failed(error)
        else:
            self._window.bridge.when_done(job, saved, failed)

    # -- actions

    def draw_boxes(self) -> None:
        canvas = self._image.canvas
        if canvas.tool is self.tool:
            canvas.set_tool(None)
            return
        self._set_visible(True)
        canvas.set_tool(self.tool)

    def remove_box(self) -> None:
        chosen = self.layer.chosen if self.layer is not None else None
        if chosen is None:
            self._window.say("No box is selected: Shift+N, then click one.")
            return
        self.layer.select("")
        self._save(
            "removal of the box",
            lambda: self._window.workbench.remove_box(chosen.key, origin=ORIGIN),
            lambda _: self._window.say(f"Removed: {chosen.class_name}. Ctrl+Z brings it back."),
            lambda: None,
        )

    def describe_box(self) -> None:
        chosen = self.layer.chosen if self.layer is not None else None
        if chosen is None:
            self._window.say("No box is selected: Shift+N, then click one.")
            return
        from .views.markclass import MarkClass

        def take(class_name: str, note: str) -> None:
            self.layer.class_name = class_name
            if (class_name, note) != (chosen.class_name, chosen.note):
                self._change(chosen.key, {"class_name": class_name, "note": note})

        known = {mark.class_name for mark in self.layer.marks}
        self.popup = MarkClass(chosen.class_name, chosen.note, known, self._window)
        self.popup.chosen.connect(take)
        canvas = self._image.canvas
        corner = canvas.point_of(chosen.region["x"] + chosen.region["w"] / 2, chosen.region["y"])
        self.popup.show_at(canvas.mapToGlobal(corner))

    def toggle_boxes(self) -> None:
        self._set_visible(not self.layer.visible)
        self._window.say("Boxes are shown" if self.layer.visible else "Boxes are hidden")

    def _set_visible(self, visible: bool) -> None:
        if not visible and self._image.canvas.tool is self.tool:
            self._image.canvas.set_tool(None)
        self.layer.visible = visible
        self.layer.changed.emit()

    def import_regions(self) -> None:
        path, _ = QtWidgets.QFileDialog.getOpenFileName(
            self._window, "Import regions", "", "DS9 regions (*.reg *.ds9 *.txt);;All files (*)"
        )
        if path:
            self.bring_in(Path(path))

    def bring_in(self, path: Path) -> None:
        """Import as a job; where its regions went is said at the end."""
        window = self._window
        band = self._shown.band if self._shown is not None else ""
        job = window.workbench.import_regions(path, window.current.object_id, band)
        window.bridge.when_done(job, self._imported)

    def _imported(self, report: Any) -> None:
        from .views.imports import RefusedDialog

        self._ask()
        said = f"{report.added:,} regions added"
        self._window.say(report.notes[-1] if report.notes else said)
        if report.refused:
            lines = [*report.notes, *report.refused]
            self.report = RefusedDialog("Regions", f"{said}; not all of the file could be used.", lines, self._window)
            self.report.show()

    def export_regions(self) -> None:
        window = self._window
        name = window.queue.name_of(window.current.object_id).replace("/", "_")
        path, _ = QtWidgets.QFileDialog.getSaveFileName(window, "Export regions", f"{name}.reg", "DS9 regions (*.reg)")
        if path:
            out = Path(path) if Path(path).suffix else Path(path).with_suffix(".reg")
            job = window.workbench.write_regions(out, window.current.object_id)
            window.bridge.when_done(job, lambda count: window.say(f"{count} regions written to {out}"))


def _fits(row: Any, wcs: Any, band: str, shape: list[int]) -> bool:
    """Whether its pixels are those of the plane shown: placed there through the sky, drawn there, or on a plane of the same shape."""
    if row.ra is not None and row.w_arcsec is not None and wcs is not None:
        return True
    drawn_on = (row.more or {}).get("shape")
    return drawn_on == shape if drawn_on else row.band in ("", band)


def _size(region: dict[str, Any], image: Any) -> str:
    if image.pixel_scale:
        return f"{region['w'] * image.pixel_scale:.2f}″ × {region['h'] * image.pixel_scale:.2f}″"
    return f"{region['w']:.0f} × {region['h']:.0f} px"
