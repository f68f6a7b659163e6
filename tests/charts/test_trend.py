"""A trend shows what its table holds: every number, every gap, and nothing that was not in it."""

import json
import time

import pandas as pd
import pytest

from appeal_insights.charts.theme import spec_of
from appeal_insights.charts.trend import trend
from appeal_insights.errors import BadTable

HOSTILE = "</script><script>alert('S1')</script>"
NO_RATE = ("rate", "low", "high", "numerator", "denominator")


def row(start, segment="DE", rate=0.3, **more):
    start = pd.Timestamp(start)
    year, week, _ = start.isocalendar()
    shares = {"rate": rate, "low": rate - 0.05, "high": rate + 0.05}
    counts = {"numerator": round(200 * rate), "denominator": 200, "mature": True}
    return {"period": start, "period_label": f"{year}-W{week:02d}", "segment": segment, **shares, **counts, **more}


@pytest.fixture
def weeks():
    return pd.DataFrame([row("2026-10-05"), row("2026-10-12", rate=0.4), row("2026-10-19", rate=0.5, mature=False)])


def drawn(table, **more):
    return spec_of(trend(table, title="It rose", unit="Overturn rate", description="A rising line", **more))


def points(spec):
    """The rows that the lines are drawn from."""
    [rows] = [rows for rows in spec["datasets"].values() if "rate" in rows[0]]
    return rows


def layers(spec, mark):
    return [layer for layer in spec["layer"] if layer["mark"]["type"] == mark]


def test_the_chart_holds_the_numbers_of_the_table(weeks):
    spec = drawn(weeks)
    held = pd.DataFrame(points(spec))
    for column in ("period_label", "segment", "rate", "low", "high", "numerator", "denominator"):
        assert list(held[column]) == list(weeks[column])
    assert list(held["period"]) == ["2026-10-05T00:00:00", "2026-10-12T00:00:00", "2026-10-19T00:00:00"]
    assert spec["title"]["text"] == ["It rose"]
    assert spec["description"] == "A rising line"


def test_a_column_that_is_not_shown_does_not_travel_with_the_chart(weeks):
    assert "reviewer" not in json.dumps(drawn(weeks.assign(reviewer="R1")))


def test_a_point_stands_in_the_middle_of_its_period_and_is_labelled_by_it(weeks):
    spec = drawn(weeks)
    assert points(spec)[0]["place"] == "2026-10-08T00:00:00"
    [labels] = spec["params"]
    assert labels["value"] == {"2026-10-08": "2026-W41", "2026-10-15": "2026-W42", "2026-10-22": "2026-W43"}
    ticks = spec["layer"][0]["encoding"]["x"]["axis"]["values"]
    assert ticks == [{"year": 2026, "month": 10, "date": day} for day in (8, 15, 22)]


def test_a_day_stands_on_itself():
    days = pd.DataFrame([row("2026-10-05", period_label="5"), row("2026-10-06", period_label="6")])
    assert [point["place"] for point in points(drawn(days))] == ["2026-10-05T00:00:00", "2026-10-06T00:00:00"]


def test_many_periods_keep_every_second_label_and_the_last():
    many = pd.DataFrame([row(day) for day in pd.date_range("2026-05-18", periods=26, freq="7D")])
    ticks = drawn(many)["layer"][0]["encoding"]["x"]["axis"]["values"]
    assert len(ticks) == 13
    assert ticks[-1] == {"year": 2026, "month": 11, "date": 12}


def test_a_hidden_rate_leaves_a_gap(weeks):
    hidden = weeks.assign(**{name: [0.5, None, 0.5] for name in NO_RATE})
    held = points(drawn(hidden))[1]
    assert [held[name] for name in NO_RATE] == [None] * 5
    assert "invalid" not in json.dumps(drawn(hidden))  # the library's own rule breaks the line


def test_a_point_without_a_neighbour_keeps_its_interval_as_a_stroke(weeks):
    assert layers(drawn(weeks), "rule") == []
    alone = weeks.assign(**{name: [None, 0.5, None] for name in NO_RATE})
    spec = drawn(alone)
    assert [point["alone"] for point in points(spec)] == [False, True, False]
    [stroke] = layers(spec, "rule")
    assert (stroke["encoding"]["y"]["field"], stroke["encoding"]["y2"]["field"]) == ("low", "high")


def test_one_period_alone_stands_in_the_middle(weeks):
    domain = drawn(weeks[:1])["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert domain == [{"year": 2026, "month": 10, "date": day} for day in (4, 6)]


@pytest.mark.parametrize("kind", [object, "Int64", "float64"])
def test_nothing_is_null_whatever_the_kind_of_column(weeks, kind):
    hidden = weeks.assign(numerator=pd.array([60, None, 100], dtype="Int64").astype(kind))
    assert [point["numerator"] for point in points(drawn(hidden))] == [60, None, 100]


def test_text_where_a_number_belongs_is_refused(weeks):
    with pytest.raises(BadTable, match="no number"):
        drawn(weeks.assign(numerator="<10"))


def test_a_point_that_is_not_settled_is_hollow_and_the_legend_says_so(weeks):
    over = layers(drawn(weeks), "point")[-1]["encoding"]
    assert over["fillOpacity"]["scale"] == {"domain": ["Settled", "Not yet settled"], "range": [1, 0]}
    assert over["size"]["legend"]["values"] == ["Not yet settled"]
    settled = layers(drawn(weeks.assign(mature=True)), "point")[-1]["encoding"]
    assert settled["size"]["legend"] is None


def test_a_tooltip_shows_the_counts_behind_a_rate(weeks):
    shown = [part["field"] for part in layers(drawn(weeks), "point")[-1]["encoding"]["tooltip"]]
    assert shown == ["period_label", "rate", "low", "high", "numerator", "denominator", "settled"]


def test_one_segment_needs_no_legend_and_two_have_one_in_their_order():
    two = pd.DataFrame([row("2026-10-05", "ZA"), row("2026-10-05", "DE")])
    line = layers(drawn(two), "line")[0]["encoding"]
    assert line["color"]["scale"]["domain"] == ["ZA", "DE"]
    assert line["color"]["legend"] is not None
    assert layers(drawn(two[:1]), "line")[0]["encoding"]["color"]["legend"] is None


def test_chinese_words_come_with_the_language(weeks):
    text = json.dumps(drawn(weeks, language="zh-CN"), ensure_ascii=False)
    assert "尚未成熟" in text
    assert "Not yet settled" not in text


def test_events_are_numbered_by_day_and_named_in_the_legend(weeks):
    events = pd.DataFrame(
        {"starts_on": pd.to_datetime(["2026-10-20", "2026-10-06", "2027-01-01"]), "title": ["Second", "First", "Later"]}
    )
    spec = drawn(weeks, events=events)
    [rows] = [rows for rows in spec["datasets"].values() if "starts_on" in rows[0]]
    assert [event["named"] for event in rows] == ["1. First", "2. Second"]
    assert rows[0]["starts_on"] == "2026-10-06T00:00:00"


def test_the_numbers_of_events_on_the_same_day_do_not_cover_each_other(weeks):
    events = pd.DataFrame({"starts_on": pd.to_datetime(["2026-10-06", "2026-10-06"]), "title": ["A", "B"]})
    [rows] = [rows for rows in drawn(weeks, events=events)["datasets"].values() if "starts_on" in rows[0]]
    assert rows[1]["above"] - rows[0]["above"] >= 18


def test_spans_are_shaded_from_their_first_day_to_the_day_after_their_last(weeks):
    spans = pd.DataFrame({"start": ["2026-10-05"], "end": ["2026-10-12"], "label": ["Before"]})
    spans = spans.assign(start=pd.to_datetime(spans["start"]), end=pd.to_datetime(spans["end"]))
    [rows] = [rows for rows in drawn(weeks, spans=spans)["datasets"].values() if "label" in rows[0]]
    assert (rows[0]["start"], rows[0]["end"]) == ("2026-10-05T00:00:00", "2026-10-12T00:00:00")
    assert rows[0]["label"] == "Before"


def promised(*rows):
    made = pd.DataFrame(rows, columns=["start", "end", "value", "label"])
    return made.assign(start=pd.to_datetime(made["start"]), end=pd.to_datetime(made["end"]))


def held(spec, layer):
    return spec["datasets"][layer["data"]["name"]]


def test_a_target_is_a_dashed_line_across_its_days_with_its_name_at_the_end(weeks):
    spec = drawn(weeks, targets=promised(("2026-10-05", "2026-10-26", 0.35, "Target: at most 35.0%")))
    [line] = layers(spec, "rule")
    assert line["mark"]["strokeDash"]
    assert [line["encoding"][channel]["field"] for channel in ("x", "x2", "y")] == ["start", "end", "value"]
    [row_] = held(spec, line)
    assert (row_["start"], row_["end"], row_["value"]) == ("2026-10-05T00:00:00", "2026-10-26T00:00:00", 0.35)
    *_, under, name = spec["layer"]
    assert name["encoding"]["text"]["field"] == "label"
    assert (name["mark"]["align"], held(spec, name)[0]["at"]) == ("right", "2026-10-26T00:00:00")
    assert under["mark"]["stroke"] == "#ffffff", "a rim of the ground, so that it can be read on what lies behind"


@pytest.mark.parametrize(("value", "baseline"), [(0.2, "top"), (0.6, "bottom")])
def test_the_name_of_a_target_keeps_away_from_the_points(weeks, value, baseline):
    spec = drawn(weeks, targets=promised(("2026-10-05", "2026-10-26", value, "Target")))
    assert spec["layer"][-1]["mark"]["baseline"] == baseline


def test_a_target_is_cut_where_the_chart_ends_and_left_out_where_none_of_it_is_seen(weeks):
    rows = [
        ("2026-01-01", "2026-10-12", 0.4, "was"),
        ("2026-10-12", "2027-01-01", 0.3, "is"),
        ("2027-01-01", "2027-02-01", 0.1, "comes"),
    ]
    spec = drawn(weeks.assign(rate=0.35), targets=promised(*rows))
    [line] = layers(spec, "rule")
    ends = {row_["label"]: (row_["start"][:10], row_["end"][:10]) for row_ in held(spec, line)}
    assert ends == {"was": ("2026-10-05", "2026-10-12"), "is": ("2026-10-12", "2026-10-26")}


def test_a_chart_without_targets_is_what_it_was(weeks):
    assert drawn(weeks, targets=None) == drawn(weeks, targets=promised()) == drawn(weeks)
    assert "Target" not in json.dumps(drawn(weeks))


def test_a_hostile_label_is_data_and_nothing_else(weeks):
    spec = drawn(weeks.assign(segment=HOSTILE, period_label=[f"{HOSTILE} {n}" for n in range(3)]))
    del spec["datasets"], spec["params"]
    for layer in spec["layer"]:
        for channel in layer["encoding"].values():
            assert "href" not in layer["encoding"]
            if isinstance(channel, dict):
                channel.pop("scale", None)
    assert "alert" not in json.dumps(spec)


def test_the_specification_does_not_depend_on_where_it_was_made(weeks, monkeypatch):
    specs = set()
    for zone in ("America/New_York", "Asia/Shanghai"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        specs.add(json.dumps(drawn(weeks)))
    monkeypatch.undo()
    time.tzset()
    assert len(specs) == 1


def test_two_trends_can_stand_side_by_side(weeks):
    one = trend(weeks, title="", unit="", description="a")
    other = trend(weeks.assign(period_label=["a", "b", "c"]), title="", unit="", description="b")
    names = [param["name"] for param in spec_of(one | other)["params"]]
    assert len(set(names)) == 2


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda table: table.drop(columns="low"), "no column 'low'"),
        (lambda table: table.assign(period=table["period"].dt.tz_localize("UTC")), "time zone"),
        (lambda table: table.assign(period=table["period"].dt.strftime("%Y-%m-%d")), "not dates"),
        (lambda table: pd.concat([table, table]), "two rows"),
        (lambda table: table[:0], "no row"),
    ],
)
def test_a_table_that_cannot_be_drawn_truly_is_refused(weeks, change, why):
    with pytest.raises(BadTable, match=why):
        drawn(change(weeks))


def test_more_segments_than_can_be_told_apart_are_refused():
    with pytest.raises(BadTable, match="A trend of 7 segments"):
        drawn(pd.DataFrame([row("2026-10-05", f"segment {n}") for n in range(7)]))
