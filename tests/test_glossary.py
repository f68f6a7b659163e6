"""One word per idea: what the glossary calls a thing is what the product calls it, in both languages."""

import csv
from importlib.resources import files

import pytest

from appeal_insights.language import words
from appeal_insights.metrics.metric import metrics

with files("appeal_insights").joinpath("words", "glossary.csv").open(encoding="utf-8", newline="") as lines:
    TERMS = {row["key"]: row for row in csv.DictReader(lines)}


@pytest.mark.parametrize("metric", metrics().values(), ids=lambda metric: metric.id)
def test_a_metric_bears_the_name_that_the_glossary_gives_it(metric):
    term = TERMS[metric.id]
    assert metric.name == {"en": term["en"], "zh": term["zh_cn"]}


@pytest.mark.parametrize(
    ("key", "term"), [("chart.mix", "mix_effect"), ("column.segment", "segment"), ("column.dimension", "dimension")]
)
def test_a_heading_is_called_in_chinese_as_the_glossary_says(key, term):
    assert words()[key]["zh"] == TERMS[term]["zh_cn"]


def test_every_term_has_both_languages_and_a_meaning():
    assert all(row["en"] and row["zh_cn"] and row["definition_en"] and row["definition_zh"] for row in TERMS.values())
