"""Every series by week: the distance from what was expected, the alarms in their weeks, readable in grey print."""

import itertools
import json

import pandas as pd
import pytest

from appeal_insights.charts.audited import by_week
from appeal_insights.charts.estate import ABOVE, AS_EXPECTED, BELOW, MOST_SERIES, estate, estate_alt
from appeal_insights.charts.theme import spec_of
from appeal_insights.errors import BadTable
from appeal_insights.reports.still import still
from tests.charts.test_audited import alarm, evidence, fallen
from tests.charts.test_theme import lab, linear
from tests.pages import HOSTILE


def weeks(label: str = "AE", smallest: int = 0) -> pd.DataFrame:
    """A quiet series, GB that fell by ten points, and ZA with few audits."""
    few = evidence(series="ZA", audited=8, correct=7, rate=0.875, low=0.6)
    return by_week(pd.concat([evidence(series=label), fallen(), few]), smallest=smallest)


def drawn(table, alarms=None, **more):
    return spec_of(estate(table, title="Three series", description="Cells", alarms=alarms, **more))


def held(spec, column="points"):
    [rows] = [rows for rows in spec["datasets"].values() if column in rows[0]]
    return pd.DataFrame(rows)


def marks(spec, kind):
    return [layer for layer in spec["layer"] if layer["mark"]["type"] == kind]


def test_the_chart_holds_the_numbers_of_the_table_and_the_distance_in_points():
    rows, table = held(drawn(weeks())), weeks()
    for column in ("series", "period_label", "audited", "correct", "rate", "expected"):
        assert list(rows[column]) == list(table[column])
    fell = rows[(rows["series"] == "GB") & (rows["period_label"] == "2025-W07")]
    assert fell["points"].tolist() == pytest.approx([-10])


def test_series_that_alarmed_come_first_then_each_by_label():
    def order(alarms):
        return drawn(weeks(), alarms)["layer"][0]["encoding"]["y"]["scale"]["domain"]

    assert order(None) == ["AE", "GB", "ZA"]
    assert order(alarm()) == ["GB", "AE", "ZA"]


def test_an_alarm_stands_in_its_week_and_points_where_the_accuracy_went():
    spec = drawn(weeks(), alarm())  # on Sunday 9 February
    [row] = held(spec, "alarm_day").to_dict("records")
    assert (row["series"], row["period_label"], row["kind"]) == ("GB", "2025-W06", "fell")
    shape = marks(spec, "point")[-1]["encoding"]["shape"]["scale"]
    assert dict(zip(shape["domain"], shape["range"], strict=True))["fell"] == "triangle-down"
    assert "rose" not in shape["domain"]


def test_an_alarm_of_auditors_or_of_another_week_is_left_out():
    others = pd.concat([alarm(series="DE"), alarm(alarm_day=pd.Timestamp("2026-02-09"))])
    assert drawn(weeks(), others)["layer"] == drawn(weeks())["layer"]


def test_cells_with_wide_limits_are_small():
    rows = held(drawn(weeks()))
    assert set(rows.loc[rows["kind"] == "thin", "series"]) == {"ZA"}  # 0.35 over the root of seven is 0.13
    sure = drawn(weeks().query("series != 'ZA'"))
    assert "thin" not in held(sure)["kind"].tolist()


def test_ends_of_the_scale_are_far_apart_in_grey_and_the_upper_half_is_striped():
    light = [lab(linear(colour))[0] for colour in (BELOW, ABOVE, AS_EXPECTED)]
    assert all(later - earlier > 25 for earlier, later in itertools.pairwise(light))
    risen = weeks().assign(expected=lambda table: table["expected"] - 0.04)
    assert (held(drawn(risen))["kind"] == "above").any()
    assert not (held(drawn(weeks()))["kind"] == "above").any()


def test_the_scale_is_even_on_both_sides_and_whole_points():
    colour = drawn(weeks())["layer"][0]["encoding"]["color"]
    low, middle, high = colour["scale"]["domain"]
    assert (low, middle, high) == (-10, 0, 10)
    assert colour["scale"]["clamp"]


def test_a_hidden_cell_is_crossed_and_told_of_by_place_only():
    spec = drawn(weeks(smallest=100))
    assert set(held(spec).loc[lambda rows: rows["kind"] == "hidden", "series"]) == {"ZA"}
    frame = next(layer for layer in marks(spec, "rect") if layer["mark"].get("strokeDash"))
    assert [part["field"] for part in frame["encoding"]["tooltip"]] == ["series", "period_label"]


def test_a_tooltip_shows_what_is_behind_a_cell():
    shown = [part["field"] for part in drawn(weeks())["layer"][0]["encoding"]["tooltip"]]
    assert shown == ["series", "period_label", "rate", "expected", "points", "correct", "audited"]


def test_sixty_series_by_a_year_fit_and_rows_are_lower_then():
    many = [evidence(365, series=f"Market {nth:02d} · policy with a long name") for nth in range(60)]
    spec = drawn(by_week(pd.concat(many)))
    assert spec["height"] == 60 * 14
    assert drawn(weeks())["height"] == 3 * 20


def test_the_text_tells_the_reading_with_numbers():
    told = estate_alt(weeks(), alarm(), "en")
    assert "3 series by week from 2025-W02 to 2025-W11: 1 of them alarmed; alarms of a fall: 1, of a rise: 0" in told
    assert "GB in 2025-W06, \N{MINUS SIGN}10.0 points on 700 audits" in told
    assert "GB，2025-W06" in estate_alt(weeks(), alarm(), "zh-CN")


def test_the_text_says_so_where_no_cell_has_enough_audits():
    assert "No week of a series has audits enough" in estate_alt(weeks(smallest=10_000), alarm(), "en")


def test_a_column_that_is_not_shown_does_not_travel_with_the_chart():
    assert "reviewer" not in json.dumps(drawn(weeks().assign(reviewer="R1"), alarm(reviewer="R2")))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_label_is_data_and_nothing_else(text):
    spec = drawn(weeks(text), alarm(series=text))
    assert "<script" not in still(spec, "en")
    del spec["datasets"]
    for layer in spec["layer"]:
        if "field" in layer["encoding"].get("y", {}):
            layer["encoding"]["y"]["scale"].pop("domain")
    assert "alert" not in json.dumps(spec)
    assert "href" not in json.dumps(spec)


def test_chinese_words_come_with_the_language():
    picture = str(still(drawn(weeks(), alarm(), language="zh-CN"), "zh-CN"))
    assert "与预期之差" in picture
    assert "预警：下降" in picture
    assert "Alarm" not in picture


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda table: table.drop(columns="expected"), "no column 'expected'"),
        (lambda table: pd.concat([table, table]), "two rows"),
        (lambda table: table[:0], "no row"),
        (lambda table: table.assign(hidden=True), "hidden row has a number"),
        (lambda table: table.assign(rate="<10"), "no number"),
        (
            lambda table: pd.concat([table.assign(series=f"S{nth}") for nth in range(MOST_SERIES + 1)])
            .drop_duplicates(["series", "period"]),
            "65 series",
        ),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_drawn_truly_is_refused(change, why):
    with pytest.raises(BadTable, match=why):
        drawn(change(weeks()))
