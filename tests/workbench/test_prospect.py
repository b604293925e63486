"""What a training would do is told as it then does it, and the way back is open."""

from __future__ import annotations

from astrolens_gui.demo_loop import truth_of


def test_that_the_prospect_counts_what_the_training_learns_from(bench, project, sample):
    nothing = bench.prospect("toy").result(60)
    assert "Nothing is graded" in nothing.problem
    truth = truth_of(sample)
    queue = bench.queue("random").result(60)
    for place in range(30):
        bench.label(int(queue.object[place]), "A" if truth[queue.name[place]] else "X").result(60)
    found = bench.prospect("toy").result(60)
    lenses = sum(truth[queue.name[place]] for place in range(30))
    assert (found.lenses.all, found.others.all, found.problem, found.champion) == (lenses, 30 - lenses, "", "")
    assert found.quick_lacks
    report = bench.train("toy").result(120)
    assert (report.metrics["N_pos"], report.metrics["N_neg"]) == (found.lenses.held, found.others.held)

    after = bench.prospect("toy").result(60)
    assert (after.champion, after.fresh) == (report.model, 0)
    bench.label(int(queue.object[31]), "X").result(60)
    assert bench.prospect("toy").result(60).fresh == 1


def test_that_the_lineage_has_reasons_and_a_model_of_before_can_be_used_again(bench, graded):
    first = bench.train("toy").result(120)
    second = bench.train("toy", {"epochs": 2}).result(120)
    models = {one.id: one for one in bench.lineage().result(60)}
    assert models[second.model].parent == first.model
    assert models[first.model].reason == first.reason
    assert models[second.model].champion == second.champion
    bench.set_champion(first.model).result(60)
    assert {one.id for one in bench.lineage().result(60) if one.champion} == {first.model}
    assert len(bench.unscored().result(60)) == 60
    bench.score().result(120)
    assert bench.unscored().result(60) == []
