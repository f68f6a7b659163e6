"""What comes back: a chart, its notes, two tables and the call that gives the same numbers."""

import html
from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets

from appeal_insights.charts.theme import spec_of
from appeal_insights.findings.shown import VEGA, Exhibit, joined
from appeal_insights.language import Language, say

STYLE = """<style>
.appeal-insights-explorer { align-items: flex-start; gap: 24px; --jp-widgets-horizontal-tab-width: 190px; }
.appeal-insights-quiet .widget-html-content, .appeal-insights-notes p { color: #55606b; font-size: 12px; }
.appeal-insights-notes p { margin: 2px 0; line-height: 1.45; max-width: 72em; }
.appeal-insights-instead { border-left: 4px solid #1f4a73; background: #eef3f8; color: #1c2733; padding: 12px 16px;
  font-size: 14px; line-height: 1.5; max-width: 60em; }
.appeal-insights-table { max-height: 340px; overflow: auto; }
.appeal-insights-table table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
.appeal-insights-table th, .appeal-insights-table td { padding: 3px 14px 3px 6px; line-height: 1.5;
  white-space: nowrap; max-width: none; }
.appeal-insights-table td:first-child { white-space: normal; max-width: 18em; }
.appeal-insights-table th { position: sticky; top: 0; background: #eef3f8; color: #1c2733; font-weight: 600; }
.appeal-insights-table tbody tr { border-bottom: 1px solid #e8ebee; }
.appeal-insights-explorer pre.appeal-insights-call { white-space: pre-wrap; word-break: normal; overflow-wrap: anywhere;
  font-size: 12px; line-height: 1.5; margin: 0; padding: 8px 12px; background: #f4f6f8; color: #1c2733;
  user-select: all; }
</style>"""
WIDE = 550  # pixels of a chart between its axis and its edge: so it stands beside the controls in a window of 1366
ROOM = "430px"  # that a chart takes, kept free while another is drawn: the page does not jump


class Results:
    """The right-hand side. It shows exhibits as they are and reckons nothing."""

    def __init__(self, languages: tuple[Language, ...]) -> None:
        self._languages = languages
        self.instead = widgets.HTML()
        self.chart = widgets.Output(layout=widgets.Layout(min_height=ROOM))
        self.notes, self.breakdown, self.periods, self.call = (widgets.HTML() for _ in range(4))
        self.tables = widgets.Tab([self.breakdown, self.periods], titles=(self._say("breakdown"), self._say("periods")))
        self._answer = widgets.VBox([self.chart, self.notes, self.tables])
        self.panel = widgets.VBox(
            [widgets.HTML(STYLE), self.instead, self._answer, self.call],
            layout=widgets.Layout(flex="1 1 630px", min_width="0"),
        )

    def show(self, trend: Sequence[Exhibit], breakdown: Sequence[Exhibit]) -> None:
        """Show these exhibits, one of each in every language."""
        self.chart.outputs = tuple(_output(one) for one in trend if one.chart is not None)
        self.notes.value = "".join(_notes(one) for one in trend if one.chart is not None)
        self.periods.value, self.breakdown.value = _table(trend), _table(breakdown)
        too_few = [note for one in trend if one.chart is None for note in one.notes]
        self._say_instead(" / ".join(too_few))

    def show_instead(self, sentence: str) -> None:
        """Show a sentence where the answer would be."""
        self.chart.outputs = ()
        self.notes.value = self.periods.value = self.breakdown.value = ""
        self._say_instead(sentence)

    def show_call(self, text: str) -> None:
        """Show the call that gives the same numbers."""
        self.call.value = (
            f'<div class="appeal-insights-notes"><p>{html.escape(self._say("call"))}</p></div>'
            f'<pre class="appeal-insights-call">{html.escape(text)}</pre>'
        )

    def beside(self, controls: Any) -> Any:
        """The whole explorer: the controls on the left, this on the right."""
        whole = widgets.HBox([controls.panel, self.panel], layout=widgets.Layout(flex_flow="row wrap"))
        whole.add_class("appeal-insights-explorer")
        return whole

    def _say_instead(self, sentence: str) -> None:
        told = f'<div class="appeal-insights-instead" role="status">{html.escape(sentence)}</div>' if sentence else ""
        self.instead.value = told
        self._answer.layout.display = "none" if sentence else None

    def _say(self, key: str) -> str:
        return joined({one: say(f"explorer.{key}", one) for one in self._languages})


def _output(trend: Exhibit) -> dict[str, Any]:
    """A chart as the output of a cell, in the type that JupyterLab draws by itself."""
    assert trend.chart is not None
    data = {VEGA: {**spec_of(trend.chart), "width": WIDE}, "text/plain": trend.alt}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def _notes(trend: Exhibit) -> str:
    told = "".join(f"<p>{html.escape(note)}</p>" for note in trend.notes)
    return f'<div class="appeal-insights-notes" lang="{trend.language}">{told}</div>'


def _table(exhibits: Sequence[Exhibit]) -> str:
    return "".join(
        f'<div class="appeal-insights-table" lang="{one.language}" tabindex="0">{one.cells.as_html()}</div>'
        for one in exhibits
        if one.cells is not None
    )
