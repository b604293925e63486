"""Every command that needs no window: call the workbench, print; imports what a command needs inside it."""

from __future__ import annotations

import argparse
import math
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astrolens_gui import arguments as grammar
from astrolens_gui import cli_campaign, cli_detect, cli_models, cli_restore, console

if TYPE_CHECKING:
    from astrolens_gui.workbench import Workbench


def run(argv: list[str], window: Callable[[str, dict], int]) -> int:
    """Run one command line; `window` starts open and demo. Never raises."""
    top = grammar.parser(_commands(), cli_detect.grammar, cli_restore.grammar, cli_campaign.grammar, cli_models.grammar)
    if not argv or (not argv[0].startswith("-") and argv[0] not in _names(top)):
        argv = ["open", *argv]  # `astrolens PROJECT` opens it
    try:
        if grammar.asks_for_parameters(argv) and (code := _guarded(lambda: grammar.describe(top, argv))):
            return code
        arguments, rest = top.parse_known_args(argv)
        arguments.sub = grammar.command_parser(top, arguments.command) if arguments.command else top
        if rest and arguments.command not in grammar.WITH_PARAMETERS:
            top.error(f"unrecognized arguments: {' '.join(rest)}")
        arguments.rest = rest
        if arguments.run is None:
            return _guarded(lambda: window(arguments.command, _options(arguments)))
        return _guarded(lambda: arguments.run(arguments))
    except SystemExit as stop:  # argparse: 0 after --help, 2 after wrong usage
        return int(stop.code or 0)


def _commands() -> dict[str, Callable[[argparse.Namespace], int]]:
    """What runs each command, by its name; `open` and `demo` are the window's."""
    own = {name.removeprefix("cmd_"): run for name, run in globals().items() if name.startswith("cmd_")}
    return own | cli_detect.COMMANDS | cli_restore.COMMANDS | cli_campaign.COMMANDS | cli_models.COMMANDS


def _names(top: argparse.ArgumentParser) -> set[str]:
    return {name for action in top._actions if isinstance(action.choices, dict) for name in action.choices}


def _options(arguments: argparse.Namespace) -> dict[str, Any]:
    return {name: value for name, value in vars(arguments).items() if name not in {"command", "run", "rest", "sub"}}


def _guarded(command: Callable[[], int]) -> int:
    """The exit codes: a person's mistake is one sentence, a bug is a traceback in the log file."""
    from astrolens_gui.api import Cancelled, UserError

    try:
        return command()
    except (KeyboardInterrupt, Cancelled):
        print("astrolens: stopped; what was done is kept", file=sys.stderr)
        return 130
    except UserError as error:
        print(f"astrolens: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()  # the reader of a pipe went away; nothing is wrong here
        return 0
    except Exception as error:
        import logging

        from astrolens_gui.core import log, paths

        file = log.start(paths.log_folder())
        logging.getLogger("astrolens").exception("a command failed: %s", sys.argv[1:])
        print(
            f"astrolens: this is a bug ({type(error).__name__}: {error}); the traceback is in {file}", file=sys.stderr
        )
        return 3


def _listed(refused: list[Any], limit: int = 12) -> list[str]:
    """What was refused, for a person: one line a reason, with the first object that it was said of."""
    reasons: dict[str, list[str]] = {}
    for sentence in map(str, refused):
        name, colon, reason = sentence.partition(": ")
        reasons.setdefault(reason if colon else sentence, []).append(name)
    lines = []
    for reason, names in sorted(reasons.items(), key=lambda item: -len(item[1])):
        lines.append(f"  refused: {names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {reason}")
    return lines[:limit] + ([f"  … and {len(lines) - limit} more reasons"] if len(lines) > limit else [])


def cmd_simulate(arguments: argparse.Namespace) -> int:
    from astrolens_gui.api import build

    challenge = arguments.layout == "challenge"
    survey = arguments.survey or ("challenge1_space" if challenge and arguments.backend == "simulator" else "")
    how = {"workers": arguments.workers, "layout": arguments.layout, "source": arguments.source}
    with console.workbench() as bench:
        spec = bench.plugins.backend(arguments.backend, "simulate")
        values = grammar.parameters(arguments, spec, "simulate OUT")
        options = {**({"survey": survey} if survey else {}), **values}
        out, count, seed = arguments.out, arguments.count, arguments.seed
        table = console.wait(bench.simulate(arguments.backend, out, count, seed=seed, params=options, **how))
    with table.open(encoding="utf-8") as lines:
        made = sum(1 for _ in lines) - 1
    note = "" if arguments.source else getattr(build(spec.params, options), "note", "")
    print(f"{made} objects in {arguments.out}, truth in {table}{f' ({note})' if note else ''}")
    return 0


def cmd_import(arguments: argparse.Namespace) -> int:
    from astrolens_gui.api import UserError

    if absent := [source for source in arguments.sources if not source.exists()]:
        raise UserError(f"{absent[0]}: there is no such file or folder; nothing was imported")
    if arguments.pixel_scale is not None and not 0 < arguments.pixel_scale < math.inf:
        raise UserError(f"--pixel-scale must be a positive number of arcsec, not {arguments.pixel_scale:g}")
    _check_catalogue(arguments)
    new = not arguments.project.exists()
    options = {"scheme": arguments.scheme, "database": arguments.database}
    try:
        with console.workbench() as bench:
            console.wait(bench.open(arguments.project, create=options))
            _same(options, bench.opened.project.settings)
            report = console.wait(_importing(bench, arguments))
            why = [*_listed(report.refused), *(f"  {note}" for note in report.notes)]
            if new and not report.added:
                raise UserError("\n".join(["nothing could be imported, so no project was made", *why]))
    except UserError:
        if new:
            shutil.rmtree(arguments.project, ignore_errors=True)  # made a moment ago by us, and empty
        raise
    count = sum(getattr(one, "sources", 1) for one in report.refused)
    what = "files" if arguments.catalogue is None else "sources or files"
    counts = f"{report.added} {'object' if report.added == 1 else 'objects'} added, {report.updated} updated, {count} {what} refused"
    values = {"added": report.added, "updated": report.updated, "refused": [str(one) for one in report.refused]}
    console.answer(arguments, {**values, "notes": report.notes}, [f"{arguments.project}: {counts}", *why])
    return 0


def _importing(bench: Workbench, arguments: argparse.Namespace) -> Any:
    """The job of an import: of images, or of a catalogue's sources in them."""
    bands = console.names(arguments.bands) or None
    if arguments.catalogue is None:
        return bench.import_images(arguments.sources, bands, arguments.pixel_scale)
    return bench.import_catalogue(
        arguments.catalogue,
        arguments.sources,
        mapping=_pairs(arguments.columns),
        size_arcsec=arguments.size,
        size_px=arguments.size_px,
        bands=bands,
        pixel_scale=arguments.pixel_scale,
        prefix=arguments.prefix,
    )


def _check_catalogue(arguments: argparse.Namespace) -> None:
    """What only a catalogue uses must not be swallowed without one."""
    from astrolens_gui.api import UserError

    options = {"size": arguments.size, "size-px": arguments.size_px}
    given = [
        name for name, value in {**options, "columns": arguments.columns, "prefix": arguments.prefix}.items() if value
    ]
    if arguments.catalogue is None and given:
        raise UserError(f"--{given[0]} is for the sources of a catalogue; name its table with --catalogue")
    tables = [
        source for source in arguments.sources if source.suffix.lower() in (".csv", ".tsv", ".ecsv", ".parquet", ".vot")
    ]
    if tables and arguments.catalogue is None:
        raise UserError(
            f"{tables[0]} is a table; name it with --catalogue, and give the images that its sources lie in"
        )
    if arguments.catalogue is not None and not arguments.catalogue.is_file():
        raise UserError(f"{arguments.catalogue}: there is no such table; nothing was imported")
    if wrong := next((name for name, value in options.items() if value is not None and not 0 < value < math.inf), None):
        raise UserError(f"--{wrong} must be a positive number, not {options[wrong]:g}")


def _pairs(text: str) -> dict[str, str]:
    """`ra=A,dec=B` as a mapping."""
    from astrolens_gui.api import UserError

    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    if wrong := next((name for name, sign, _ in pairs if not sign), None):
        raise UserError(f"--columns takes role=COLUMN pairs (ra=RA,dec=DEC,id=ID), not {wrong!r}")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _same(options: dict[str, str], settings: dict[str, Any]) -> None:
    """An option for a new project that contradicts the one there is must not be swallowed."""
    from astrolens_gui.api import UserError

    for name, value in options.items():
        if value and value != settings[name]:
            raise UserError(f"this project's {name} is {settings[name]!r}, not {value!r}; leave --{name} out")


def cmd_label(arguments: argparse.Namespace) -> int:
    with console.workbench() as bench:
        console.wait(bench.open(arguments.project))
        if arguments.format or arguments.columns or arguments.grades:
            columns, walk = cli_campaign.mapped(arguments.table, arguments.columns, arguments.grades)
            report = console.wait(
                bench.import_foreign(arguments.table, arguments.grader, arguments.format, columns, walk)
            )
        else:
            report = console.wait(bench.import_labels(arguments.table, arguments.grader))
    lines = [
        f"{report.added} labels taken from {arguments.table}, {len(report.refused)} refused",
        *_listed(report.refused),
        *(f"  {note}" for note in report.notes),
    ]
    values = {"added": report.added, "refused": [str(one) for one in report.refused], "notes": report.notes}
    console.answer(arguments, values, lines)
    return 0


def cmd_relocate(arguments: argparse.Namespace) -> int:
    from astrolens_gui.api import UserError

    with console.workbench() as bench:
        console.wait(bench.open(arguments.project))
        for pair in arguments.roots:
            name, equals, path = pair.partition("=")
            if not equals:
                raise UserError(f"{pair!r} is not ROOT=PATH; `astrolens relocate {arguments.project}` lists the roots")
            console.wait(bench.relocate(name, Path(path)))
        for name, path in bench.roots().items():
            print(f"{name}={path}{'' if path.is_dir() else '   (not there)'}")
    return 0


def cmd_score(arguments: argparse.Namespace) -> int:
    from astrolens_gui.api import UserError

    console.check_of_images(arguments, arguments.project)
    with console.workbench() as bench:
        bands = console.names(arguments.bands) or None
        scanned = console.wait(bench.open_or_scan(arguments.project, bands, arguments.pixel_scale))
        if scanned is not None and not scanned.added:
            raise UserError(f"{arguments.project} holds no image that can be read; `astrolens import` says why of each")
        if scanned is not None:
            console.check_taken(scanned)
        report = console.wait(bench.score(backend=arguments.backend, model=arguments.model))
        if arguments.out:
            console.wait(bench.write_scores(report.model, arguments.out))
    lines = [f"{report.scored} objects scored with {report.model}, {len(report.refused)} not", *_listed(report.refused)]
    values = {"model": report.model, "scored": report.scored, "refused": [str(one) for one in report.refused]}
    console.answer(arguments, values, lines)
    return 0


def cmd_train(arguments: argparse.Namespace) -> int:
    from astrolens_gui.api import UserError

    with console.workbench() as bench:
        console.wait(bench.open(arguments.project))
        if arguments.again:
            again = console.wait(bench.train_again(arguments.again))
            console.answer(arguments, {**vars(again), "agrees": again.agrees}, [again.sentence()])
            return 0 if again.agrees else 4
        if arguments.resume:
            return _trained(arguments, console.wait(bench.resume()))
        spec = bench.plugins.backend(arguments.backend, "train")
        if spec.fit_params is None:
            raise UserError(f"the backend {spec.id} can't be trained; choose another with --backend")
        values = grammar.parameters(arguments, spec, "train PROJECT")
        how = {"bands": console.names(arguments.bands) or None, "seed": arguments.seed, "pairs": arguments.pairs}
        how |= {"go_on": not arguments.from_scratch, "replace_lineage": arguments.new_lineage}
        how["quick"] = arguments.quick
        return _trained(arguments, console.wait(bench.train(arguments.backend, values, **how)))


def _trained(arguments: argparse.Namespace, report: Any) -> int:
    about = {"model": report.model, "verdict": report.verdict, "reason": report.reason, "metrics": report.metrics}
    console.answer(arguments, about, [f"{report.model}: {report.verdict}: {report.reason}"])
    return 4 if report.verdict == "refused" else 0


def cmd_evaluate(arguments: argparse.Namespace) -> int:
    from astrolens_gui.core.learn import evaluate

    question = evaluate.Question.asked(_options(arguments))
    result = evaluate.evaluate_tables(arguments.scores, arguments.truth, question, out=arguments.recovery)
    console.answer(arguments, result, evaluate.lines(result))
    return 0


def cmd_scoreboard(arguments: argparse.Namespace) -> int:
    from astrolens_gui.core.learn import boardfiles

    asked = {"among": arguments.among, "unseen": arguments.unseen, "reference": arguments.against}
    with console.workbench() as bench:
        console.wait(bench.open(arguments.project))
        found = console.wait(bench.scoreboard(arguments.truth, boardfiles.named(arguments.scores), **asked))
    if arguments.out:
        boardfiles.write(found.board, arguments.out)
    console.answer(arguments, boardfiles.as_json(found.board, found.note), boardfiles.as_text(found.board, found.note))
    return 0


def cmd_export(arguments: argparse.Namespace) -> int:
    from astrolens_gui.workbench.handing import IDS as HANDED

    with console.workbench() as bench:
        console.wait(bench.open(arguments.project))
        if arguments.format in HANDED:
            count, notes = console.wait(bench.hand_on(arguments.format, arguments.out, arguments.grader))
            what = "labels"
        else:
            count, notes = console.wait(bench.export(arguments.format, arguments.out)), []
            what = bench.counted_by(arguments.format)
    print("\n".join([f"{count} {what} in {arguments.out}", *(f"  {note}" for note in notes)]))
    if not count and what == "boxes":
        print(f"draw some in the window, or let a detector look: astrolens detect {arguments.project}")
    return 0


def cmd_plugins(arguments: argparse.Namespace) -> int:
    from astrolens_gui.core.plugins import Plugins

    states = Plugins.discover().states
    lines = []
    for state in states:
        source = f"{state.distribution} {state.version}".strip()
        lines.append(
            f"{state.name:14} {source:24} {', '.join(state.provides) if state.ok else 'FAILED: ' + state.error}"
        )
    console.answer(arguments, {"plugins": [vars(state) for state in states]}, lines)
    return 0


def cmd_check(arguments: argparse.Namespace) -> int:
    import tempfile

    from astrolens_gui.core.plugins import Plugins, missing
    from astrolens_gui.testing import check

    found = Plugins.discover()
    spec = found.backend(arguments.backend)
    if lacking := missing(spec):
        print(f"astrolens: the backend {spec.id} {lacking}", file=sys.stderr)
        return 1
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="astrolens-check-") as folder:
        for outcome in check(spec, found.module_of(spec.id), Path(folder)):
            outcomes.append(outcome)
            if not arguments.json:
                tail = f": {outcome.detail}" if outcome.detail else ""
                print(f"{outcome.state:8} {outcome.name}{tail}", flush=True)
    failed = sum(outcome.state == "failed" for outcome in outcomes)
    passed = sum(outcome.state == "passed" for outcome in outcomes)
    console.answer(arguments, {"checks": [vars(one) for one in outcomes]}, [f"{passed} passed, {failed} not passed"])
    return 1 if failed else 0


def cmd_doctor(arguments: argparse.Namespace) -> int:
    from astrolens_gui import doctor

    report = doctor.examine(arguments.project, repair=arguments.repair)
    console.answer(arguments, report.as_dict(), report.lines())
    return 0 if report.healthy else 1
