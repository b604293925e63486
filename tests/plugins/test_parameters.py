"""The settings of every backend that comes with the program can be read, written and sent to the process that trains."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from astrolens_gui.api import BackendSpec
from astrolens_gui.core.plugins import Plugins
from astrolens_gui.testing.checks import parameters_round_trip

SPECS = Plugins.discover().all(BackendSpec)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.id)
def test_that_settings_reach_another_process(spec: BackendSpec):
    parameters_round_trip(SimpleNamespace(spec=spec))
