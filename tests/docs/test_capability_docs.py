"""The page of the hooks names every capability a backend may declare, and no other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from astrolens_gui.api import CAPABILITIES, protocols
from astrolens_gui.api.specs import Capability

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "plugin-hooks.md").read_text(encoding="utf-8")


def test_that_the_capabilities_are_documented_with_their_arguments():
    rows = dict(re.findall(r"^\| `(\w+)` \| `(\w+\([\w, ]+\))` \|", PAGE, flags=re.M))
    assert set(rows) == set(CAPABILITIES) == set(get_args(Capability))
    methods = {
        name: ", ".join(method.__code__.co_varnames[1 : method.__code__.co_argcount])
        for kind in vars(protocols).values()
        for name, method in (vars(kind).items() if isinstance(kind, type) else ())
        if name in CAPABILITIES
    }
    assert rows == {name: f"{name}({arguments})" for name, arguments in methods.items()}
