"""What a reader sees of a chart: its texts, where they stand, and whether any is cut or covered."""

from typing import Any

TEXTS = """(figure) => {
    const box = figure.querySelector("svg").getBoundingClientRect();
    const shown = (text) => text.textContent.trim() && getComputedStyle(text).opacity !== "0";
    return [...figure.querySelectorAll("svg text")].filter(shown).map((text) => {
        const { left, right, top, bottom } = text.getBoundingClientRect();
        const kind = text.closest("[class*=role-]").getAttribute("class");
        return { text: text.textContent, kind, left, right, top, bottom, inside:
            left >= box.left - 1 && right <= box.right + 1 && top >= box.top - 1 && bottom <= box.bottom + 1 };
    });
}"""


def texts(opened: Any, nth: int = 0) -> list[dict[str, Any]]:
    """The texts of a chart, each with its kind and its place on the screen."""
    return list(opened.page.evaluate(TEXTS, opened.figures[nth]))


def check_texts(opened: Any, nth: int) -> None:
    """No text of a chart is cut, and no label of an axis or legend covers another."""
    found = texts(opened, nth)
    assert [text["text"] for text in found if not text["inside"]] == []
    labels = [text for text in found if "role-axis-label" in text["kind"] or "role-legend-label" in text["kind"]]
    check_apart(labels)


def check_apart(found: list[dict[str, Any]]) -> None:
    for number, one in enumerate(found):
        for other in found[number + 1 :]:
            across = min(one["right"], other["right"]) - max(one["left"], other["left"])
            down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
            assert across <= 1 or down <= 3, (one["text"], other["text"])
