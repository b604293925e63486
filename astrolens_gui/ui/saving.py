"""The view in front as a picture on disk: what to draw and what to write under it; encodes nothing on the main thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from astrolens_gui.core.links import Target

from .bridge import words_of
from .qt import QtGui
from .views.save import Caption, SaveDialog, Sheet, colour_bar, short, write

EDGE = 12
"""Device independent pixels below the last line of a mosaic's page."""

CUTS = {
    "percentile": "{0.percentile:g} %",
    "zscale": "zscale",
    "minmax": "from the least to the greatest value",
    "manual": "by hand",
}
CUTS |= {"corner_rms": "−{0.low_sigma:g} … {0.high_sigma:g} σ of the corners", "centre": "by the central pixels"}
"""How cuts are called under pictures that have each their own."""


class Saving:
    """Attributes:
    dialog: the one that is open, else None.
    """

    def __init__(self, window: Any) -> None:
        self._window = window
        self.dialog: SaveDialog | None = None

    def ask(self) -> None:
        """Find what the caption says, then ask where to."""
        if self._window.stage.page == "image" and self._window.stage.image.frame is None:
            self._window.say("There is no image on the screen to save.")
            return
        self._target(self.run)

    def _target(self, then: Any) -> None:
        opened, object_id = self._window.workbench.opened, self._window.current.object_id

        def find() -> Target:
            from astrolens_gui.workbench.pointing import target

            return target(opened, object_id)

        job = self._window.workbench.runner.submit("io", find, quiet=True)
        self._window.bridge.when_done(job, then, lambda _: then(Target(self._window.queue.name_of(object_id))))

    def run(self, target: Target) -> None:
        """Ask, draw, and have it written."""
        page = self._window.stage.page
        dialog = self.dialog = SaveDialog(self._propose(page, target), self._size(), self._chosen, self._window)
        dialog.bar.setEnabled(page == "image")
        if dialog.exec_():
            self.save(page, target, dialog.path(), dialog.choices())
        self.dialog = None

    @property
    def _chosen(self) -> dict[str, Any]:
        return dict(self._window.workbench.settings["share"])

    def _propose(self, page: str, target: Target) -> Path:
        """A name that says what it is, in the folder of the last time; a number where it is taken."""
        from .sharing import default_name

        chosen = self._chosen
        folder = Path(chosen.get("folder") or Path.home())
        folder = folder if folder.is_dir() else Path.home()
        band = self._band() if page == "image" else page
        stem, suffix = default_name(target.name, band), chosen.get("suffix", ".png")
        path, number = folder / f"{stem}{suffix}", 2
        while path.exists():
            path, number = folder / f"{stem}-{number}{suffix}", number + 1
        return path

    def _band(self) -> str:
        frame = self._window.stage.image.frame
        if frame is None:
            return ""
        return "colour" if self._is_colour else str(frame.image.band)

    @property
    def _is_colour(self) -> bool:
        return getattr(self._window.current.recipe, "mode", "single") == "rgb"

    def _size(self) -> tuple[int, int]:
        view = self._view()
        ratio = view.devicePixelRatioF()
        return round(view.width() * ratio), round(view.height() * ratio)

    def _view(self) -> Any:
        """The widget whose pixels are saved: a page's canvas, or what scrolls without its bars."""
        front = self._window.stage.front
        if hasattr(front, "canvas"):
            return front.canvas
        return front.viewport() if hasattr(front, "viewport") else front

    def save(self, page: str, target: Target, file: Path, choices: dict[str, Any]) -> Any:
        """Draw the sheet, now where its pixels are at hand, and write it on the io lane; the job under way."""
        window, view, times = self._window, self._view(), int(choices["times"])
        window.workbench.settings.set("share", choices)
        width, height = (side * times for side in self._size())
        caption, bar = self._caption(page, target), self._bar() if choices["bar"] and page == "image" else None
        unit = times * view.devicePixelRatioF()

        def finish(picture: QtGui.QImage) -> Any:
            sheet = Sheet(picture, caption, bar, unit)
            size = f"{sheet.size[0]} × {sheet.size[1]} px"
            job = window.workbench.runner.submit("io", write, sheet, file, title=f"saving {file.name}", quiet=True)
            return window.bridge.when_done(job, lambda made: window.say(f"Saved {made} ({size})"), failed)

        def failed(error: BaseException) -> None:
            window.fail(words_of(error))

        view.repaint()  # what was asked for a moment ago is part of the view
        if not hasattr(view, "picture"):
            return finish(rendered(view, times, self._filled(view)))
        sample = self._to_read(view, width, height) if page == "image" else None
        if sample is None:
            return finish(view.picture(width, height, choices["layers"]))
        job = window.workbench.runner.submit("view", sample, quiet=True)
        return window.bridge.when_done(
            job, lambda pixels: finish(_drawn_with(view, pixels, width, height, choices["layers"])), failed
        )

    def _to_read(self, canvas: Any, width: int, height: int) -> Callable[[], Any] | None:
        """What reads and paints the pixels of a larger picture, for another thread; None where they are at hand."""
        here = canvas.view
        larger = min(width / here.width, height / here.height)
        wanted = replace(here, width=width, height=height, scale=here.scale * larger)
        image = self._window.stage.image
        if wanted == here or image.frame.title or all(raster.resident for raster in _shown(image, self._is_colour)):
            return None
        engine, recipe = image.engine, replace(self._window.current.recipe, band=image.frame.image.band)
        return lambda: engine.paint(engine.sample(wanted, recipe), recipe)

    def _filled(self, view: Any) -> int:
        """How much of a page's height has stamps."""
        grid = getattr(self._window.stage.front, "grid", None)
        last = grid.rect(grid.count - 1).bottom() if grid is not None and grid.count else view.height()
        return min(view.height(), max(last + EDGE, EDGE))

    def _caption(self, page: str, target: Target) -> Caption:
        if page not in ("image", "panels"):
            done, count = self._window.queue.progress()
            shown = f"{self._window.queue.rowCount():,} objects listed · {done:,} of {count:,} graded"
            return Caption(self._window.session.info.name, f"{shown} · {self._window.current.recipe.stretch}")
        place = f"{target.sexagesimal}  (ICRS)" if target.placed else ""
        made = self._window.stage.image.frame.title if page == "image" else ""
        warning = f"{made[:1].upper()}{made[1:]}: a processed picture, not data" if made else ""
        return Caption(target.name, self._said(page), place, warning)

    def _said(self, page: str) -> str:
        """Band, stretch and cuts in words."""
        from astrolens_gui.core.images.stretch import STRETCHES

        recipe, frame = self._window.current.recipe, self._window.stage.image.frame
        spec = STRETCHES.get(recipe.stretch)
        stretch = spec.title if spec is not None else recipe.stretch
        if page == "panels" or frame is None:
            return f"{stretch} · cuts {CUTS.get(recipe.cuts, recipe.cuts).format(recipe)}"
        if self._is_colour and not frame.title:
            bands = [one for one in (recipe.red, recipe.green, recipe.blue) if one]
            return f"Colour of {', '.join(bands) or 'all bands'} · {recipe.composer.capitalize()}"
        what = f"{frame.image.band} {frame.title}".rstrip()
        unit = frame.image.unit if not frame.title else ""
        return f"{what} · {stretch} · {short(frame.low)} … {short(frame.high)} {unit}".rstrip()

    def _bar(self) -> Any:
        frame = self._window.stage.image.frame
        if frame is None:
            return None
        unit = frame.image.unit if not frame.title else ""
        return colour_bar(self._window.current.recipe, frame.low, frame.high, unit)


def _shown(image: Any, colour: bool) -> list[Any]:
    """The open rasters behind the picture."""
    rasters = image.frame.image.rasters
    opened = getattr(rasters, "opened", lambda _: True)
    return [rasters[name] for name in rasters if opened(name)] if colour else [image.frame.image.raster]


def _drawn_with(canvas: Any, pixels: Any, width: int, height: int, layers: bool) -> QtGui.QImage:
    """The canvas's picture from pixels that were read for it."""
    usual, canvas.renderer = canvas.renderer, lambda _: pixels
    try:
        return canvas.picture(width, height, layers)  # type: ignore[no-any-return]
    finally:
        canvas.renderer = usual


def rendered(view: Any, times: int, height: int) -> QtGui.QImage:
    """The upper `height` of a widget drawn anew at `times` its size: letters and lines are sharp, its pictures as large as they
    are held."""
    ratio = view.devicePixelRatioF() * times
    picture = QtGui.QImage(round(view.width() * ratio), round(height * ratio), QtGui.QImage.Format_RGB32)
    picture.setDevicePixelRatio(ratio)
    picture.fill(view.palette().color(QtGui.QPalette.Window))
    view.render(picture)
    picture.setDevicePixelRatio(1.0)
    return picture
