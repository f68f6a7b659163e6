"""Where an explorer asks and for whom, and what the bar around it may ask of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from appeal_insights.disclosure import Audience
from appeal_insights.errors import AppealInsightsError
from appeal_insights.findings.shown import Exhibit, joined
from appeal_insights.findings.view import View, ViewKind
from appeal_insights.language import Language, say


@dataclass(frozen=True)
class Place:
    """Where questions are asked, and for whom the answers are."""

    store: str
    audience: Audience
    languages: tuple[Language, ...]
    workspace: Path | None

    @property
    def language(self) -> str:
        """The choice that stands for its languages."""
        return self.languages[0] if len(self.languages) == 1 else "both"

    def say(self, key: str, **values: object) -> str:
        """A text in every language of the place, for what can hold one line only."""
        return joined({one: say(key, one, **values) for one in self.languages})

    def tell(self, error: AppealInsightsError) -> str:
        """What is wrong, in every language of the place."""
        return joined({one: error.say(one) for one in self.languages})


@dataclass(frozen=True)
class Holds:
    """What a frame asks its explorer for."""

    kind: ViewKind
    read: Callable[[], View]  # the view that the controls have
    show: Callable[[View], None]  # set the controls from a view and show it; raises what is wrong with it
    exhibits: Callable[[], Sequence[Exhibit]]  # what is on the screen, in every language; none where nothing is
