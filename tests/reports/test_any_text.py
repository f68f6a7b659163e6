"""Whatever a label says: the page stays well formed, and has the elements of its template and no other."""

from dataclasses import replace
from html.parser import HTMLParser

from hypothesis import example, given, settings
from hypothesis import strategies as st

from appeal_insights.reports.export import render
from tests.pages import ABOUT, HOSTILE, change_spec, exhibit, finding, notebook, shown, table

VOID = {"meta", "link", "br", "hr", "img"}
PICTURE = {"svg", "g", "path", "rect", "line", "text", "tspan", "circle", "defs", "clippath", "lineargradient", "stop"}
ANY_TEXT = st.one_of(
    st.text(min_size=1, max_size=80),
    st.lists(st.sampled_from([*HOSTILE, "</svg>", "]]>", "&lt;", "&#0;", "\0", '"', "'", "`", "<!--", "\u202e"])).map(
        "".join
    ),
)


class Tree(HTMLParser):
    """The elements with the names of their attributes, pictures apart, and whether each is closed in its place."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.drawn, self._open = [], set(), []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attributes):
        if "svg" in self._open or tag == "svg":
            self.drawn.add(tag)
        else:
            self.elements.append((tag, tuple(name for name, _ in attributes)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag


def made_of(label, cache):
    """A page that says a label wherever data can stand."""
    about = replace(ABOUT, title=label, facts=[(label, label)], audience=label)
    return render(
        notebook(
            "# Why?",
            "## Which segments?",
            exhibit(
                "change", title=label, alt=label, spec=change_spec(label, label), table=table(label), notes=[label]
            ),
            finding(text=label),
            shown({"application/vnd.appeal-insights.code+json": {"language": "sql", "title": label, "text": label}}),
            shown({"text/plain": f"x{label}"}),
        ),
        about=about,
        cache=cache,
    )


@settings(max_examples=12)
@given(label=ANY_TEXT.filter(str.strip))
@example(label="".join(HOSTILE))
def test_any_label_leaves_the_page_with_the_elements_of_its_template(tmp_path_factory, label):
    cache = tmp_path_factory.getbasetemp()
    page, harmless = Tree(made_of(label, cache)), Tree(made_of("harmless", cache))
    assert page.elements == harmless.elements
    assert "svg" in page.drawn
    assert page.drawn <= PICTURE
