"""What a plugin's author tests with: the conformance checks, pytest fixtures and a numpy toy backend."""

from .checks import CHECKS, Outcome, Subject, check

__all__ = ["CHECKS", "Outcome", "Subject", "check"]
