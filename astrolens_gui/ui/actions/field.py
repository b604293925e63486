"""The field view of a catalogue's sources, as actions."""

from __future__ import annotations

from .action import Action

TABLE: tuple[Action, ...] = ()
