"""Three variants of one palette: each readable on its ground, for every eye and in grey, and a chart turned whole."""

import itertools
import json

import pandas as pd
import pytest

from appeal_insights.charts import estate, palette, theme
from appeal_insights.charts.gallery import families
from appeal_insights.charts.heat_map import WHITE_FROM
from appeal_insights.charts.palette import COLOURS, VARIANTS, colours, shades, turned
from appeal_insights.charts.theme import spec_of, use_theme
from appeal_insights.charts.trend import trend
from appeal_insights.errors import BadParameter
from tests.charts.test_theme import SEEN_BY, TO_XYZ, apart, lab, linear, times
from tests.pages import weeks

each_variant = pytest.mark.parametrize("variant", VARIANTS)
MARKS = (*COLOURS, palette.DARK, palette.EDGE, palette.INK)
TEXTS = (palette.INK, palette.QUIET, palette.STRONG)


def full(colour):
    return "#" + "".join(2 * part for part in colour[1:]) if len(colour) == 4 else colour


def luminance(colour):
    return times(TO_XYZ, linear(full(colour)))[1]


def contrast(one, other):
    """As WCAG 2.2 reckons it."""
    low, high = sorted((one, other))
    return (high + 0.05) / (low + 0.05)


def lightness(colour):
    return lab(linear(colour))[0]


def between(pale, dark, way):
    """The luminance of a shade so far along a scale, which runs straight through L*a*b*."""
    light = lightness(pale) + way * (lightness(dark) - lightness(pale))
    return ((light + 16) / 116) ** 3 if light > 8 else light / 903.3


def hexes(spec):
    """Every colour that a specification names outside its data."""
    if isinstance(spec, dict):
        parts = [part for name, part in spec.items() if name not in ("data", "datasets", "params", "domain")]
        return set().union(*(hexes(part) for part in parts)) if parts else set()
    if isinstance(spec, list):
        return set().union(*(hexes(part) for part in spec)) if spec else set()
    return {spec} if isinstance(spec, str) and spec.startswith("#") else set()


def test_contrast_is_reckoned_as_the_standard_does():
    assert contrast(luminance("#ffffff"), luminance("#000000")) == pytest.approx(21)
    assert contrast(luminance("#ffffff"), luminance("#767676")) == pytest.approx(4.54, abs=0.01)


@each_variant
def test_every_mark_has_three_to_one_on_its_ground_and_every_text_four_and_a_half(variant):
    known = colours(variant)
    ground = luminance(known[palette.GROUND])
    for colour in MARKS:
        assert contrast(luminance(known[colour]), ground) >= 3, (variant, colour)
    for colour in TEXTS:
        assert contrast(luminance(known[colour]), ground) >= 4.5, (variant, colour)


@each_variant
@pytest.mark.parametrize("eye", SEEN_BY)
def test_every_two_lines_stay_apart_for_every_eye(variant, eye):
    assert apart([colours(variant)[colour] for colour in COLOURS], eye) > 20


@each_variant
def test_every_two_lines_and_the_two_parts_of_a_bar_stay_apart_in_grey(variant):
    known = colours(variant)
    greys = sorted(lightness(known[colour]) for colour in COLOURS)
    assert min(later - earlier for earlier, later in itertools.pairwise(greys)) > (5 if variant == "light" else 10)
    assert abs(lightness(known[palette.LIGHT]) - lightness(known[palette.DARK])) > 33


@each_variant
def test_a_number_can_be_read_in_every_cell_of_a_heat_map(variant):
    known = colours(variant)
    for number in range(101):
        ground = between(known[palette.PALEST], known[palette.DARK], number / 100)
        text = palette.ON_DARK if number / 100 >= WHITE_FROM else palette.ON_PALE
        assert contrast(ground, luminance(known[text])) >= 4.45, (variant, number)


@each_variant
def test_a_number_can_be_read_in_every_cell_of_an_estate(variant):
    known = colours(variant)
    for number in range(101):
        below = between(known[palette.AS_EXPECTED], known[palette.BELOW], number / 100)
        text = palette.ON_DARK if number > 100 * estate.WHITE_FROM else palette.ON_PALE
        assert contrast(below, luminance(known[text])) >= 4.45, (variant, number)
        above = between(known[palette.AS_EXPECTED], known[palette.ABOVE], number / 100)
        assert contrast(above, luminance(known[palette.ON_PALE])) >= 4.45, (variant, number)


@each_variant
def test_lines_of_an_age_differ_in_even_steps_and_all_stand_out(variant):
    found = shades(6, variant)
    ground = luminance(colours(variant)[palette.GROUND])
    assert all(contrast(luminance(shade), ground) >= 3 for shade in found)
    steps = [abs(lightness(later) - lightness(earlier)) for earlier, later in itertools.pairwise(found)]
    assert min(steps) > 2
    assert max(steps) - min(steps) < 2
    assert shades(1, variant) == [colours(variant)[palette.DARK]]


@pytest.mark.parametrize("name", families())
@pytest.mark.parametrize("variant", ["dark", "print"])
def test_no_colour_of_a_chart_is_left_behind(name, variant):
    light = spec_of(families()[name].chart("en"), checked=False)
    known = {*colours(variant).values(), *itertools.chain(*(shades(number, variant) for number in range(1, 27)))}
    assert hexes(light) <= {*colours("light"), *itertools.chain(*(shades(number) for number in range(1, 27)))}
    assert hexes(turned(light, variant)) <= known


def test_data_labels_and_texts_are_never_turned():
    rows = weeks(label="#1c2733")
    chart = trend(rows, title="#ffffff", unit="#1c2733", description="#1f4a73")
    spec = spec_of(chart, variant="dark")
    assert spec["datasets"] == spec_of(chart)["datasets"]
    assert spec["title"]["text"] == ["#ffffff"]
    assert spec["description"] == "#1f4a73"
    scales = [layer["encoding"]["color"]["scale"] for layer in spec["layer"] if "color" in layer["encoding"]]
    assert all(scale["domain"] == ["#1c2733", "GB"] for scale in scales)
    assert spec["config"]["background"] == colours("dark")[palette.GROUND]


def test_the_light_variant_is_what_charts_are_built_with():
    chart = trend(weeks(), title="It rose", unit="Rate", description="Two lines")
    assert json.dumps(spec_of(chart, variant="light")) == json.dumps(spec_of(chart))
    assert spec_of(chart)["config"]["background"] == "#ffffff"


def test_a_notebook_shows_charts_in_the_variant_that_was_asked_for_last():
    chart = trend(weeks(), title="It rose", unit="Rate", description="Two lines")
    try:
        use_theme("dark")
        use_theme()  # as every chart function does
        [shown] = [spec for name, spec in chart._repr_mimebundle_(None, None).items() if name == theme.MIME_TYPE]
        assert shown["config"]["background"] == "#12181f"
        assert spec_of(chart)["config"]["background"] == "#ffffff", "files choose for themselves"
    finally:
        use_theme("light")
    [shown] = [spec for name, spec in chart._repr_mimebundle_(None, None).items() if name == theme.MIME_TYPE]
    assert shown["config"]["background"] == "#ffffff"


def test_an_unknown_variant_is_answered_with_those_there_are():
    with pytest.raises(BadParameter, match=r"No variant 'drak'\. Did you mean 'dark'"):
        use_theme("drak")


@each_variant
def test_each_colour_has_a_value_in_every_variant(variant):
    assert set(colours(variant)) == set(colours("light"))
    assert pd.Series(list(colours(variant).values())).str.fullmatch("#([0-9a-f]{3}|[0-9a-f]{6})").all()
