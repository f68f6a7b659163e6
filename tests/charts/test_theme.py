"""One look for every chart, a bundle every notebook takes, and no date that moves with the viewer."""

import itertools
import json

import altair as alt
import nbformat
import pandas as pd
import pytest

from appeal_insights.charts import theme
from appeal_insights.errors import BadTable

# What a colour turns into for an eye without one kind of cone, on linear red, green and blue:
# Machado, Oliveira and Fernandes (2009), IEEE Trans. Vis. Comput. Graph. 15, severity 1.
SEEN_BY = {
    "every cone": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "no blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
TO_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
WHITE = (0.9505, 1.0, 1.089)


def linear(colour):
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def times(matrix, vector):
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def lab(rgb):
    """CIE L*a*b* of linear red, green and blue."""
    scaled = [value / white for value, white in zip(times(TO_XYZ, rgb), WHITE, strict=True)]
    x, y, z = (value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116 for value in scaled)
    return (116 * y - 16, 500 * (x - y), 200 * (y - z))


def apart(colours, eye):
    """The smallest distance of two colours as that eye sees them; 2.3 is just noticeable."""
    seen = [lab([min(1, max(0, part)) for part in times(SEEN_BY[eye], linear(colour))]) for colour in colours]
    return min(sum((a - b) ** 2 for a, b in zip(*pair, strict=True)) ** 0.5 for pair in itertools.combinations(seen, 2))


@pytest.fixture
def chart():
    theme.use_theme()
    table = pd.DataFrame({"segment": ["GB", "DE"], "rate": [0.25, 0.5]})
    return alt.Chart(table, description="Two bars").mark_bar().encode(x="rate:Q", y="segment:N")


@pytest.mark.parametrize("eye", SEEN_BY)
def test_every_two_colours_of_lines_stay_apart_for_every_eye(eye):
    assert apart(theme.COLOURS, eye) > 20


def test_every_two_colours_of_lines_stay_apart_in_grey_print():
    greys = sorted(lab(linear(colour))[0] for colour in theme.COLOURS)
    assert min(b - a for a, b in itertools.pairwise(greys)) > 5
    dark, light = (lab(linear(colour))[0] for colour in (theme.DARK, theme.LIGHT))
    assert light - dark > 40


def test_every_colour_of_a_line_stands_out_from_white():
    for colour in (*theme.COLOURS, theme.DARK, theme.QUIET, theme.INK):
        luminance = times(TO_XYZ, linear(colour))[1]
        assert 1.05 / (luminance + 0.05) >= 3, colour


def test_a_series_has_its_own_mark_and_dash_too():
    assert len(set(theme.MARKS)) == len({str(dash) for dash in theme.DASHES}) == len(theme.COLOURS)


def test_a_specification_has_the_theme_and_the_data_inside(chart):
    spec = theme.spec_of(chart)
    assert spec["config"]["font"].endswith("Noto Sans CJK SC, Microsoft YaHei, PingFang SC, sans-serif")
    assert list(spec["datasets"].values()) == [[{"segment": "GB", "rate": 0.25}, {"segment": "DE", "rate": 0.5}]]


def test_the_same_table_gives_the_same_bytes(chart):
    assert json.dumps(theme.spec_of(chart)) == json.dumps(theme.spec_of(chart.copy()))


def test_a_notebook_takes_what_a_chart_displays_as(chart):
    bundle = chart._repr_mimebundle_(None, None)
    assert set(bundle) == {"application/vnd.vegalite.v5+json", "text/plain"}
    assert bundle["text/plain"] == "Two bars"
    output = nbformat.v4.new_output("display_data", bundle)
    nbformat.validate(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("chart", outputs=[output])]))


def test_the_theme_can_be_asked_for_twice():
    theme.use_theme()
    theme.use_theme()
    assert alt.theme.active == alt.renderers.active == theme.NAME


def test_a_missing_column_is_named_with_the_nearest_one():
    with pytest.raises(BadTable, match=r"no column 'rate'. Did you mean 'rates'\? It has: segment, rates"):
        theme.check_table(pd.DataFrame(columns=["segment", "rates"]), ["segment", "rate"])


@pytest.mark.parametrize(
    ("days", "why"),
    [
        (pd.to_datetime(["2026-03-30"]).tz_localize("Europe/London"), "have a time zone"),
        (pd.Series(["2026-03-30"]), "not dates"),
        (pd.Series([pd.Timestamp("2026-03-30").date()]), "not dates"),
        (pd.to_datetime(["2026-03-30 13:00"]), "time of day"),
        (pd.to_datetime(["2026-03-30", None]), "is missing"),
    ],
)
def test_a_date_that_another_viewer_would_see_on_another_day_is_refused(days, why):
    with pytest.raises(BadTable, match=why):
        theme.check_table(pd.DataFrame({"period": days}), ["period"], temporal=["period"])


def test_a_row_that_comes_twice_is_named():
    table = pd.DataFrame({"segment": ["GB", "DE", "GB"]})
    with pytest.raises(BadTable, match="two rows for GB"):
        theme.check_once(table, ["segment"])


def test_a_long_title_is_broken_into_lines_and_a_chinese_one_earlier():
    assert theme.wrapped("Overturns doubled in ZA", 80) == ["Overturns doubled in ZA"]
    assert [len(line) <= 80 for line in theme.wrapped("Overturns doubled " * 9, 80)] == [True] * 3
    assert [len(line) for line in theme.wrapped("改" * 60, 80)] == [40, 20]
