"""The report's HTML: tables, plots as SVG, stamps as embedded PNG, and the paragraph for a paper; knows facts, asks nobody."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from . import reportplots as plots
from .campaign import posterior_words
from .reportfound import completeness
from .reportparts import number, ranged, table
from .reportwords import methods

if TYPE_CHECKING:
    from .reporting import Facts

ACROSS = 10
"""Graders whose names stand above a matrix; of more only their numbers."""

ROWS = 300
"""Objects of the list in the file; `astrolens consensus --out` writes them all."""

STYLE = """
:root { --ink: #1d232b; --soft: #5b6673; --line: #d4dae1; --page: #ffffff; --box: #f4f6f8; --main: #1f6fb2; --other: #b5530f; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #e6eaef; --soft: #9aa6b3; --line: #39424d; --page: #15191e; --box: #1e242b; --main: #6db3ee; --other: #f0a060; }
}
* { box-sizing: border-box; } .keep { break-inside: avoid; }
body { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 60rem; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.7rem; margin: 0 0 .2rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .5rem; border-bottom: 1px solid var(--line);
  padding-bottom: .2rem; break-after: avoid; } p { margin: .4rem 0; max-width: 48rem; } .soft { color: var(--soft); }
.tiles { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1rem 0; }
.tiles div { background: var(--box); border-radius: 6px; padding: .5rem .9rem; min-width: 6.5rem; }
.tiles b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; } .tiles span { color: var(--soft); font-size: .85rem; }
table { border-collapse: collapse; font-size: .87rem; font-variant-numeric: tabular-nums; margin: .5rem 0; }
th { text-align: right; font-weight: 600; color: var(--soft); border-bottom: 1px solid var(--line); padding: .2rem .6rem; }
td { text-align: right; padding: .2rem .6rem; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; } thead { display: table-header-group; } tr { break-inside: avoid; }
.wide { overflow-x: auto; } td.k { min-width: 4.2rem; text-align: center; } td small { color: var(--soft); }
.tight { font-size: .68rem; } .tight td, .tight th { padding: .1rem .18rem; } .tight td.k { min-width: 0; }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(108px, 1fr)); gap: .6rem; }
figure { margin: 0; break-inside: avoid; font-size: .75rem; line-height: 1.3; }
figure img { width: 100%; aspect-ratio: 1; display: block; border-radius: 3px; background: #000; image-rendering: auto; }
figcaption { overflow-wrap: anywhere; padding-top: .15rem; } figcaption b { font-weight: 600; }
svg { max-width: 100%; height: auto; display: block; margin: .6rem 0; }
svg text { fill: var(--soft); font: 12px system-ui, Arial, sans-serif; }
svg .ink { fill: var(--ink); } code { background: var(--box); padding: 0 .25em; border-radius: 3px; }
@media print { @page { size: A4; margin: 16mm 14mm; } body { padding: 0; max-width: none; font-size: 10pt; }
  .wide { overflow: visible; } .wide table { font-size: 7.5pt; } .wide td, .wide th { padding: .12rem .4rem; }
  .wide .tight { font-size: 5.6pt; } .wide .tight td, .wide .tight th { padding: .06rem .12rem; }
  .gallery { display: block; font-size: 0; orphans: 1;
    widows: 1; } .gallery figure { display: inline-block; width: 15%; margin: 0 1.5% 2.5mm 0;
    vertical-align: top; font-size: 7pt; } a { color: inherit; } .tiles div { border: 1px solid var(--line); } }
"""


def page(found: Facts) -> str:
    """The whole file."""
    told, together = found.agreement, found.consensus
    graded = len(together.verdicts)
    answers = sum(one.work.graded for one in told.graders)
    tiles = [
        (f"{told.objects:,}", "objects"),
        (f"{graded:,}", "graded"),
        (f"{len(told.graders)}", "grader" if len(told.graders) == 1 else "graders"),
        (f"{answers:,}", "grades"),
        *(
            (f"{count:,}", f"on list {name}")
            for name, count in sorted(together.lists.items())
            if name and name != "rejected"
        ),
        (f"{len(together.apart):,}", "disagreements"),
    ]
    days = found.days[0] if found.days[0] == found.days[1] else f"{found.days[0]} to {found.days[1]}"
    parts = [
        f"<h1>{escape(found.project)}</h1>",
        f'<p class="soft">Grading campaign, {days}. Report of {found.made}, AstroLens {escape(found.version)}.</p>',
        '<div class="tiles">'
        + "".join(f"<div><b>{n}</b><span>{escape(what)}</span></div>" for n, what in tiles)
        + "</div>",
        _section("Methods", *(f"<p>{escape(one)}</p>" for one in methods(found)), _criteria(found)),
        _section("Graders", _graders(found), _confusion(found)),
        _section("Agreement", *_agreement(found)),
        _section("Completeness and purity", *completeness(found)),
        _section("Learning curve", *_curve(found)),
        _section("The best", *_gallery(found)),
        _section("Disagreements", *_apart(found)),
        _section("The list", *_list(found)),
    ]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(found.project)}</title>'
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head>{head}<style>{STYLE}</style></head>\n<body>\n'
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _section(title: str, *content: str) -> str:
    first, *rest = [one for one in content if one]
    return f'<div class="keep"><h2>{escape(title)}</h2>\n{first}</div>\n' + "\n".join(rest)


def _criteria(found: Facts) -> str:
    if found.scheme is None:
        return ""
    rows = [(one.value, one.title, one.criterion) for one in found.scheme.grades]
    body = "".join(f"<tr><td>{escape(a)}</td><td style='text-align:left'>{escape(b)}</td><td style='text-align:left'>{escape(c)}</td></tr>"
                   for a, b, c in rows)  # fmt: skip
    return f"<table><tbody>{body}</tbody></table>"


def _graders(found: Facts) -> str:
    rows = []
    for one in found.agreement.graders:
        skill, star = best_skill(one)
        pace = one.work.pace
        rows.append(
            (
                one.name, f"{one.work.graded:,}", number(pace.median_s, ".1f"), number(pace.working_s / 3600, ".1f"),
                _left(one.work),
                f"{ranged(one.own.share, one.own.interval)} of {one.own.pairs}" if one.own.pairs else "–",
                ranged(skill.p_l, skill.p_l_interval) + star if skill else "–",
                ranged(skill.p_d, skill.p_d_interval) + star if skill else "–",
                f"{skill.bits:.2f}" if skill else "–",
            )
        )  # fmt: skip
    head = ("Grader", "graded", "s each", "hours", "left", "same again", "P_L (95 %)", "P_D (95 %)", "bits")
    starred = any(best_skill(one)[1] for one in found.agreement.graders)
    note = "<p class='soft'>* from all answers together, without golden objects.</p>" if starred else ""
    return f'<div class="wide">{table(head, rows)}</div>' + note + plots.skills(found.agreement.graders, best_skill)


def _left(work: Any) -> str:
    hours = work.pace.left_s(work.left) / 3600
    return f"{work.left:,} ({hours:.1f} h)" if work.left and math.isfinite(hours) else f"{work.left:,}"


def best_skill(one: Any) -> tuple[Any, str]:
    """A grader's skill on golden objects, or with "*" the one from all answers; None without either."""
    if one.skill is not None and one.skill.lenses + one.skill.duds > 0:
        return one.skill, ""
    return one.learnt, "*" if one.learnt is not None else ""


def _confusion(found: Facts) -> str:
    told = [one for one in found.agreement.graders if one.confusion]
    if not told:
        return ""
    grades = list(dict.fromkeys(grade for one in told for grade in one.confusion))
    order = {one.value: at for at, one in enumerate(found.scheme.grades)} if found.scheme else {}
    grades.sort(key=lambda grade: order.get(grade, 99))
    rows = [(one.name, *("/".join(map(str, one.confusion.get(grade, (0, 0)))) for grade in grades)) for one in told]
    words = "<p>Golden objects by the grade they were given: lenses / others.</p>"
    return words + table(("Grader", *grades), rows)


def _agreement(found: Facts) -> Iterable[str]:
    told = found.agreement
    names = told.pairs.graders
    if len(names) < 2:
        yield "<p>One grader alone: there is nobody to agree with.</p>"
        return
    counts = "" if len(names) > ACROSS else ", and how many objects both graded"
    yield (
        f"<p>Fleiss’ κ {number(told.fleiss.kappa, '.2f')} of {told.fleiss.objects:,} objects with two grades or more; "
        f"Krippendorff’s α (ordinal) {number(told.alpha, '.2f')}. Cohen’s κ of each two{counts}:</p>"
    )
    many = len(names) > ACROSS
    head = "".join(f"<th>{at if many else escape(name)}</th>" for at, name in enumerate(names, 1))
    body = []
    for i, name in enumerate(names):
        cells = []
        for j in range(len(names)):
            kappa, common = float(told.pairs.kappa[i, j]), int(told.pairs.common[i, j])
            if i == j:
                cells.append('<td class="k">–</td>')
                continue
            part = 0 if math.isnan(kappa) else round(45 * max(kappa, 0))
            shade = f"background: rgba(31, 111, 178, 0.{part:02d})"
            count = "" if many else f"<br><small>{common:,}</small>"
            cells.append(f'<td class="k" style="{shade}">{number(kappa, ".2f")}{count}</td>')
        body.append(f"<tr><td>{f'{i + 1} ' if many else ''}{escape(name)}</td>{''.join(cells)}</tr>")
    if many:
        shared = told.pairs.common[~np.eye(len(names), dtype=bool)]
        yield f'<p class="soft">Two graders have {_from_to(shared)} objects in common.</p>'
    kind = "tight keep" if many else "keep"
    yield f'<div class="wide"><table class="{kind}"><thead><tr><th></th>{head}</tr></thead><tbody>{"".join(body)}</tbody></table></div>'


def _from_to(counts: np.ndarray) -> str:
    low, high = counts.min(), counts.max()
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _curve(found: Facts) -> Iterable[str]:
    curve = found.searched.curve
    if len(curve.found) < 3:
        yield "<p>Too few grades for a curve.</p>"
        return
    yield plots.learning(curve)
    yield f"<p>{escape(curve.hint)}</p>"


def _gallery(found: Facts) -> Iterable[str]:
    shown = [one for one in found.consensus.verdicts if one.object in found.pictures]
    apart = {one.object for one in found.consensus.apart}
    shown = [one for one in shown if found.consensus.is_listed(one) or one.object not in apart]
    if not shown:
        yield "<p>No object is on a list, or none has a picture.</p>"
        return
    yield f"<p>By {escape(found.consensus.by)}: list, mean, the single grades from 3 (best) to 0, and p, the posterior.</p>"
    yield '<div class="gallery">' + "".join(_figure(found, one) for one in shown) + "</div>"


def _figure(found: Facts, one: Any) -> str:
    data = base64.b64encode(found.pictures[one.object]).decode("ascii")
    words = (
        f"<b>{escape(found.consensus.list_of(one))}</b> {one.mean:.2f} <small>{found.consensus.grades_of(one, 6)}</small>"
        f"<br>p {escape(posterior_words(one.posterior))}"
    )
    name = escape(one.object)
    return f'<figure><img alt="{name}" src="data:image/png;base64,{data}"><figcaption>{name}<br>{words}</figcaption></figure>'


def _apart(found: Facts) -> Iterable[str]:
    apart = found.consensus.apart
    if not apart:
        yield "<p>No two grades of an object lie two or more apart.</p>"
        return
    yield f"<p>{len(apart):,} objects have grades two or more apart, of three; they want a second look together.</p>"
    yield (
        '<div class="gallery">'
        + "".join(_figure(found, one) for one in apart[:24] if one.object in found.pictures)
        + "</div>"
    )
    yield _objects(found, apart[:60])


def _list(found: Facts) -> Iterable[str]:
    listed = found.consensus.listed
    if not listed:
        yield f"<p>No object is on a list: {escape(found.consensus.rule_words)}.</p>"
        return
    more = f", the first {ROWS} of {len(listed):,}" if len(listed) > ROWS else ""
    yield f"<p>{escape(found.consensus.rule_words)}{more}. Positions are ICRS, in degrees.</p>"
    yield _objects(found, listed[:ROWS])


def _objects(found: Facts, rows: Sequence[Any]) -> str:
    graders = found.consensus.graders if len(found.consensus.graders) <= 8 else ()
    head = (
        "Object",
        "RA",
        "Dec",
        "list",
        "mean",
        "spread",
        "posterior",
        *(str(at) for at in range(1, len(graders) + 1)),
    )
    body = []
    for one in rows:
        ra, dec = found.consensus.places.get(one.object, (math.nan, math.nan))
        each = found.consensus.given[one.object]
        values = (
            number(ra, ".5f"),
            number(dec, "+.5f"),
            found.consensus.list_of(one),
            f"{one.mean:.2f}",
            number(one.spread, ".2f"),
        )
        body.append(
            (
                one.object,
                *values,
                posterior_words(one.posterior),
                *(number(each.get(name, math.nan), "g") for name in graders),
            )
        )
    who = ", ".join(f"{at} {escape(name)}" for at, name in enumerate(graders, 1))
    legend = f'<p class="soft">Grades, 3 the best, by {who}.</p>' if graders else ""
    return f'{legend}<div class="wide">{table(head, body)}</div>'
