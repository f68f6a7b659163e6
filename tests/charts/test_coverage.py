"""Records by segment and period: the numbers of the table, shades within a line, marks where nothing is shown."""

import pandas as pd
import pytest

from appeal_insights.charts.coverage import MOST_SEGMENTS, coverage
from appeal_insights.charts.theme import spec_of
from appeal_insights.errors import BadTable
from tests.charts.test_heat_map import held, layers
from tests.pages import HOSTILE

DAYS = pd.to_datetime(["2026-08-01", "2026-09-01", "2026-10-01"])


def table(**segments):
    """A row for each number; nothing is a hidden cell."""
    return pd.DataFrame(
        [
            {"period": day, "period_label": f"{day:%Y-%m}", "segment": name, "records": count, "hidden": count is None}
            for name, counts in segments.items()
            for day, count in zip(DAYS, counts, strict=True)
        ]
    ).astype({"records": "Int64"})


COUNTS = table(DE=[40, 20, 10], FR=[5000, None, 0])


def drawn(rows=COUNTS, **more):
    return spec_of(coverage(rows, title="By month", description="Cells", **more))


def test_the_chart_holds_the_numbers_of_the_table_and_shades_each_line_by_its_own_busiest_period():
    rows = held(drawn())
    assert rows["records"].fillna(-1).tolist() == [40, 20, 10, 5000, -1, 0]
    assert rows["rate"].fillna(-1).tolist() == [1, 0.5, 0.25, 1, -1, -1]
    assert rows["state"].fillna("").tolist() == ["", "", "", "", "hidden", "empty"]


def test_a_number_is_written_in_its_cell_where_the_widest_fits():
    [text, *_] = layers(drawn(), "text")
    assert text["encoding"]["text"]["format"] == ","
    assert text["mark"]["opacity"] == {"expr": "width / 3 >= 38.5 ? 1 : 0"}, "5,000 is five signs of 6.5 and room of 6"


def test_lines_and_periods_come_in_their_order():
    encoding = drawn(COUNTS.sample(frac=1, random_state=3).sort_values("segment", ascending=False))["layer"][0][
        "encoding"
    ]
    assert encoding["x"]["scale"]["domain"] == ["2026-08", "2026-09", "2026-10"]
    assert encoding["y"]["scale"]["domain"] == ["FR", "DE"]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_legend_speaks_the_language_of_the_page(language):
    [cell, *_] = layers(drawn(language=language), "rect")
    title = cell["encoding"]["color"]["legend"]["title"]
    assert title.isascii() == (language == "en")


def test_hostile_names_are_text():
    name = HOSTILE[0]
    assert name in held(drawn(table(**{name: [1, 2, 3]})))["segment"].tolist()


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (COUNTS.drop(columns="records"), "no column 'records'"),
        (COUNTS.head(0), "no row"),
        (pd.concat([COUNTS, COUNTS]), "two rows"),
        (COUNTS.assign(hidden=True), "hidden row has numbers"),
        (table(**{f"S{place}": [1, 2, 3] for place in range(MOST_SEGMENTS + 1)}), "cannot be read"),
    ],
)
def test_what_cannot_be_drawn_is_refused(rows, says):
    with pytest.raises(BadTable, match=says):
        drawn(rows)
