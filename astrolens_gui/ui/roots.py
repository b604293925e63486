"""Asks off the main thread whether the images' folders are where the project says; moves none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .bridge import Bridge


def when_missing(bridge: Bridge, workbench: Any, tell: Callable[[str], None]) -> None:
    """Call `tell(sentences)` on the main thread if a folder of images is not there: which, and how to mend it."""
    project = workbench.project
    if project is None:
        return

    def answered(sentences: list[str]) -> None:
        if sentences:
            tell("\n".join(f"{one[:1].upper()}{one[1:]}" for one in sentences))

    job = workbench.runner.submit("io", project.missing_roots, title="looking for the images", quiet=True)
    bridge.when_done(job, answered, lambda _: None)
