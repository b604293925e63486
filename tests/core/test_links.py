"""Links out are data: filled in, percent-encoded, checked; a bad one is a sentence and leaves the others standing."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from astrolens_gui.api import UserError
from astrolens_gui.core.links import Link, Target, load_links, parse, sexagesimal

NORTH = Target("a lens", 150.1163213, 2.2058297)
SOUTH = Target("EUCL J0331-27", 52.8180, -0.000012)


def links():
    found, problems = load_links()
    assert problems == []
    return {link.id: link for link in found}


def test_that_the_shipped_links_are_the_ones_that_astronomers_use():
    assert [*links()] == ["esasky", "legacysurvey", "simbad", "ned", "aladin"]


@pytest.mark.parametrize("link", load_links()[0], ids=lambda link: link.id)
@pytest.mark.parametrize("target", [NORTH, SOUTH], ids=["north", "south"])
def test_that_position_and_its_sign_survive_the_encoding(link, target):
    url = link.to(target)
    assert " " not in url
    assert "{" not in url
    said = " ".join(value for values in parse_qs(urlsplit(url).query).values() for value in values)
    assert f"{target.ra:.6f}" in said
    assert f"{target.dec:+.6f}" in said  # a bare + would arrive as a space
    assert urlsplit(url).scheme == "https"


def test_that_a_name_with_spaces_plus_and_ampersand_arrives_as_it_is():
    link = Link("own", "Own", "https://example.org/find?q={name}")
    name = "J0331+27 & friends #1/2 – é"
    assert parse_qs(urlsplit(link.to(Target(name))).query)["q"] == [name]


def test_that_a_place_is_needed_only_where_the_address_has_one():
    by_name = Link("n", "By name", "https://example.org/{name}")
    assert by_name.to(Target("M 51")) == "https://example.org/M%2051"
    with pytest.raises(UserError, match=r"M 51 has no place on the sky for ESASky.*RA and Dec"):
        links()["esasky"].to(Target("M 51"))


def test_that_radius_is_in_the_unit_that_each_service_reads():
    wide = Target("x", 10.0, -20.0, radius_arcsec=90.0)
    assert parse_qs(urlsplit(links()["simbad"].to(wide)).query)["Radius"] == ["90"]
    assert parse_qs(urlsplit(links()["ned"].to(wide)).query)["radius"] == ["1.5"]
    assert float(parse_qs(urlsplit(links()["esasky"].to(wide)).query)["fov"][0]) == pytest.approx(3 * 90 / 3600)


@pytest.mark.parametrize(
    ("ra", "dec", "said"),
    [
        (0.0, -0.00000001, ("00:00:00.000", "-00:00:00.00")),
        (359.9999999999, 89.99999999, ("00:00:00.000", "+90:00:00.00")),
        (83.633083, 22.0145, ("05:34:31.940", "+22:00:52.20")),
        (-15.0, -0.5, ("23:00:00.000", "-00:30:00.00")),
    ],
)
def test_that_sexagesimal_never_says_sixty_and_keeps_the_sign_below_a_degree(ra, dec, said):
    assert sexagesimal(ra, dec) == said


def test_that_sexagesimal_is_what_astropy_says():
    from astropy.coordinates import SkyCoord

    for ra, dec in [(150.1163213, 2.2058297), (52.818, -27.7999), (310.2, -0.3)]:
        theirs = SkyCoord(ra, dec, unit="deg")
        assert sexagesimal(ra, dec) == (
            theirs.ra.to_string("hour", sep=":", precision=3, pad=True),
            theirs.dec.to_string(sep=":", precision=2, pad=True, alwayssign=True),
        )


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://example.org/{ra}", "https://"),
        ("javascript:alert({ra})", "https://"),
        ("https://{name}/x", "host"),
        ("https://example.org/{ra}/{declination}", "{declination}"),
        ("https://example.org/{ra", "brace"),
        ("https://example.org/{ra} {dec}", "%20"),
        ("https://example.org/", "neither"),
        ("https://exämple.org/{ra}", "'ä'"),
        ("https://example.org/{ra}?q=ü", "'ü'"),
    ],
)
def test_that_a_broken_template_is_one_sentence_and_the_others_stay(url, why):
    text = (
        f'[[links]]\nid="bad"\ntitle="Bad"\nurl="{url}"\n[[links]]\nid="ok"\ntitle="OK"\nurl="https://a.org/{{ra}}"\n'
    )
    found, (problem,) = parse(text, "my/links.toml")
    assert [link.id for link in found] == ["ok"]
    assert problem.startswith("my/links.toml: link bad: ")
    assert why in problem
    assert "\n" not in problem


def test_that_own_links_come_after_and_replace_by_id(tmp_path):
    text = (
        '[[links]]\nid="ned"\ntitle="My NED"\nurl="https://b.org/?p={ra_hms}{dec_dms}"\n'
        '[[links]]\nid="mine"\ntitle="Mine"\nurl="https://a.org/{ra}"\n'
    )
    (tmp_path / "links.toml").write_text(text)
    found, problems = load_links(tmp_path)
    assert problems == []
    by_id = {link.id: link for link in found}
    assert by_id["ned"].title == "My NED"
    assert found[-1].id == "mine"
    assert by_id["ned"].to(SOUTH) == "https://b.org/?p=03%3A31%3A16.320-00%3A00%3A00.04"


def test_that_an_unreadable_file_of_own_links_leaves_the_shipped_ones(tmp_path):
    (tmp_path / "links.toml").write_bytes(b"\xff\xfe\x00")
    found, (problem,) = load_links(tmp_path)
    assert len(found) == 5
    assert "links.toml" in problem
    (tmp_path / "links.toml").write_text("[[links]\n")
    assert "not valid TOML" in load_links(tmp_path)[1][0]
