"""The still picture of a chart: shapes and text, nothing that acts, the same bytes each time."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeal_insights.reports.still import _ATTRIBUTES, _ELEMENTS, _still, still
from tests.pages import HOSTILE, change_spec, heat_spec, slope_spec, trend_spec

SPECS = {"trend": trend_spec, "change": change_spec, "slope": slope_spec, "heat_map": heat_spec}
LISTED = {name.lower() for name in _ELEMENTS}
ALLOWED = {name.lower() for name in _ATTRIBUTES} | {"font-family"}


class Picture(HTMLParser):
    """The elements of a picture as a page has them, and its texts."""

    def __init__(self, markup):
        super().__init__()
        self.elements, self.texts = [], []
        self.feed(str(markup))
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.texts.append(data)

    def check_harmless(self):
        for tag, attributes in self.elements:
            assert tag in LISTED
            assert set(attributes) <= ALLOWED
            for name, value in attributes.items():
                assert name == "font-family" or not re.search(r"[:;<>\"'&\\]", value), (name, value)
                assert "url(" not in value or re.fullmatch(r"url\(#part-[0-9a-f]{8}-\d+\)", value)


@pytest.mark.parametrize("kind", SPECS)
def test_a_picture_has_only_shapes_and_text(kind):
    picture = Picture(still(SPECS[kind](), "en"))
    picture.check_harmless()
    assert {"DE", "GB"} <= set(picture.texts)
    assert len([tag for tag, _ in picture.elements if tag in ("path", "line")]) > 8


def test_a_picture_is_as_wide_as_a_page():
    for make in SPECS.values():
        _, attributes = Picture(still(make(), "en")).elements[0]
        assert 690 <= float(attributes["width"]) <= 710


def test_a_chinese_picture_speaks_chinese():
    picture = Picture(still(slope_spec("升", "误导性信息", "仇恨言论", language="zh-CN"), "zh-CN"))
    assert {"误导性信息", "仇恨言论", "改判率"} <= set(picture.texts)
    assert "Noto Sans CJK SC" in picture.elements[0][1]["font-family"]


def test_every_name_in_a_picture_is_its_own_and_leads_somewhere():
    one, two = (still(heat_spec(label=label), "en") for label in ("DE", "AT"))
    names = [set(re.findall(r'id="([^"]+)"', text)) for text in (one, two)]
    assert names[0]
    assert not names[0] & names[1]
    assert set(re.findall(r"url\(#([^)]+)\)", one)) == names[0]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_label_is_text_in_a_picture(text):
    for spec in (trend_spec(text, text), change_spec(text, text), slope_spec(text, text, "GB"), heat_spec(text, text)):
        picture = Picture(still(spec, "en"))
        picture.check_harmless()
        assert any(said.startswith(text.strip()[:6]) for said in picture.texts)  # a long label is cut


def test_a_label_that_is_cut_within_a_character_is_drawn_without_it():
    for length in range(30, 34):
        assert still(change_spec("x", "a" * (length % 2) + "\U0001d413" * length), "en") is not None


@settings(max_examples=15)
@given(st.text(min_size=1, max_size=60))
def test_any_label_is_text_in_a_picture(text):
    picture = still(change_spec("x", text), "en")
    assert picture is not None
    Picture(picture).check_harmless()


def test_the_same_chart_gives_the_same_picture_however_many_were_drawn_before():
    first = still(heat_spec(), "en")
    still(heat_spec(periods=5), "en")
    _still.cache_clear()
    assert still(heat_spec(), "en") == first


@pytest.mark.parametrize("character", ["\0", "\x01", "\x1b", "\x1f", "\ufffe", "\uffff"])
def test_a_character_that_no_picture_can_hold_is_replaced_before_it_is_drawn(character):
    """The drawing engine would end the process, and with it the run."""
    assert "a\ufffdb" in Picture(still(change_spec(label=f"a{character}b"), "en")).texts


def test_what_cannot_be_drawn_has_no_picture():
    assert still({"mark": "no such mark", "data": {"values": []}}, "en") is None


def test_no_picture_asks_the_network():
    assert still({"mark": "point", "data": {"url": "https://example.org/x.csv"}}, "en") is None


def test_seven_pictures_are_a_small_part_of_a_page():
    size = sum(len(str(still(make(), "en"))) for make in (*SPECS.values(), trend_spec, change_spec, slope_spec))
    assert size < 120_000
