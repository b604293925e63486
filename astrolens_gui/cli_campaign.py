"""The commands of campaigns: merging, known lenses, graders, lists, report, search, blindness and stages; each imports what it needs."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from astrolens_gui import console

BY = ("mean", "trimmed", "majority", "posterior")


def grammar(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands; `add(name, help)` makes a parser."""
    agreement = add("agreement", "how good each grader is, and how far graders agree")
    together = add("consensus", "what the graders' answers add up to: means, posteriors, lists, disagreements")
    report = add("report", "the campaign as one HTML file that prints well")
    for sub in (agreement, together, report):
        sub.add_argument("project", type=Path)
        sub.add_argument(
            "--golden",
            type=Path,
            metavar="CSV",
            help="objects of known class: columns ID and is_lens (default: the project's truth table)",
        )
    for sub in (together, report):
        sub.add_argument("--by", choices=BY, default="mean", help="what the lists are made of (default mean)")
    together.add_argument(
        "--rules",
        help="of lists by grades: holismokes (A > 2.5, B > 1.5; default) or holismokes-c (and C > 0.5); not by the posterior",
    )
    together.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="write all objects, best first: .csv, .fits, .vot, .parquet; the lists as .reg",
    )
    report.add_argument("--out", type=Path, required=True, metavar="HTML")
    known = add("crossmatch", "which objects are known lenses, into a table; nothing of it is shown to graders")
    known.add_argument("project", type=Path)
    known.add_argument(
        "--known", default="lenscat", metavar="TABLE", help="with positions (default: lenscat's, where it is installed)"
    )
    known.add_argument("--radius", type=float, default=3.0, metavar="ARCSEC", help="default 3")
    known.add_argument("--confident", action="store_true", help="only those that lenscat grades confident")
    known.add_argument("--out", type=Path, required=True, metavar="CSV")
    search = add("search", "how complete the search is, by the grades given in the order Drawn by lot")
    search.add_argument("project", type=Path)
    search.add_argument(
        "--threshold", type=float, metavar="SCORE", help="completeness and purity of all objects of at least this score"
    )
    golden = add(
        "golden", "objects of known class, mixed in unseen: lenses painted into the project's own cutouts, or a table"
    )
    golden.add_argument("project", type=Path)
    golden.add_argument("--paint", type=int, metavar="N", help="so many cutouts, drawn at random")
    golden.add_argument("--lenses", type=float, default=0.5, metavar="SHARE", help="of them with a lens (default 0.5)")
    golden.add_argument(
        "--survey", default="euclid_vis", help="PSF and zero points where files have none (default euclid_vis)"
    )
    golden.add_argument("--seed", type=int, default=1)
    golden.add_argument("--from", dest="table", type=Path, metavar="CSV", help="known lenses and duds: ID and is_lens")
    blind = add("blind", "what is shown again and how often golden objects come; without an option, how it is now")
    blind.add_argument("project", type=Path)
    for name, words in (
        ("duplicates", "of a grader's objects shown a second time"),
        ("golden", "of what is shown"),
    ):
        blind.add_argument(f"--{name}", type=float, metavar="SHARE", help=words)
    blind.add_argument("--spacing", type=int, metavar="N", help="answers between the two times at least")
    blind.add_argument("--early", type=int, metavar="N", help="golden objects among the first --within")
    blind.add_argument("--within", type=int, metavar="N")
    blind.add_argument(
        "--feedback", action=argparse.BooleanOptionalAction, help="tell graders what a golden object was"
    )
    stage = add("stage", "a triage: look again at what was graded so or better, and at a share of the rest")
    stage.add_argument("project", type=Path)
    stage.add_argument(
        "--from", dest="threshold", metavar="GRADE", help="begin a stage; without it, what the stages showed"
    )
    stage.add_argument(
        "--audit", type=float, metavar="SHARE", help="with --from: of what was graded lower (default 0.05)"
    )
    stage.add_argument("--end", action="store_true", help="everybody grades the whole queue again")
    merge = add("merge", "take the labels of other graders' projects on the same images; twice adds nothing")
    merge.add_argument("project", type=Path)
    merge.add_argument("others", type=Path, nargs="+", metavar="OTHER")
    for sub in (agreement, together, search, merge, known, golden, blind, stage):
        sub.add_argument("--json", action="store_true", help="machine-readable output")


def mapped(table: Path, columns: str, grades: str) -> tuple[Any, dict[str, str] | None]:
    """(`mapper.Columns` or None, label → grade or None) of the options `--columns` and `--grades`.

    Raises:
        UserError: one is no list of NAME=VALUE, or names a role that there isn't.
    """
    from dataclasses import fields, replace

    from astrolens_gui.api import UserError
    from astrolens_gui.core.catalogue import tables
    from astrolens_gui.core.grading.mapper import Columns, suggest

    def pairs(text: str, option: str, example: str) -> dict[str, str]:
        found = [one.partition("=") for one in text.split(",") if one.strip()]
        if not all(equals and name.strip() for name, equals, _ in found):
            raise UserError(f"{option} {text!r} is no list such as {example}")
        return {name.strip(): value.strip() for name, _, value in found}

    walk = pairs(grades, "--grades", "confident=A,probable=B") or None
    if not columns:
        return None, walk
    given = pairs(columns, "--columns", "id=NAME,grade=SCORE")
    named = {"stamp" if role == "id" else role: name for role, name in given.items()}
    roles = [one.name for one in fields(Columns) if one.name not in {"walk", "ungraded"}]
    if unknown := set(named) - set(roles):
        known = ", ".join("id" if one == "stamp" else one for one in roles)
        raise UserError(f"--columns: there is no role {sorted(unknown)[0]}; roles are {known}")
    by_place = {"stamp": ""} if {"ra", "dec"} <= set(named) else {}
    values: dict[str, Any] = {**by_place, **named, "walk": walk}
    return replace(suggest(tables.read(table).names), **values), walk


def cmd_crossmatch(arguments: argparse.Namespace) -> int:
    rows, placed = _ask(
        arguments,
        lambda bench: bench.crossmatch(arguments.known, arguments.out, arguments.radius, arguments.confident),
    )
    values = {"known": rows, "objects": placed, "out": str(arguments.out)}
    said = f"{rows:,} of {placed:,} objects lie within {arguments.radius:g} arcsec of a known lens: {arguments.out}"
    console.answer(arguments, values, [said])
    return 0


def cmd_merge(arguments: argparse.Namespace) -> int:
    made = _ask(arguments, lambda bench: bench.merge(arguments.others))
    who = ", ".join(f"{name} {count:,}" for name, count in sorted(made.graders.items())) or "nobody"
    lines = [f"{made.added:,} labels taken ({who})", *(f"  {note}" for note in made.notes)]
    console.answer(arguments, vars(made), lines)
    return 0


def cmd_agreement(arguments: argparse.Namespace) -> int:
    found = _ask(arguments, lambda bench: bench.agreement(arguments.golden))
    console.answer(arguments, agreement_values(found), agreement_lines(found))
    return 0


def cmd_consensus(arguments: argparse.Namespace) -> int:
    with console.workbench() as bench:
        console.wait(bench.open(arguments.project))
        found = console.wait(bench.consensus(arguments.by, arguments.rules, arguments.golden))
        if arguments.out:
            console.wait(bench.write_consensus(found, arguments.out))
    values: dict[str, Any] = {}
    if arguments.json:
        rows = [{**vars(one), "list": found.list_of(one), "grades": found.given[one.object]} for one in found.verdicts]
        values = {
            "by": found.by,
            "rules": None if found.by == "posterior" else found.rules.id,
            "lists": found.lists,
            "objects": rows,
        }
        values |= {
            "prior": found.swapped.prior,
            "prior_assumed": found.assumed,
            "done": found.done,
            "agreed": dict(found.agreed),
        }
        values["apart"] = [one.object for one in found.apart]
    console.answer(arguments, values, consensus_lines(found))
    return 0


def cmd_search(arguments: argparse.Namespace) -> int:
    from astrolens_gui.api import UserError

    score = arguments.threshold
    if score is not None and not 0 < score < 1:
        raise UserError(f"--threshold {score:g}: a score lies between 0 and 1")
    logit = None if score is None else math.log(score / (1 - score))
    found = _ask(arguments, lambda bench: bench.searched(logit))
    values: dict[str, Any] = {"drawn": found.drawn, "others": found.others, "undecided": found.undecided}
    values["hint"] = found.curve.hint
    lines = [f"{found.drawn:,} objects graded in the drawn order, {found.others:,} in another"]
    if found.undecided:
        lines.append(f"{found.undecided:,} undecided: they count as no lens until somebody decides")
    if found.search is None:
        lines.append("choose the queue order Drawn by lot: grades given in it say how many lenses nobody has seen")
    else:
        shares = {"lenses": found.search.lenses, "completeness": found.search.completeness}
        if found.listed is not None:
            shares |= {"completeness_listed": found.listed.completeness, "purity_listed": found.listed.purity}
            values["listed"] = found.listed.size
        for name, each in shares.items():
            values |= {name: each.value, f"{name}_ci": [each.low, each.high]}
            lines.append(f"{name.replace('_', ' of the '):24} {each.value:.3g} ({each.low:.3g} to {each.high:.3g})")
    values |= {"passed": found.passed, "caution": found.caution}
    lines += [found.curve.hint, *([found.caution] if found.caution else [])]
    console.answer(arguments, values, lines)
    return 0


def cmd_golden(arguments: argparse.Namespace) -> int:
    from astrolens_gui.api import UserError

    if (arguments.paint is None) == (arguments.table is None):
        raise UserError("say either --paint N or --from CSV")
    if arguments.table is not None:
        new = _ask(arguments, lambda bench: bench.golden_take(arguments.table))
        console.answer(arguments, {"new": new}, [f"{new:,} objects are golden now that were not, or of another class"])
        return 0
    if arguments.paint < 1 or not 0 <= arguments.lenses <= 1:
        raise UserError("--paint is a number above 0, --lenses a share from 0 to 1")
    how = (arguments.paint, arguments.lenses, arguments.survey, arguments.seed)
    made = _ask(arguments, lambda bench: bench.golden_paint(*how))
    lenses = sum(one.is_lens for one in made)
    said = f"{len(made):,} cutouts taken into the project as golden objects, {lenses:,} with a painted lens"
    console.answer(arguments, {"painted": len(made), "lenses": lenses}, [said])
    return 0


def cmd_blind(arguments: argparse.Namespace) -> int:
    names = ("duplicates", "spacing", "golden", "early", "within", "feedback")
    given = {name: value for name in names if (value := getattr(arguments, name)) is not None}
    with console.workbench() as bench:
        console.wait(bench.open(arguments.project))
        if given:
            console.wait(bench.set_blind(**given))
        turns = console.wait(bench.turns())
    values = turns.settings.as_dict()
    lines = [
        f"{values['duplicates']:.0%} of a grader's objects are shown again, after at least {values['spacing']} others",
        f"golden objects: {len(turns.golden):,}, {values['golden']:.0%} of what is shown, {values['early']} of them among the "
        f"first {values['within']}; graders are{'' if values['feedback'] else ' not'} told what they were",
    ]
    console.answer(arguments, values | {"golden_objects": len(turns.golden)}, lines)
    return 0


def cmd_stage(arguments: argparse.Namespace) -> int:
    from astrolens_gui.api import UserError
    from astrolens_gui.workbench.blind import stage_words

    if arguments.audit is not None and arguments.threshold is None:
        raise UserError("--audit is drawn when a stage begins: say --from GRADE too")
    audit = {} if arguments.audit is None else {"audit": arguments.audit}
    with console.workbench() as bench:
        console.wait(bench.open(arguments.project))
        if arguments.end:
            console.wait(bench.end_stage())
        if arguments.threshold is not None:
            console.wait(bench.begin_stage(arguments.threshold, **audit))
        found = console.wait(bench.stages())
    values = [
        {"stage": one.stage.number, "from": one.stage.threshold, "survivors": len(one.stage.survivors), "kept": one.kept,
         "looked": one.looked, "rejected": one.stage.rejected, "audited": one.audited, "missed": one.missed, "lost": one.lost,
         "ended": one.stage.ended}
        for one in found
    ]  # fmt: skip
    lines = [stage_words(one) for one in found]
    console.answer(arguments, {"stages": values}, lines or ["no stage yet: --from GRADE begins one"])
    return 0


def cmd_report(arguments: argparse.Namespace) -> int:
    made = _ask(arguments, lambda bench: bench.report(arguments.out, arguments.golden, arguments.by))
    people = f"{made.graders} grader{'' if made.graders == 1 else 's'}"
    print(f"{made.objects:,} objects, {people}, {made.pictures} pictures: {arguments.out}")
    return 0


COMMANDS = {
    "merge": cmd_merge,
    "crossmatch": cmd_crossmatch,
    "agreement": cmd_agreement,
    "consensus": cmd_consensus,
    "report": cmd_report,
    "search": cmd_search,
    "golden": cmd_golden,
    "blind": cmd_blind,
    "stage": cmd_stage,
}


def agreement_lines(found: Any) -> list[str]:
    """For a person: a line a grader, then who agrees with whom."""
    lines = [f"{'grader':<16} graded   s each  self     P_L            P_D            bits"]
    for one in found.graders:
        skill, learnt = one.skill, one.learnt
        best = skill if skill is not None and (skill.lenses or skill.duds) else learnt
        rates = [_rate(best.p_l, best.p_l_interval), _rate(best.p_d, best.p_d_interval)] if best else ["–", "–"]
        own = f"{one.own.share:.0%} of {one.own.pairs}" if one.own.pairs else "–"
        bits = f"{best.bits:.2f}" if best else "–"
        star = "" if best is skill else "*"
        pace = f"{one.work.pace.rate_s:.1f}" if one.work.pace.rate_s == one.work.pace.rate_s else "–"
        lines.append(
            f"{one.name:<16} {one.work.graded:>6}   {pace:>6}  {own:<8} {rates[0]:<14} {rates[1]:<14} {bits}{star}"
        )
    if any(
        one.learnt is not None and (one.skill is None or not one.skill.lenses + one.skill.duds) for one in found.graders
    ):
        lines.append("* by all graders' answers together, for there are no golden objects")
    names, kappa = found.pairs.graders, found.pairs.kappa
    if len(names) > 1:
        lines.append("Cohen's kappa (common objects):")
        for i, one in enumerate(names):
            cells = (f"{kappa[i, j]:5.2f} ({found.pairs.common[i, j]})" for j in range(len(names)) if j > i)
            if text := "  ".join(cells):
                lines.append(f"  {one:<14} {text}")
        lines.append(
            f"all: Fleiss' kappa {found.fleiss.kappa:.2f} of {found.fleiss.objects:,} objects, Krippendorff's alpha {found.alpha:.2f}"
        )
    lines.append(f"{found.golden:,} golden objects, {found.lenses:,} of them lenses")
    return [*lines, *([found.note] if found.note else [])]


def agreement_values(found: Any) -> dict[str, Any]:
    graders = []
    for one in found.graders:
        values: dict[str, Any] = {"grader": one.name, "graded": one.work.graded, "grades": dict(one.work.grades)}
        values |= {"seconds_each": one.work.pace.rate_s, "left": one.work.left}
        values |= {"self_pairs": one.own.pairs, "self_same": one.own.same, "confusion": dict(one.confusion)}
        for name, skill in (("golden", one.skill), ("all", one.learnt)):
            if skill is not None:
                values[name] = {"P_L": skill.p_l, "P_L_interval": skill.p_l_interval, "P_D": skill.p_d,
                                "P_D_interval": skill.p_d_interval, "bits": skill.bits}  # fmt: skip
        graders.append(values)
    pairs = {
        "graders": list(found.pairs.graders),
        "kappa": found.pairs.kappa.tolist(),
        "common": found.pairs.common.tolist(),
    }
    return {
        "graders": graders,
        "pairs": pairs,
        "fleiss": found.fleiss.kappa,
        "alpha": found.alpha,
        "golden": found.golden,
        "lenses": found.lenses,
        "note": found.note,
    }


def consensus_lines(found: Any, limit: int = 20) -> list[str]:
    """For a person: lists, the prior, the best objects, and those that graders disagree on."""
    from astrolens_gui.workbench.campaign import posterior_words

    counts = ", ".join(
        f"{name or 'no list'}: {count:,}"
        for name, count in sorted(found.lists.items(), key=lambda one: (not one[0], one[0]))
    )
    lines = [
        f"{len(found.verdicts):,} objects by {found.by}: {found.rule_words}",
        counts,
        f"{found.done:,} objects need no more graders: six graded them, or the posterior is settled",
        found.prior_words,
        "  list      mean  spread  posterior  object, and its grades from 3 (best) to 0",
    ]
    for one in found.verdicts[:limit]:
        spread = f"{one.spread:6.2f}" if one.graders > 1 else "     –"
        lines.append(
            f"  {found.list_of(one) or '–':<9} {one.mean:4.2f}  {spread}  {posterior_words(one.posterior):>9}  {one.object}: "
            f"{found.grades_of(one)}"
        )
    if more := len(found.verdicts) - limit:
        lines += [f"  and {more:,} more; --out writes them all"] if more > 0 else []
    if found.agreed:
        lines.append(
            f"{len(found.agreed):,} objects were graded again together; the grade behind the arrow decides their list"
        )
    if found.apart:
        lines.append(f"{len(found.apart):,} objects whose grades lie two or more apart, to be graded again together:")
        lines += [f"  {found.grades_of(one):<12} {one.object}" for one in found.apart[:limit]]
    return lines


def _rate(value: float, interval: tuple[float, float]) -> str:
    return f"{value:.2f} {interval[0]:.2f}–{interval[1]:.2f}"


def _ask(arguments: argparse.Namespace, question: Callable[[Any], Any]) -> Any:
    with console.workbench() as bench:
        console.wait(bench.open(arguments.project))
        return console.wait(question(bench))
