"""What only the mosaic can do, as actions."""

from __future__ import annotations

from .action import Action

TABLE: tuple[Action, ...] = ()
