"""The verbs that show a project whole: places on the map, likeness, doubtful grades, the mixture, scores as they are spread."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui.api import UserError
from astrolens_gui.demo_loop import truth_of


@pytest.fixture
def seen(bench, project, sample):
    """Forty objects graded by the truth, a toy trained on them, all objects looked at: {name: is a lens}."""
    truth = truth_of(sample)
    queue = bench.queue("random").result(60)
    for one, name in zip(queue.object[:40].tolist(), queue.name[:40], strict=True):
        bench.label(one, "A" if truth[name] else "X").result(60)
    bench.train("toy").result(120)
    bench.score().result(60)
    bench.embed().result(60)
    return truth


def test_that_what_is_lacking_is_said_before_the_model_has_looked(bench, project):
    for job in (bench.atlas(), bench.doubts(), bench.similar([1])):
        with pytest.raises(UserError, match="has not looked at the objects yet"):
            job.result(60)
    assert not len(bench.spread().result(60).edges)
    assert "similar" not in bench.opened.project.settings


def test_that_the_map_has_a_place_for_every_object_and_similar_puts_the_object_itself_first(bench, seen):
    found = bench.atlas().result(60)
    assert found.places.shape == (60, 2)
    assert found.places.dtype == np.float32
    assert (np.diff(found.ids) > 0).all()
    assert found.objects == 60
    kept = bench.opened.project.cache_dir / "embeddings" / f"{found.model}.pca.npz"
    written = kept.stat().st_mtime_ns
    assert np.array_equal(bench.atlas().result(60).places, found.places)
    assert kept.stat().st_mtime_ns == written
    with pytest.raises(UserError, match="no map 'tsne'"):
        bench.atlas("tsne").result(60)

    target = int(bench.queue("random").result(60).object[17])
    queue = bench.similar([target]).result(60)
    assert queue.strategy == "similar"
    assert int(queue.object[0]) == target
    assert bench.queue().result(60).object.tolist() == queue.object.tolist()


def test_that_a_wrong_grade_is_doubted_and_a_right_one_is_not(bench, seen):
    """Grades that follow what the model sees, but for one."""
    atlas = bench.atlas().result(60)
    features = np.random.default_rng(0).normal(size=(60, 6)).astype(np.float32)
    features[:, 0] = np.where(np.arange(60) < 30, -4, 4) + 0.3 * features[:, 0]
    kept = bench.opened.project.cache_dir / "embeddings" / f"{atlas.model}.npz"
    np.savez(kept, ids=atlas.ids, features=features)
    for at, one in enumerate(atlas.ids.tolist()):
        bench.label(one, "X" if at < 30 else "A").result(60)
    wrong = int(atlas.ids[47])
    bench.label(wrong, "X").result(60)
    found = bench.doubts(sure=0.8).result(60)
    assert found.object[0] == wrong
    assert found.grade[0] == "X"
    assert found.given[0] > 0.8
    assert len(found.object) == 1
    assert found.graded == 60


def test_that_a_mixture_is_kept_and_drawn_by_and_pages_count_as_drawn_and_each_score_once(bench, seen):
    queue = bench.set_mix({"top": 0.5, "diverse": 0.25, "random": 0.0}).result(60)
    assert queue.strategy == "drawn"
    assert queue.note == ""
    assert np.isfinite(queue.chance[:20]).all()
    assert bench.opened.project.settings["mix"] == {"top": 0.5, "diverse": 0.25, "random": 0.01}
    for mix, said in (({"top": 2.0}, "must lie in"), ({"nonsense": 0.5}, "nonsense"), ({"drawn": 1.0}, "leave it out")):
        with pytest.raises(UserError, match=said):
            bench.set_mix(mix).result(60)
    assert bench.opened.project.settings["mix"]["diverse"] == 0.25

    found = bench.spread().result(60)
    assert found.lenses.sum() == sum(seen[name] for name in bench.queue("random").result(60).name[:40])
    assert found.lenses.sum() + found.others.sum() == 40
    assert found.ungraded.sum() == 20
    assert found.above(-np.inf) == (60, 20)
    assert found.above(np.inf) == (0, 0)
    middle = float(np.median(found.logit))
    assert found.above(middle)[0] == int((found.logit >= np.float32(middle)).sum())

    queue = bench.queue("drawn").result(60)
    bench.label(int(queue.object[0]), "X", why=f"mosaic, {queue.why(0)}").result(60)
    bench.label(int(queue.object[1]), "X", why=f"page of 4, mosaic, {queue.why(1)}").result(60)
    bench.label(int(queue.object[2]), "X", why="mosaic, drawn, rank 3").result(60)
    assert bench.searched().result(60).drawn == 2
