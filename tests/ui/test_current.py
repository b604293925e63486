"""The display recipe: with whom it stays, what a label remembers of it, and whose cuts by hand are."""

from __future__ import annotations

import threading

from astrolens_gui.core.images.recipe import Recipe
from astrolens_gui.core.project import Project
from astrolens_gui.core.settings import Settings
from astrolens_gui.jobs.runner import Runner
from astrolens_gui.ui.current import Current
from astrolens_gui.ui.views import display


def project_in(tmp_path, name: str) -> Project:
    return Project.create(tmp_path / f"{name}.astrolens")


def test_that_each_project_has_its_own_recipe_and_a_new_one_the_persons_last(qapp, tmp_path):
    settings = Settings.load(tmp_path / "settings.json")
    one, two = project_in(tmp_path, "one"), project_in(tmp_path, "two")
    current = Current(settings)
    current.follow(one)
    current.set_recipe(mode="rgb", stretch="log")
    current.follow(two)
    assert (current.recipe.mode, current.recipe.stretch) == ("rgb", "log")
    current.set_recipe(mode="single", stretch="sqrt")
    current.save()
    current.follow(Project.open(one.folder))
    assert (current.recipe.mode, current.recipe.stretch) == ("rgb", "log")
    again = Current(Settings.load(tmp_path / "settings.json"))
    again.follow(Project.open(two.folder))
    assert (again.recipe.mode, again.recipe.stretch) == ("single", "sqrt")


def test_that_locked_cuts_are_remembered_with_their_project_and_with_nothing_else(qapp, tmp_path):
    settings = Settings.load(tmp_path / "settings.json")
    one, two = project_in(tmp_path, "one"), project_in(tmp_path, "two")
    current = Current(settings)
    current.follow(one)
    current.annotate(shown={"band": "VIS", "low": 0.0, "high": 9.0})
    display.set_lock(current, "project")
    display.manual_cuts(current, 5.0, -1.0)
    assert current.recipe.locked == {"": (-1.0, 5.0)}
    current.follow(two)
    assert (current.recipe.lock, current.recipe.locked) == ("image", {})
    current.follow(Project.open(one.folder))
    assert (current.recipe.lock, current.recipe.locked) == ("project", {"": (-1.0, 5.0)})
    assert settings["recipe"]["locked"] == {}


def test_that_cuts_by_hand_are_those_of_the_image_unless_they_are_locked(qapp):
    current = Current()
    current.show(1)
    display.choose_cuts(current, "zscale")
    display.manual_cuts(current, 0.0, 9.0)
    current.show(1, 4)  # the same, elsewhere in the queue
    assert current.recipe.cuts == "manual"
    told = []
    current.recipe_changed.connect(told.append)
    current.show(2)
    assert (current.recipe.cuts, current.recipe.low) == ("zscale", None)
    assert told == [current.recipe]
    current.annotate(shown={"band": "r", "low": 0.0, "high": 1.0})
    display.set_lock(current, "band")
    display.manual_cuts(current, 2.0, 3.0)
    current.show(3)
    assert current.recipe.locked == {"r": (2.0, 3.0)}


def test_that_a_recipe_of_a_project_says_that_it_changed(qapp, tmp_path):
    project = project_in(tmp_path, "one")
    project.set_display(Recipe(stretch="sinh").as_dict())
    current, told = Current(), []
    current.recipe_changed.connect(told.append)
    current.follow(project)
    assert [recipe.stretch for recipe in told] == ["sinh"]
    current.follow(None)
    assert current.recipe.stretch == "sinh"


def test_that_a_project_that_cannot_be_written_stops_nobody(qapp, tmp_path):
    project = project_in(tmp_path, "one")
    current = Current()
    current.follow(project)
    project.folder.rename(tmp_path / "moved")
    current.set_recipe(stretch="log")
    current.save()
    assert current.recipe.stretch == "log"


def test_that_a_label_remembers_the_recipe_and_what_the_views_add(qapp):
    current = Current()
    current.set_recipe(mode="rgb", lock="band", locked={"VIS": (0.0, 1.0)})
    current.annotate(orientation={"angle": 90.0, "mirrored": True}, gone=1)
    current.annotate(gone=None)
    screen = current.screen({"measured": True})
    assert Recipe.from_dict(screen) == current.recipe
    assert (screen["orientation"], screen["measured"]) == ({"angle": 90.0, "mirrored": True}, True)
    assert "gone" not in screen


def test_that_the_recipe_is_written_off_the_main_thread_in_order_and_kept_at_close(qapp, tmp_path, monkeypatch):
    one, threads, begin = project_in(tmp_path, "one"), [], threading.Event()
    slow = Project.set_display

    def set_display(self, recipe):
        threads.append(threading.current_thread())
        begin.wait(5)
        slow(self, recipe)

    monkeypatch.setattr(Project, "set_display", set_display)
    runner, current = Runner(), Current()
    current.write_on(runner)
    current.follow(one)
    for stretch in ("log", "sqrt", "sinh"):
        current.set_recipe(stretch=stretch)
        current.save()
    assert one.display == {}  # the disk stalls, the window does not
    threading.Timer(0.1, begin.set).start()
    runner.close()
    assert Project.open(one.folder).display["stretch"] == "sinh"
    assert threading.main_thread() not in threads
    current.set_recipe(stretch="power")
    current.save()  # too late for the runner, not for the person
    assert Project.open(one.folder).display["stretch"] == "power"


def test_that_a_stretch_that_is_not_there_gives_way_with_a_sentence(qapp, tmp_path):
    current, said = Current(), []
    current.said.connect(said.append)
    current.set_recipe(stretch="cube_root", colormap="heat")
    assert (current.recipe.stretch, current.recipe.colormap) == (Recipe().stretch, "heat")
    project = project_in(tmp_path, "one")
    project.set_display(Recipe(stretch="gone").as_dict())
    current.follow(project)
    assert current.recipe.stretch == Recipe().stretch
    assert [sentence.split(",")[0] for sentence in said] == [
        "There is no stretch 'cube_root'",
        "There is no stretch 'gone'",
    ]
