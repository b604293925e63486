"""Restoring images and comparing them with the data, as the actions call it; restores nothing itself, and marks all that was as no data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .keeping import Kept
from .models import restored
from .models.restored import LOOKS
from .previewing import Preview
from .provenance import Provenance
from .qt import QObject, QtWidgets, QWidget
from .splitting import Split
from .working import Work

USUAL = {"backend": "", "model": "", "draws": 8, "look": "restored"}


class RestoreCommands(QObject):
    """One method per action of its section; `window` is the composed Window.

    Attributes:
        on: whether each object that is shown is restored. look: which of its pictures. found: the Restoration at hand, or None.
    """

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self._window = window
        self._kept = Kept(window.workbench.settings, "restore", USUAL)
        self.on = False
        self.look = "restored"
        self.found: Any = None
        self.panel: Any = None
        self._seen = -1
        self._met: Any = None
        self._mine: Any = None
        self._shown = "raw"

    def build(self) -> QWidget:
        """The panel of the Restore dock and the layers on the image; made once the stage is built."""
        from .views.notdata import NotData
        from .views.restore_panel import RestorePanel

        window = self._window
        self._image = image = window.stage.image
        self.panel = panel = RestorePanel(window.workbench.plugins, window.action_set)
        self.work = Work(window, panel)
        self.split = Split(window, lambda: self.now != "raw")
        self.mark = NotData()
        image.canvas.add_layer(self.mark)
        self.files = Provenance(window)
        self.files.told.connect(self._on_turned)
        self.preview = Preview(window)
        self.preview.arrived.connect(self._take)
        self.preview.refused.connect(self._refuse)
        self.preview.waits.connect(lambda: panel.clear("Restoring …"))
        self.preview.came_on.connect(lambda part: panel.clear(f"Restoring … {part:.0%}"))
        self.look = self._kept["look"] if self._kept["look"] in LOOKS[:3] else "restored"
        panel.task.choose(self._kept["backend"], self._kept["model"])
        panel.draws.setValue(self._kept["draws"])
        panel.preview_asked.connect(self.toggle_restored)
        panel.look_asked.connect(self.show_look)
        panel.split_asked.connect(self.toggle_split)
        panel.compare_asked.connect(self.toggle_compare)
        panel.save_asked.connect(self.save_restored)
        panel.all_asked.connect(self.restore_all)
        panel.cancelled.connect(self.work.cancel)
        panel.draws_changed.connect(lambda draws: self._choose(draws=draws))
        panel.task.changed.connect(lambda: self._choose(backend=panel.task.backend, model=panel.task.model))
        panel.task.train_asked.connect(self._train)
        self.split.changed.connect(self._on_turned)
        image.shown.connect(self._on_shown)
        image.blinking.turned.connect(self._on_turned)
        window.current.object_changed.connect(lambda _: self._on_object())
        window.stage.turned.connect(lambda _: self._on_turned())
        window.session.opened.connect(lambda _: self._on_project())
        window.session.closed.connect(self._on_project)
        window.bridge.changed.connect(self._on_changed)
        self._on_project()
        return panel

    # -- actions

    def toggle_restored(self) -> None:
        self._window.show_dock("restore")
        self._set_on(not self.on)
        self._want()

    def next_restored(self) -> None:
        """What there is of this object, in turn."""
        if self.found is None:
            self._begin()
            return
        there = [look for look in LOOKS if restored.made(self.found, look) is not None]
        now = there.index(self.now) if self.now in there else -1
        self.show_look(there[(now + 1) % len(there)])
        self._window.say(f"{restored.TITLES[self.look]}: {restored.TIPS[self.look]}")

    def show_look(self, look: str) -> None:
        """Have this picture of the restoration on the single view from now on; "raw" the data."""
        self.look = look
        if look != "raw":
            self._kept.set(look=look)
        self._to_image()
        self._put() if self.found is not None else self._begin()

    def toggle_split(self) -> None:
        if self.split.on:
            self.split.end()
            return
        if self.look == "raw":
            self.look = "restored"
        self._to_image()
        self.split.begin()
        self._put() if self.found is not None else self._begin()

    def toggle_compare(self) -> None:
        stage = self._window.stage
        self._window.show_dock("restore")
        self._set_on(True)
        stage.toggle("compare")
        if (view := stage.pages.get("compare")) is not None and view is not self._met:
            self._met = view
            view.shown.connect(lambda frame: stage.page == "compare" and stage.bar.set_frame(frame))
            view.wanted.connect(lambda _: self._want())
            stage.turned.connect(lambda page: page == "image" and stage.bar.set_frame(stage.image.frame))
        if stage.page == "compare":
            self._want()

    def save_restored(self) -> None:
        window = self._window
        if self.found is None:
            window.say("Nothing is restored yet: F8 restores the image shown")
            return
        name = window.queue.name_of(self.found.object_id).replace("/", "_")
        path, _ = QtWidgets.QFileDialog.getSaveFileName(
            window, "Save the restored image", f"{name}-restored.fits", "FITS (*.fits)"
        )
        if path:
            self.write([self.found.object_id], Path(path))

    def restore_all(self) -> None:
        """The selected objects, else all that are listed, into a folder."""
        window, stage = self._window, self._window.stage
        selected = stage.mosaic.selection.ordered() if stage.is_mosaic else []
        ids = selected or [window.queue.object_at(row) for row in range(window.queue.rowCount())]
        if not ids:
            window.say("There is nothing to restore")
            return
        folder = QtWidgets.QFileDialog.getExistingDirectory(window, f"Restore {len(ids):,} objects into")
        if folder:
            self.write(ids, Path(folder))

    def show_restore(self) -> None:
        self._window.show_dock("restore")

    # -- many

    def write(self, ids: list[int], out: Path) -> None:
        """Restore and write as FITS: one file, or a folder of them."""
        window, panel = self._window, self.panel
        task = panel.task

        def done(report: Any) -> None:
            panel.say(restored.said_of_files(report, out), "good")
            window.say(restored.said_of_files(report, out))

        self.work.start(
            lambda: window.workbench.write_restored(
                ids, out, backend=task.backend, model=task.model, draws=panel.draws.value()
            ),
            done,
            what=f"Restoring {'this object' if len(ids) == 1 else f'{len(ids):,} objects'} …",
            cancelled="Cancelled; the files written until then are whole.",
        )

    def _train(self, backend: str, values: dict[str, Any]) -> None:
        def done(report: Any) -> None:
            self.panel.say(f"{report.verdict.capitalize()}: {report.reason}", "good" if report.champion else "warning")
            self.preview.forget()
            self._want()

        self.work.start(
            lambda: self._window.workbench.train(backend, values),
            done,
            what="Training on this project's images …",
            cancelled="Training cancelled; nothing changed.",
        )

    # -- the preview

    @property
    def now(self) -> str:
        """Which of LOOKS is on the single view."""
        there = self.found is not None and self._image.blinking.shows_processed and self._is_mine
        return self._shown if there else "raw"

    @property
    def _is_mine(self) -> bool:
        """Whether what blinks with the data is the restoration, not a residual of the lens light."""
        return self._mine is not None and self._image.blinking.processed is self._mine

    def _to_image(self) -> None:
        if self._window.stage.page != "image":
            self._window.stage.show_page("image")

    def _begin(self) -> None:
        self._set_on(True)
        self._want()

    def _set_on(self, on: bool) -> None:
        self.on = on
        if not on:
            self.preview.cancel()
            self.split.end()
            self._take_away()
            self.panel.clear(_empty())
        self._on_turned()

    def _take_away(self) -> None:
        """Nothing restored on the single view."""
        self.found = None
        if self._is_mine:
            self._image.show_made(None)
        self._mine = None

    def _choose(self, **choice: Any) -> None:
        """Another model, or more draws: what is shown follows, once the hand rests."""
        self._kept.set(**choice)
        self._want()
        self._possible()

    def _want(self) -> None:
        """The object on the screen is to be restored, soon; at once where that was done before."""
        target, panel = self._window.current.object_id, self.panel
        if not self.on or target < 0:
            return
        if panel.task.lack:
            self._refuse(panel.task.lack)
        else:
            self.preview.want((target, panel.task.backend, panel.task.model, panel.draws.value()))

    def _take(self, found: list[Any]) -> None:
        """The restorations of the object on the screen, one a band: that of the band which is shown."""
        window, frame = self._window, self._image.frame
        target = window.current.object_id
        found = [one for one in found if one.object_id == target]
        image = frame.image if frame is not None and frame.image.object_id == target else None
        band = image.band if image is not None and window.stage.page == "image" else window.current.recipe.band
        here = next((one for one in found if one.band == band), None)
        if here is None and found and (not band or window.stage.page != "image"):
            here = found[0]
        if here is None:
            bands = ", ".join(one.band for one in found)
            self._refuse(
                f"The model restores {bands}, not {band}: choose that band." if bands else "Nothing came of it."
            )
            return
        self.found = here
        self.panel.show_restoration(here)
        self._put()
        if (page := window.stage.pages.get("compare")) is not None:
            scale = image.pixel_scale if image is not None else restored.arcsec_per_pixel(here.wcs)
            name = window.queue.name_of(target)
            page.show_restoration(here, name, scale, image.unit if image is not None else "")
        self._on_turned()

    def _refuse(self, sentence: str) -> None:
        self._take_away()
        self.panel.clear(sentence, "bad")
        if (page := self._window.stage.pages.get("compare")) is not None:
            page.say(self._window.current.object_id, sentence, failed=True)
        self._on_turned()

    def _put(self) -> None:
        """The chosen picture onto the single view, painted as the data are that it was made from."""
        from .views.blinking import Processed
        from .views.compare import painted

        frame, found = self._image.frame, self.found
        if frame is None or (frame.image.object_id, frame.image.band) != (found.object_id, found.band):
            return
        image = frame.image
        one = restored.made(found, self.look, image.unit) or restored.made(found, "restored", image.unit)
        assert one is not None
        if one.array.shape != image.raster.shape:
            self.panel.clear("What was restored has other pixels than the image shown; Compare shows it.", "warning")
        elif one.look == "raw":
            if self._is_mine and self._image.blinking.shows_processed:
                self._image.blink()
        else:
            how = painted(one, self.split.engine(image), image.band)
            self._shown = one.look
            self._mine = Processed.of(one.title.lower(), one.array, one.unit, how, plate="")
            self._image.show_made(self._mine)

    # -- what is on the screen

    def _on_turned(self) -> None:
        """Data and restored have changed places: the mark, the panel and what a label says of the screen follow."""
        current, page = self._window.current, self._window.stage.page
        now = self.now if page == "image" else "raw"
        split = self.split.on and now != "raw"
        file = self.files.maker(self._image.frame) if page == "image" else ""
        if now != "raw":
            self.mark.say(f"{now} by {self.found.model}", self.split.at if split else 0.0)
        else:
            self.mark.say(f"this file was restored by {file}" if file else "")
        self.panel.mark(
            preview=self.on,
            look=now if self.found is not None and page == "image" else "",
            split=self.split.on,
            compare=page == "compare",
        )
        on_screen = "split" if split else "" if now == "raw" else now
        if page == "compare" and self.found is not None:
            on_screen = "compare"
        elif page == "panels" and self._is_mine:
            on_screen = "panels"
        if on_screen:
            self._seen = current.object_id
        said = None
        if self.found is not None and self._seen == current.object_id >= 0 and page != "mosaic":
            said = {
                "on_screen": on_screen,
                "not_data": True,
                "model": str(self.found.model),
                "band": str(self.found.band),
            }
        elif file:
            said = {"on_screen": "file", "not_data": True, "model": file}
        current.annotate(restored=said)

    def _on_object(self) -> None:
        self.preview.cancel()
        self.found, self._mine, self._seen = None, None, -1
        self._possible()
        self.panel.clear(_empty())
        self._on_turned()
        self._want()

    def _on_shown(self, frame: Any) -> None:
        """Another image is on the single view: also another band of the object."""
        self._possible()
        self.files.look(frame)
        self._on_turned()
        if frame is None or not self.on or frame.image.object_id != self._window.current.object_id:
            return
        found, image = self.found, frame.image
        if found is None or found.band != image.band:
            if self.preview.answer is not None:
                self._take(self.preview.answer)
        elif self._image.blinking.processed is None and self.look != "raw":
            self._put()

    def _on_changed(self, changes: Any) -> None:
        """Another champion, other images: answers of before are not shown again."""
        if changes.models or changes.project or changes.objects:
            self.preview.forget()
            self.files.forget()
            self._ask_models()
            self._want()

    def _on_project(self) -> None:
        self.preview.forget()
        self.files.forget()
        self.work.cancel()
        self._set_on(False)
        self._possible()
        self._ask_models()

    def _ask_models(self) -> None:
        window = self._window
        if window.session.is_open:
            window.bridge.when_done(window.workbench.model_rows(), self.panel.task.set_models, lambda _: None)

    def _possible(self) -> None:
        self.panel.set_possible(self._window.current.object_id >= 0, self._window.session.is_open)


def _empty() -> str:
    from .views.restore_panel import EMPTY

    return EMPTY
