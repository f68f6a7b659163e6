"""A first mapping for somebody's own export: what is known is filled in, what is not is asked, nothing breaks out."""

import re
import tomllib

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeal_insights.errors import BadInput, BadMapping
from appeal_insights.records.contract import contract, facts
from appeal_insights.records.figures import ingest_figures, read_figures_mapping
from appeal_insights.records.ingest import ingest
from appeal_insights.records.mapping import From, load_mapping, read_mapping
from appeal_insights.records.suggest import suggest_mapping, write_suggestion
from appeal_insights.records.suggest_columns import known, market_codes, plain
from tests.demo import shell
from tests.helpers import FIRST_LOAD, content, table

ENGLISH = table("""
    Case No | Country        | Received         | Closed at           | Decision             | Team
    17      | Germany        | 2026-10-05 08:00 | 2026-10-06 08:00:00 | Upheld               | a
    18      | United Kingdom | 2026-10-05 09:00 | 2026-10-06 08:00:00 | Overturned           | b
    19      | Norway         | 2026-10-05 10:00 | 2026-10-07 08:00:00 | Partially overturned | a
    20      | UK             | 2026-10-05 11:00 |                     | Pending              | b
""")
CHINESE = table("""
    申诉编号 | 国家 | 提交时间             | 处理时间               | 处理结果 | 队列
    甲1      | 德国 | 2026年10月5日 08:00 | 2026-10-06T08:00:00Z | 维持原判 | 直播
    甲2      | 英国 | 2026年10月5日 09:00 | 2026-10-06T08:00:00Z | 改判     | 直播
    甲3      | 挪威 | 2026年10月6日 10:00 | 2026-10-07T08:00:00Z | 部分改判 | 视频
""")
SHEET = table("""
    周              | 国家 | 处理量 | 改判量 | 备注
    2026年第41周 | 德国 | 1,200  | 300    | x
    2026年第41周 | 英国 | 80     | 8      | x
    2026年第42周 | 德国 | 1,000  | 150    | x
    合计            |      | 2,280  | 458    |
""")


def suggested(rows: pd.DataFrame, **how):
    return read_mapping(tomllib.loads(suggest_mapping(rows, **how)))


def goes_to(mapping) -> dict[str, str]:
    return {source.theirs: ours for ours, source in mapping.columns.items()}


def line_with(text: str, part: str) -> str:
    [line] = [line for line in text.splitlines() if part in line]
    return line


def test_an_english_export_is_matched_by_its_headers_and_its_values_are_translated():
    found = suggested(ENGLISH)
    assert goes_to(found) == {
        "Case No": "appeal_id",
        "Country": "market",
        "Received": "received_at",
        "Closed at": "decided_at",
        "Decision": "outcome",
    }
    assert found.values["market"] == {"Germany": "DE", "United Kingdom": "GB", "Norway": "NO", "UK": "GB"}
    assert found.values["outcome"] == {
        "Upheld": "decision_upheld",
        "Overturned": "decision_reversed",
        "Partially overturned": "decision_partially_reversed",
        "Pending": "",
    }
    assert "queue" in found.absent
    assert '# "Team": 2 values, for example "a", "b"' in suggest_mapping(ENGLISH)


def test_a_chinese_export_is_matched_too_and_its_remarks_can_be_chinese():
    found = suggested(CHINESE, language="zh-CN")
    assert goes_to(found)["申诉编号"] == "appeal_id"
    assert found.columns["received_at"] == From("提交时间", format="%Y年%m月%d日 %H:%M")
    assert found.columns["decided_at"] == From("处理时间")
    assert found.columns["queue"].theirs == "队列"
    assert found.values["market"] == {"德国": "DE", "英国": "GB", "挪威": "NO"}
    assert found.values["outcome"]["部分改判"] == "decision_partially_reversed"
    assert "列名与“市场”一致；100% 的单元格符合" in suggest_mapping(CHINESE, language="zh-CN")


def test_times_without_an_offset_ask_for_their_clock_and_those_with_one_do_not():
    asked = line_with(suggest_mapping(CHINESE), "No offset from UTC")
    assert '"提交时间"' in asked
    assert "处理时间" not in asked
    aware = CHINESE.assign(**{"提交时间": "2026-10-05T08:00:00+08:00"})
    assert "No offset" not in suggest_mapping(aware)


def test_an_ambiguous_date_is_read_day_first_and_the_other_way_is_said():
    unclear = ENGLISH.assign(Received=["01/02/2026", "03/02/2026", "03/02/2026", "04/02/2026"])
    assert suggested(unclear).columns["received_at"] == From("Received", format="%d/%m/%Y", precision="day")
    assert 'write format = "%m/%d/%Y"' in line_with(suggest_mapping(unclear), "cannot be told apart")
    clear = unclear.assign(Received=["01/02/2026", "03/31/2026", "03/02/2026", "04/02/2026"])
    assert suggested(clear).columns["received_at"].format == "%m/%d/%Y"
    assert "cannot be told apart" not in suggest_mapping(clear)


@pytest.mark.parametrize(
    ("cells", "format", "precision"),
    [
        (["2026-10-05", "2026-10-06", "2026-10-07", "2026-10-08"], None, "day"),
        (["05.10.2026 08:00", "06.10.2026 09:00", "31.10.2026 10:00", "01.11.2026 10:00"], "%d.%m.%Y %H:%M", None),
        (["10/05/2026 01:00 PM", "10/25/2026 02:00 AM", "10/26/2026 02:00 AM", None], "%m/%d/%Y %I:%M %p", None),
        (["46300.25", "46301.5", "46302", "46303.75"], "excel", None),
    ],
)
def test_a_format_of_times_is_found_by_what_reads_them(cells, format, precision):
    assert suggested(ENGLISH.assign(Received=cells)).columns["received_at"] == From("Received", format, precision)


def test_columns_without_a_known_name_are_told_by_their_cells():
    coded = ENGLISH.rename(columns={"Case No": "x1", "Country": "x2", "Decision": "x3"})
    assert goes_to(suggested(coded)) == goes_to(
        suggested(ENGLISH.rename(columns=dict(zip(ENGLISH, coded, strict=True))))
    )
    assert {"x1": "appeal_id", "x2": "market", "x3": "outcome"}.items() <= goes_to(suggested(coded)).items()
    text = suggest_mapping(coded)
    assert "every cell is different" in line_with(text, '"x1" =')
    assert "no name that is known, but 100% of its cells fit Market" in line_with(text, '"x2" =')


def test_what_is_needed_and_not_found_waits_in_a_comment_until_somebody_fills_it_in():
    text = suggest_mapping(ENGLISH.drop(columns="Country").rename(columns={"Received": "Uhrzeit"}))
    with pytest.raises(BadMapping, match="needs 'market'"):
        read_mapping(tomllib.loads(text))
    assert line_with(text, '"?" = "market"') == '# "?" = "market"'
    assert '# It may be one of: "Uhrzeit"' in text
    filled = text.replace('# "?" = "market"', '"Team" = "market"').replace('# "?" = "rec', '"Uhrzeit" = "rec')
    assert goes_to(read_mapping(tomllib.loads(filled)))["Uhrzeit"] == "received_at"


def test_a_value_that_is_only_near_or_unknown_decides_nothing_by_itself():
    text = suggest_mapping(ENGLISH.assign(Decision=["Upheld", "Ovreturned", "weird", "Overturned"]))
    assert line_with(text, '"Ovreturned" =').startswith('# "Ovreturned" = "decision_reversed"')
    assert line_with(text, '"weird" =').startswith('# "weird" = "?"')
    assert "decision_omitted" in line_with(text, '"weird" =')
    assert set(read_mapping(tomllib.loads(text)).values["outcome"]) == {"Upheld", "Overturned"}
    assert "some houses mean the opposite" in line_with(text, '"Upheld" =')


def test_known_words_mean_something_of_a_contract_and_each_one_thing_only():
    ours = [column for fact in facts() for column in contract(fact).columns.values()]
    names = {column.name for column in ours}
    assert {*known()["columns"], *known()["values"], *known()["by_values"]["columns"]} <= {*names, "known_from"}
    for name, table_of in known()["values"].items():
        for value in filter(None, table_of):  # a dispute has an outcome too, of other values than an appeal's
            fits = [value in one.values or re.fullmatch(one.pattern or "-", value) for one in ours if one.name == name]
            assert any(fits), (name, value)
        words = [plain(word) or word for words in table_of.values() for word in words]
        assert len(words) == len(set(words)), name


def test_two_columns_never_go_to_one_of_ours():
    twice = ENGLISH.assign(**{"Submitted": ENGLISH["Received"]})
    assert list(goes_to(suggested(twice)).values()).count("received_at") == 1
    assert '# "Submitted" looks like Received at too' in suggest_mapping(twice)


def test_countries_are_known_by_name_and_code_in_either_language():
    codes = market_codes()
    assert [codes[name] for name in ("德国", "germany", "de", "deu", "uk", "阿联酋", "unitedarabemirates")] == [
        "DE", "DE", "DE", "DE", "GB", "AE", "AE",
    ]  # fmt: skip


def test_a_counted_sheet_gets_a_mapping_of_figures_that_takes_it_in(tmp_path):
    text = suggest_mapping(SHEET)
    declared = tomllib.loads(text)
    mapping = read_figures_mapping(declared)
    assert (mapping.period.columns, mapping.period.grain) == (("周",), "week")
    assert declared["metrics"] == {"overturn_rate": {"numerator": ["改判量"], "denominator": ["处理量"]}}
    assert mapping.values["market"] == {"德国": "DE", "英国": "GB"}
    assert '# "备注"' in text
    intake = ingest_figures(SHEET, tmp_path / "s.duckdb", mapping=mapping, loaded_at=FIRST_LOAD)
    assert (intake.new, intake.rejected, intake.skipped) == (3, 0, 1)


def test_a_column_for_each_outcome_makes_both_sides_and_first_days_make_weeks():
    sheet = table("""
        Week       | Market | Upheld | Reversed | Partially reversed | Rate
        2026-10-05 | DE     | 1.100  | 5        | 1                  | 1%
        2026-10-12 | DE     | 900    | 6        | 2                  | 2%
    """)
    declared = tomllib.loads(suggest_mapping(sheet))
    found = read_figures_mapping(declared)
    assert declared["metrics"]["overturn_rate"] == {
        "numerator": ["Reversed", "Partially reversed"],
        "denominator": ["Upheld", "Reversed", "Partially reversed"],
    }
    assert (found.period.grain, found.period.day, found.thousands) == ("week", "first", ".")


HOSTILE = [
    'a" = "b"\n[columns]\nx = "appeal_id"',
    "]\n[values.outcome]",
    "\\",
    '"""',
    "# no comment",
    "\u2028next",
    "\u202egnp.exe",
    "\x7f",
    "\ud800",
    "x\r\ny",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_headers_and_values_stay_what_they_are(text):
    rows = ENGLISH.assign(**{text: "x", "Decision": ["Upheld", text, text + "2", "Overturned"], "Team": text})
    written = suggest_mapping(rows, file=text)
    assert all(sign.isprintable() or sign == "\n" for sign in written)
    found = read_mapping(tomllib.loads(written))
    assert goes_to(found) == goes_to(suggested(ENGLISH))
    assert set(found.values["outcome"]) == {"Upheld", "Overturned"}
    as_key = ENGLISH.rename(columns={"Case No": "Case No" + text}).assign(**{"Case No" + text: HOSTILE[:4]})
    assert any(theirs.startswith("Case No") for theirs in goes_to(suggested(as_key)))


NAMES = st.one_of(
    st.text(max_size=12), st.sampled_from(["Country", "Received", "处理结果", "Case", "Week", "decided", "改判量"])
)
CELLS = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.sampled_from(
        [
            "DE",
            "Germany",
            "Upheld",
            "2026-10-05",
            "01/02/2026",
            "2026年10月5日",
            "12",
            "1,234",
            "46300",
            "W41",
            *HOSTILE,
        ]
    ),
)


@settings(max_examples=60)
@given(
    names=st.lists(NAMES, unique=True, max_size=6),
    rows=st.lists(st.lists(CELLS, min_size=6, max_size=6), max_size=5),
    fact=st.sampled_from(facts()),
)
def test_any_header_and_any_value_give_a_mapping_that_can_be_read(names, rows, fact):
    frame = pd.DataFrame([row[: len(names)] for row in rows], columns=names, dtype="object")
    written = suggest_mapping(frame, fact=fact, language="zh-CN" if len(names) % 2 else "en")
    declared = tomllib.loads(written)
    wanted = {name for name, column in contract(fact).columns.items() if column.required}
    found = {entry["to"] if isinstance(entry, dict) else entry for entry in declared.get("columns", {}).values()}
    if "metrics" in declared:
        read_figures_mapping(declared)
    elif wanted <= found:
        read_mapping(declared)
    else:
        with pytest.raises(BadMapping):
            read_mapping(declared)


def test_the_sample_under_other_names_comes_in_whole_by_its_suggestion(sample, tmp_path):
    theirs = {
        "appeal_id": "申诉编号", "enforcement_id": "Measure ID", "market": "Country", "appellant": "User type",
        "complaint_type": "Appeal type", "policy_group": "Policy category", "policy": "Violation type",
        "surface": "内容类型", "content_language": "Language", "automated_decision": "是否机审",
        "appeal_round": "Round", "queue": "Queue name", "site": "Vendor site", "evidence_provided": "Has evidence",
        "enforced_at": "处罚时间",
        "received_at": "Submission time", "decided_at": "处理完成时间", "outcome": "Appeal result",
        "decided_by": "裁决方式", "notified_at": "告知时间", "reinstated_at": "Restored at", "handling_seconds": "AHT",
    }  # fmt: skip
    said = {"decision_upheld": "维持原判", "decision_reversed": "改判", "decision_partially_reversed": "部分改判",
            "decision_omitted": "Withdrawn"}  # fmt: skip
    rows = sample.appeals.head(3000)
    export = tmp_path / "export.csv"
    rows.assign(outcome=rows["outcome"].map(said)).rename(columns=theirs).to_csv(export, index=False)
    mapping = load_mapping(write_suggestion(export))
    assert goes_to(mapping) == {name: ours for ours, name in theirs.items()}
    intake = ingest(export, tmp_path / "theirs.duckdb", mapping=mapping, loaded_at=FIRST_LOAD)
    assert (intake.read, intake.new, intake.rejected) == (len(rows), len(rows), 0)
    rows.to_csv(tmp_path / "ours.csv", index=False)
    ingest(tmp_path / "ours.csv", tmp_path / "ours.duckdb", loaded_at=FIRST_LOAD)
    assert content(tmp_path / "theirs.duckdb").equals(content(tmp_path / "ours.duckdb"))


def test_a_mapping_file_that_is_there_is_never_overwritten(tmp_path):
    export = tmp_path / "export.csv"
    ENGLISH.to_csv(export, index=False)
    path = write_suggestion(export)
    assert path == tmp_path / "export.mapping.toml"
    path.write_text("mine")
    with pytest.raises(BadInput, match=r"a mapping file already: .*export\.mapping\.toml"):
        write_suggestion(export)
    assert path.read_text() == "mine"


def test_the_command_writes_it_beside_the_file_and_says_where(tmp_path):
    export = tmp_path / "export.csv"
    ENGLISH.to_csv(export, index=False)
    said = shell("ingest", str(export), "--suggest", "--language=zh-CN")
    assert said.code == 0
    assert said.out.startswith(f"Wrote {tmp_path / 'export.mapping.toml'}.")
    assert "映射初稿" in (tmp_path / "export.mapping.toml").read_text(encoding="utf-8")
    assert "a mapping file already" in shell("ingest", str(export), "--suggest").err
    assert "Add --store NAME" in shell("ingest", str(export)).err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["export.csv", "export.mapping.toml"]
