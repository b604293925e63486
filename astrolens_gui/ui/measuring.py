"""The lens tools, as the actions call them; owns the panel that shows what they found and has it kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from .bridge import words_of
from .qt import QWidget

ORIGIN = "measuring"
"""Who made the change, in `Changes.origin`: the panel has already shown its own."""

FIRST_THETA_ARCSEC = 1.0
WIDE_PX = 600
"""On a larger image the source near the pointer is meant, on a stamp the one in its middle."""

SIGNIFICANCE = "residual / σ"

SHOWN_PX = 16 << 20
"""Of an image with more pixels the residual is only shown as a preview: it would take a second picture of that size."""


class MeasureCommands:
    """One method per action of its section; `window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        self._window = window
        self._pointer: tuple[float, float] | None = None
        self._raster: Any = None
        self._title = ""
        self._light: Any = None
        self._fit: Any = None
        self._recalled: Any = None

    def build(self) -> QWidget:
        """The panel of the Measure dock; made once the stage is built."""
        from .views.measure_layer import MeasureLayer
        from .views.measure_panel import MeasurePanel
        from .views.measure_state import MeasureState
        from .views.measure_tools import CircleTool, LineTool, PositionsTool, RulerTool, WheelSizer

        window = self._window
        self._view = window.stage.image
        canvas = self._canvas = self._view.canvas
        self.state = MeasureState(window)
        canvas.add_layer(MeasureLayer(self.state))
        WheelSizer(canvas)
        kinds = {
            "einstein_circle": CircleTool,
            "ruler": RulerTool,
            "image_positions": PositionsTool,
            "line_profile": LineTool,
        }
        self.tools = {name: kind(self.state, canvas) for name, kind in kinds.items()}
        self.panel = MeasurePanel(self.state, window.action_set)
        self._plots = {name: Latest(window.bridge, window.workbench.runner) for name in ("line", "radial", "polar")}
        canvas.hovered.connect(self._on_hover)
        canvas.tool_changed.connect(self._on_tool)
        self._view.shown.connect(self._on_shown)
        self.state.changed.connect(self._redraw)
        self.state.line_changed.connect(self._redraw_line)
        self.panel.keep_asked.connect(self.keep_measurements)
        self.panel.forget_asked.connect(self._forget)
        self.panel.light.asked.connect(self._subtract)
        self.panel.light.cancelled.connect(lambda: self._fit is not None and self._fit.cancel())
        self.panel.light.picked.connect(self._show_picture)
        self.panel.line.closed.connect(lambda: self.state.set_line(None))
        for part in (self.panel.radial, self.panel.polar):
            part.closed.connect(self._mark)
        window.bridge.changed.connect(self._on_changed)
        window.bridge.job.connect(self._on_job)
        return self.panel

    # -- the tools

    def einstein_circle(self) -> None:
        if self._toggle("einstein_circle") and self.state.measured.circle is None:
            self._place_circle()

    def ruler(self) -> None:
        self._toggle("ruler")

    def image_positions(self) -> None:
        self._toggle("image_positions")

    def line_profile(self) -> None:
        if self._toggle("line_profile"):
            self._window.show_dock("measure")

    def radial_profile(self) -> None:
        self._toggle_plot(self.panel.radial)

    def polar_unwrap(self) -> None:
        self._toggle_plot(self.panel.polar)

    def subtract_lens_light(self) -> None:
        self._window.show_dock("measure")
        if self.panel.light.busy:
            self._window.say("The lens light is being fitted already")
        else:
            self._subtract(self.panel.light.method)

    def keep_measurements(self) -> None:
        """Store what is drawn; the object that was measured is the one that gets it."""
        state = self.state
        if state.image is None:
            return
        if not state.is_draft:
            self._window.say(
                "There is nothing new to keep: E, R or Shift+E measure" if not state.kept else "It is kept"
            )
            return
        values, target = state.measured.values(state.plate), state.object_id

        def kept(_: Any) -> None:
            if target == state.object_id:
                state.stored(values)
            name = self._window.queue.name_of(target)
            self._window.say(f"{name}: measurements kept" if values else f"{name}: measurements taken away")

        def lost(error: BaseException) -> None:
            self._window.fail(f"The measurements are not kept: {words_of(error)}")

        job = self._window.workbench.measure(target, values, origin=ORIGIN)
        self._window.bridge.when_done(job, kept, lost)

    def show_measure(self) -> None:
        self._window.show_dock("measure")

    def _toggle(self, name: str) -> bool:
        """Take a tool, or leave it; whether it is on now."""
        if self.state.image is None:
            self._window.say("There is no image to measure on")
            return False
        tool = self.tools[name]
        self._canvas.set_tool(None if self._canvas.tool is tool else tool)
        return self._canvas.tool is tool

    def _place_circle(self) -> None:
        """At the images' own circle, else on the brightest source in the middle of a stamp, near the pointer of a field."""
        from astrolens_gui.core.measure import pieces

        state, image = self.state, self.state.image
        guess = state.measured.guess(state.plate)
        if guess is not None:
            state.set(circle=(guess.x, guess.y), theta=guess.radius)
            return
        raster = image.raster
        near = None
        if max(raster.shape) > WIDE_PX:
            view = self._canvas.view
            near = self._pointer or (view.x, view.y)

        def place(centre: tuple[float, float]) -> None:
            if state.image is image and state.measured.circle is None:
                state.set(circle=centre, theta=self._first_theta(centre))

        job = self._window.workbench.runner.submit("io", pieces.source, raster, near, quiet=True)
        self._window.bridge.when_done(job, place)

    def _first_theta(self, centre: tuple[float, float]) -> float:
        """1 arcsec where that is a circle one can take hold of, else what is."""
        patch = self.state.plate.around(*centre)
        largest = 0.25 * min(self.state.image.raster.shape) * patch.scale
        wanted = FIRST_THETA_ARCSEC if patch.unit == "arcsec" else 10.0
        return min(max(wanted, 4.0 * patch.scale), largest)

    def _forget(self, part: str) -> None:
        self.state.forget(part)
        if part == "lens_light":
            self._light = None
            self._view.show_processed("", None)
            self.panel.light.clear()

    # -- what is on the screen

    def _on_hover(self, position: tuple[float, float] | None) -> None:
        self._pointer = position

    def _on_tool(self, tool: Any) -> None:
        self._mark()

    def _mark(self) -> None:
        tool = self._canvas.tool
        self.panel.mark_tool(next((name for name, one in self.tools.items() if one is tool), ""))

    def _on_shown(self, frame: Any) -> None:
        """Another rendering: often the same image; after an image of another object what is kept of it is asked for."""
        if frame is None and self._window.current.object_id == self.state.object_id >= 0:
            return  # the same object in another band is on its way
        image = frame.image if frame is not None else None
        raster = getattr(frame, "raster", None) or getattr(image, "raster", None)
        self._title = getattr(frame, "title", "")
        processed, self._raster = raster is not self._raster, raster
        former = self.state.image
        other = self.state.show(image)
        if self.state.image is not former:
            self._leave_light()
        if other:
            if self._canvas.tool is self.tools["einstein_circle"]:
                self._canvas.set_tool(None)
            self._recall()
        elif processed:
            self._redraw()
            self._redraw_line()

    def _recall(self, fresh: bool = False) -> None:
        """Ask what is kept of this object; `fresh`: it replaces what is drawn."""
        target = self.state.object_id
        if target < 0:
            return
        take = self.state.refresh if fresh else self.state.recall
        self._window.bridge.when_done(
            self._window.workbench.measures(target),
            lambda values: take(values) if target == self.state.object_id else None,
            lambda _: None,  # the project closes
        )

    def _on_changed(self, changes: Any) -> None:
        """An undo, or the same person elsewhere: what is kept is drawn."""
        mine = changes.origin == ORIGIN or changes.extra.get("kind") != "measure"
        if not mine and self.state.object_id in changes.labels:
            self._recall(fresh=True)

    # -- plots

    def _toggle_plot(self, part: Any) -> None:
        if self.state.image is None:
            self._window.say("There is no image to measure on")
            return
        if part.isHidden():
            part.show()
            self._window.show_dock("measure")
            self._redraw()
        else:
            part.dismiss()
        self._mark()

    def _redraw(self) -> None:
        """The circle moved, or another picture is shown: what is plotted about the centre follows."""
        from astrolens_gui.core.measure import pieces

        for name, part, measure in (
            ("radial", self.panel.radial, pieces.radial),
            ("polar", self.panel.polar, pieces.unrolled),
        ):
            if part.isHidden():
                continue
            if self.state.image is None or self._raster is None:
                part.hide()
                continue
            self._plots[name].ask(
                partial(about_centre, measure, self._raster, self.state.plate, self.state.centre, self.state.theta),
                partial(self._plotted, name, part, self.state.theta),
                partial(_said, part),
            )

    def _plotted(self, name: str, part: Any, theta: float | None, found: Any) -> None:
        part.say("" if self.state.centre is not None else "About the brightest source; E sets a centre.")
        if name == "radial":
            part.plot.show_radial(found, self._unit, theta, raw=not self._title)
        else:
            part.plot.show_polar(found, theta)

    @property
    def _unit(self) -> str:
        return "σ" if self._title == SIGNIFICANCE else str(getattr(self.state.image, "unit", "") or "")

    def _redraw_line(self) -> None:
        from astrolens_gui.core.measure import pieces

        line, part = self.state.line, self.panel.line
        part.setVisible(line is not None and self.state.image is not None)
        if part.isHidden() or self._raster is None:
            return
        assert line is not None
        self._plots["line"].ask(
            partial(pieces.line, self._raster, self.state.plate, *line, self.state.width),
            partial(self._plotted_line, part),
            partial(_said, part),
        )

    def _plotted_line(self, part: Any, profile: Any) -> None:
        part.say("")
        part.plot.show_line(profile, self._unit)

    # -- lens light

    def _subtract(self, method: str) -> None:
        from astrolens_gui.workbench import measuring

        state, image = self.state, self.state.image
        if image is None:
            self._window.say("There is no image to measure on")
            return
        light = self.panel.light
        near = state.measured.circle or (None if max(image.raster.shape) <= WIDE_PX else self._pointer)
        light.show_busy(0.0)
        light.say("")

        def done(found: Any) -> None:
            self._fit = None
            light.show_busy(None)
            if state.image is image:
                self._light = found
                light.show_light(found)
                state.set(lens_light=found.values())
                self._show_picture("residual")

        def failed(error: BaseException) -> None:
            self._fit = None
            light.show_busy(None)
            cancelled = type(error).__name__ in {"Cancelled", "CancelledError"}
            if state.image is image:
                light.say("Cancelled." if cancelled else words_of(error), "muted" if cancelled else "bad")

        self._fit = measuring.subtract(self._window.workbench, image.object_id, image.band, near, method)
        self._window.bridge.when_done(self._fit, done, failed)

    def _on_job(self, event: Any) -> None:
        if self._fit is not None and event.job == self._fit.id and event.progress is not None:
            self.panel.light.show_busy(event.progress.fraction)

    def _leave_light(self) -> None:
        """Another image: a fit of the former one is not wanted any more."""
        if self._fit is not None:
            self._fit.cancel()
        self._light = None
        self.panel.light.clear()

    def _show_picture(self, title: str) -> None:
        """One of the fit's arrays on the canvas, as large as the image."""
        import numpy as np

        found, image = self._light, self.state.image
        if found is None or image is None:
            return
        array = {"residual": found.residual, SIGNIFICANCE: found.significance, "model": found.model}[title]
        height, width = image.raster.shape
        if array.shape != (height, width):
            if height * width > SHOWN_PX:
                self._window.say("The image is too wide to show its residual as a whole; the previews have the window")
                return
            whole = np.full((height, width), np.nan, np.float32)
            whole[found.y0 : found.y0 + array.shape[0], found.x0 : found.x0 + array.shape[1]] = array
            array = whole
        self._view.show_processed(title, array, "σ" if title == SIGNIFICANCE else str(image.unit or ""))


def about_centre(measure: Callable[..., Any], raster: Any, plate: Any, centre: Any, theta: float | None) -> Any:
    """A profile about `centre`, else about the brightest source in the middle; out to 2.5 Einstein radii where there is one."""
    from astrolens_gui.core.measure import pieces

    return measure(raster, plate, centre or pieces.source(raster), None if theta is None else 2.5 * theta)


def _said(part: Any, error: BaseException) -> None:
    part.say(words_of(error))


class Latest:
    """Work on the io lane of which only the newest matters: while one is under way, the last one asked for waits."""

    def __init__(self, bridge: Any, runner: Any) -> None:
        self._bridge, self._runner = bridge, runner
        self._busy = False
        self._next: tuple[Any, ...] | None = None

    def ask(self, work: Callable[[], Any], show: Callable[[Any], Any], fail: Callable[[BaseException], Any]) -> None:
        """Call `show(work())`, or `fail(error)`, on the main thread."""
        if self._busy:
            self._next = (work, show, fail)
            return
        self._busy = True
        job = self._runner.submit("io", work, quiet=True)
        self._bridge.when_done(job, partial(self._done, show), partial(self._done, fail))

    def _done(self, tell: Callable[[Any], Any], found: Any) -> None:
        self._busy = False
        tell(found)
        if self._next is not None:
            following, self._next = self._next, None
            self.ask(*following)
