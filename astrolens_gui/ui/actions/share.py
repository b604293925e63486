"""Links out and pictures for a talk, as actions."""

from __future__ import annotations

from .action import Action

TABLE: tuple[Action, ...] = ()
