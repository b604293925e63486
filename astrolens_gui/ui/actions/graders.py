"""Graders of a campaign, as actions."""

from __future__ import annotations

from .action import Action

TABLE: tuple[Action, ...] = (
    Action(
        "show_graders",
        "Graders dock",
        ("Ctrl+9",),
        "How good each grader is, how far they agree, and what they add up to",
        "View",
        "project",
    ),
    Action(
        "count_graders",
        "Count what the graders say",
        (),
        "Skills, agreement, disagreements and the consensus, from all grades that there are now",
        "Grade",
        "project",
    ),
    Action(
        "choose_golden",
        "Golden objects…",
        (),
        "Choose the table that says which objects are lenses and which are not: ID and is_lens",
        "Grade",
        "project",
    ),
    Action(
        "crossmatch",
        "Known lenses, into a table…",
        (),
        "Hold the objects against a catalogue of known lenses; nothing of it is shown here, so that nobody is swayed",
        "Grade",
        "project",
    ),
    Action(
        "queue_disagreements",
        "Queue: what graders disagree on",
        (),
        "List only objects whose grades lie two or more of three apart, for a second look together; Esc in the filter ends it",
        "Grade",
        "project",
    ),
    Action(
        "regrade_together",
        "Regrade disagreements together",
        (),
        "Go through what graders disagree on with all grades in sight; the agreed grade decides the list. Again: end",
        "Grade",
        "project",
    ),
    Action(
        "save_consensus",
        "Save the consensus…",
        (),
        "All graded objects, best first: CSV, FITS, VOTable; lists as DS9 regions",
        "Grade",
        "project",
    ),
    Action(
        "save_report",
        "Report of the campaign…",
        (),
        "One HTML file that prints well: graders, agreement, completeness, the best objects, and the numbers for a paper",
        "Grade",
        "project",
    ),
)
