"""The command `astrolens`: sends open and demo to the window, everything else to the command line."""

from __future__ import annotations

import sys


def main(argv: list[str] | None = None) -> int:
    """Run one command; the exit code is that of DESIGN: 0 done, 1 user, 2 usage, 3 bug, 4 refused, 130 Ctrl+C."""
    try:
        from astrolens_gui import cli

        return cli.run(sys.argv[1:] if argv is None else argv, window=_window)
    except KeyboardInterrupt:  # before the command itself would have heard of it
        return 130


def _window(name: str, options: dict) -> int:
    """Start what needs Qt; imported only here, so that the command line works where Qt can't."""
    if name == "demo":
        from astrolens_gui.ui import demo

        return demo.run(**options)
    from astrolens_gui.ui import app

    return app.run(**options)


if __name__ == "__main__":
    sys.exit(main())
