"""Colour and cuts across images, as actions."""

from __future__ import annotations

from .action import Action

TABLE: tuple[Action, ...] = ()
