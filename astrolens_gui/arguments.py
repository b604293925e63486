"""The command line's grammar: every command with its options, and examples; runs nothing."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astrolens_gui import __version__

EXAMPLES = """examples:
  astrolens demo                                        the whole loop on a sample made on the spot
  astrolens import survey.astrolens cutouts/            make a project from a folder of FITS cutouts
  astrolens import survey.astrolens g.fits r.fits --catalogue sources.csv    its sources, in large images
  astrolens survey.astrolens                            look at it and grade
  astrolens train survey.astrolens --backend cnn        retrain on the grades, with the gate's verdict
  astrolens score survey.astrolens --out scores.csv     score everything with the project's champion
"""

if TYPE_CHECKING:
    from astrolens_gui.api import BackendSpec, Field

Command = Callable[[argparse.Namespace], int]

WITH_PARAMETERS = {"train": "fit_params", "simulate": "params"}
"""Commands that take a backend's parameters as flags, and which of its schemas."""


def parser(commands: Mapping[str, Command], *others: Callable[..., None]) -> argparse.ArgumentParser:
    """The whole command line; `commands` says what runs each, and what it lacks is the window's. Imports nothing but argparse.

    Each of `others` is called with `add(name, help)` and adds commands that have a file of their own.
    """
    top = argparse.ArgumentParser(
        prog="astrolens",
        description="Inspect, grade and classify strong gravitational lenses, and retrain on the grades.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"astrolens {__version__}")
    subparsers = top.add_subparsers(dest="command", metavar="COMMAND")

    def add(name: str, help: str, **options: Any) -> argparse.ArgumentParser:
        sub = subparsers.add_parser(name, help=help, description=help, **options)
        sub.set_defaults(run=commands.get(name))
        return sub

    opened = add("open", "open the window on a project (the last one, or a start page)")
    opened.add_argument("project", nargs="?", type=Path, help="a folder NAME.astrolens")

    demo = add("demo", "make a sample, then grade, train and rank it")
    demo.add_argument("--headless", action="store_true", help="no window: the truth grades, a report is written")
    demo.add_argument("--out", type=Path, help="where the sample and the report go (default: a new folder)")
    demo.add_argument("--count", type=int, default=600, help="objects in the sample (default 600)")
    demo.add_argument("--seed", type=int, default=1, help="same seed, same sample (default 1)")

    simulate = add(
        "simulate",
        "make FITS cutouts of lenses and impostors, with a truth table; parameters of the backend follow as --name value",
        epilog="--backend ID --help lists the parameters of another backend",
    )
    simulate.add_argument("out", type=Path)
    simulate.add_argument("--backend", default="simulator", help="simulator (default), painter, or a plugin's")
    simulate.add_argument("--survey", default="", help="preset (default euclid_vis)")
    simulate.add_argument("--count", type=int, default=1000)
    simulate.add_argument("--seed", type=int, default=1)
    simulate.add_argument(
        "--workers", type=int, default=0, help="processes; any number gives the same bytes (default: all cores)"
    )
    simulate.add_argument(
        "--layout",
        default="plain",
        choices=("plain", "challenge"),
        help="challenge: the lens finding challenge's own folders",
    )
    simulate.add_argument(
        "--from", dest="source", type=Path, metavar="FOLDER", help="write this simulation again instead"
    )

    imported = add("import", "make a project from images, or add images to it")
    imported.add_argument("project", type=Path)
    imported.add_argument("sources", nargs="+", type=Path, metavar="FILE|FOLDER")
    imported.add_argument("--bands", help="names for unnamed planes, in order: g,r,i")
    imported.add_argument("--pixel-scale", type=float, help="arcsec per pixel for images that don't say")
    imported.add_argument("--scheme", default="", help="grading scheme of a new project (default abcx)")
    imported.add_argument(
        "--database", default="", help="postgresql:// URL for a team (default: SQLite in the project)"
    )
    imported.add_argument(
        "--catalogue",
        type=Path,
        metavar="TABLE",
        help="sources to look at in the given large images; nothing is cut out",
    )
    imported.add_argument("--size", type=float, metavar="ARCSEC", help="side of a source's cutout (default 10)")
    imported.add_argument("--size-px", type=int, metavar="PIXELS", help="the same in pixels")
    imported.add_argument(
        "--columns", default="", help="what the guess gets wrong: ra=ALPHA_J2000,dec=DELTA_J2000,id=NUMBER"
    )
    imported.add_argument("--prefix", default="", help="goes before each ID of the catalogue")

    label = add(
        "label",
        "take labels from a table: ID,grade[,subtype,grader,time,comment], a truth table ID,is_lens, or another tool's table",
    )
    label.add_argument("project", type=Path)
    label.add_argument("--from", dest="table", type=Path, required=True, metavar="CSV")
    label.add_argument("--grader", default="", help="who graded, where the table has no grader column")

    label.add_argument("--format", default="", help="whose table it is, where its header may be of several tools")
    label.add_argument(
        "--columns", default="", help="of any other table: id=NAME,grade=SCORE[,comment=…,grader=…,ra=…,dec=…]"
    )
    label.add_argument(
        "--grades", default="", metavar="LABEL=GRADE,…", help="what its labels mean here: confident=A,probable=B"
    )

    relocate = add("relocate", "tell a project that its images moved")
    relocate.add_argument("project", type=Path)
    relocate.add_argument("roots", nargs="*", metavar="ROOT=PATH", help="without any: list the roots")

    score = add("score", "score a project or a folder of cutouts")
    score.add_argument("project", type=Path, metavar="PROJECT|FOLDER")
    score.add_argument("--backend", default="", help="choose among models of this backend")
    score.add_argument(
        "--model", default="", help="a model's id or folder (default: the champion, else shipped weights)"
    )
    score.add_argument("--out", type=Path, help="scores.csv or scores.parquet")
    score.add_argument("--bands", help="for a FOLDER: names for unnamed planes")
    score.add_argument("--pixel-scale", type=float, help="for a FOLDER: arcsec per pixel")

    train = add(
        "train",
        "retrain on the grades; parameters of the backend follow as --name value",
        epilog="--backend ID --help lists the parameters of another backend",
    )
    train.add_argument("project", type=Path)
    train.add_argument("--backend", default="cnn")
    train.add_argument("--bands", help="train on these bands (default: what most labelled objects have)")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--quick", action="store_true", help="tune the last layer of the model in use, in seconds")
    train.add_argument(
        "--new-lineage", action="store_true", help="a model with other bands or pixels may replace the one in use"
    )
    train.add_argument(
        "--from-scratch", action="store_true", help="begin anew (default: go on from the model in use, where it can)"
    )
    train.add_argument(
        "--again", metavar="MODEL", help="train this model once more as its folder says; do the scores agree?"
    )
    train.add_argument(
        "--resume", action="store_true", help="go on with the training that was broken off, on the grades it had"
    )
    train.add_argument(
        "--pairs", type=Path, metavar="FOLDER", help="what a restorer learns from (default: the project's own images)"
    )

    evaluate = add("evaluate", "hold scores against the truth (docs/metrics.md says how each figure is defined)")
    evaluate.add_argument("--scores", type=Path, required=True, metavar="CSV", help="columns ID and logit or score")
    evaluate.add_argument("--truth", type=Path, required=True, metavar="CSV", help="columns ID and is_lens (0, 1)")
    evaluate.add_argument("--prevalence", type=float, default=5e-4, help="share of lenses for purities (default 5e-4)")
    evaluate.add_argument("--threshold", type=float, default=0.5, help="of the score (default 0.5)")
    evaluate.add_argument("--beta", type=float, default=0.01, help="of the F-beta (default 0.01, as in challenge 2)")
    evaluate.add_argument("--k", default="100,1000", help="purity of the best k (default 100,1000)")
    evaluate.add_argument("--fpr", default="1e-3", help="false-positive rates to state the completeness at")
    evaluate.add_argument(
        "--kind", choices=("space", "ground"), default="space", help="whose TPR10 is meant (default space)"
    )
    evaluate.add_argument(
        "--recovery",
        type=Path,
        metavar="CSV|PNG",
        help="write the completeness by Einstein radius and arc S/N at the first of --fpr",
    )

    board = add("scoreboard", "rank a project's models, its graders and other tables of scores by one truth")
    board.add_argument("project", type=Path)
    board.add_argument(
        "--truth",
        type=Path,
        metavar="CSV",
        help="columns ID and is_lens (default: the table last used, or one beside the images)",
    )
    board.add_argument(
        "--scores", action="append", default=[], metavar="NAME=CSV", help="one more entry; may be given again"
    )
    board.add_argument("--among", default="", metavar="ENTRY", help="count only the objects that this entry ranks")
    board.add_argument("--unseen", action="store_true", help="leave out the objects that a model here learnt from")
    board.add_argument("--against", default="", metavar="ENTRY", help="take differences to it (default: to the best)")
    board.add_argument("--out", type=Path, help="board.md, .csv, .json, or .png")

    export = add("export", "write the labels")
    export.add_argument("project", type=Path)
    export.add_argument(
        "--format",
        default="csv",
        help="csv, fits, votable, parquet; boxes, reg, coco, yolo; sled; a plugin's; or one grader's as another tool's: "
        "savary, qtstamp, astrorank, lensrater, anomalymatch",
    )
    export.add_argument("--grader", default="", help="whose labels go to another tool (default: yours)")
    export.add_argument("--out", type=Path, required=True)

    for other in others:
        other(add)
    add("plugins", "list the plugins and what they offer")
    check = add("check", "run the conformance kit on a backend")
    check.add_argument("backend")
    doctor = add("doctor", "versions, devices, display, database, plugins")
    doctor.add_argument("project", nargs="?", type=Path)
    doctor.add_argument("--repair", action="store_true", help="restore the newest good backup of the project's labels")

    for name in ("import", "label", "score", "train", "evaluate", "scoreboard", "plugins", "check", "doctor"):
        subparsers.choices[name].add_argument("--json", action="store_true", help="machine-readable output")
    return top


def asks_for_parameters(argv: Sequence[str]) -> bool:
    """Whether a command line wants the help of a command that takes a backend's parameters."""
    return bool(argv) and argv[0] in WITH_PARAMETERS and bool({"-h", "--help"} & set(argv))


def command_parser(top: argparse.ArgumentParser, command: str) -> argparse.ArgumentParser:
    """The grammar of one command."""
    return next(action.choices[command] for action in top._actions if isinstance(action.choices, dict))


def describe(top: argparse.ArgumentParser, argv: Sequence[str]) -> int:
    """The parameters of the backend that a command line names into the help of its command; 0.

    An option that the command has itself is described in its place.

    Raises:
        UserError: there is no such backend.
    """
    from astrolens_gui.api import fields
    from astrolens_gui.core.plugins import Plugins

    sub = command_parser(top, argv[0])
    only = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    only.add_argument("--backend", default=sub.get_default("backend"))
    spec = Plugins.discover().backend(only.parse_known_args(list(argv[1:]))[0].backend, argv[0])
    schema = getattr(spec, WITH_PARAMETERS[argv[0]])
    group = sub.add_argument_group(f"parameters of {spec.id} ({spec.title})", None if schema else "it has none")
    for field in fields(schema) if schema else ():
        own = sub._option_string_actions.get(_flag(field))
        if own is None:
            _add(group, field)
        else:
            own.help = _help(field)
    return 0


def parameters(arguments: argparse.Namespace, spec: BackendSpec, usage: str) -> dict[str, str]:
    """`--epochs 20` … of a backend's parameters, by name, as text; an unknown name ends with usage and the nearest (2).

    The values are checked where the parameters are built; a wrong one ends with a sentence (1).
    """
    from astrolens_gui.api import fields

    schema = fields(getattr(spec, WITH_PARAMETERS[arguments.command]))
    flags = argparse.ArgumentParser(prog=f"astrolens {usage} --backend {spec.id}", allow_abbrev=False, add_help=False)
    for field in schema:
        _add(flags, field)
    given, unknown = flags.parse_known_args(arguments.rest)
    if unknown:
        known = [*map(_flag, schema), *(name for name in arguments.sub._option_string_actions if name[:2] == "--")]
        near = difflib.get_close_matches(unknown[0].partition("=")[0], known, 1)
        flags.error(f"unrecognized arguments: {' '.join(unknown)}{f'; did you mean {near[0]}?' if near else ''}")
    return {name: value for name, value in vars(given).items() if value is not None}


def _flag(field: Field) -> str:
    return f"--{field.name.replace('_', '-')}"


def _add(to: Any, field: Field) -> None:
    kind = "true|false" if field.kind is bool else "text" if field.kind is str else field.kind.__name__
    to.add_argument(_flag(field), dest=field.name, help=_help(field), metavar=kind.upper())


def _help(field: Field) -> str:
    choices = f" One of {', '.join(one for one in field.choices if one)}." if field.choices else ""
    default = "empty" if field.default in ("", None) else str(field.default)
    unit = f" {field.param.unit}" if field.param.unit and default != "empty" else ""
    return f"{field.param.doc.rstrip('.')}.{choices} (default {default}{unit})".replace("%", "%%")
