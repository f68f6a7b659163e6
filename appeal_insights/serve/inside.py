"""What a served notebook does first, in its kernel: from then on an error is told in a sentence, never by a trace."""

import html
import os
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from appeal_insights.errors import AppealInsightsError
from appeal_insights.findings.shown import joined
from appeal_insights.language import languages, say

SERVED = "APPEAL_INSIGHTS_SERVED"  # set in the kernels of pages: several visitors share one workspace there


def begin(language: str, log: str) -> None:
    """Tell every error of this kernel in a sentence. What is no sentence of ours stands in the log, with its trace."""
    from IPython.core.getipython import get_ipython

    os.environ[SERVED] = "1"
    wanted = languages(language)

    def tell(shell: Any, kind: type[BaseException], error: BaseException, trace: Any, tb_offset: Any = None) -> None:
        from IPython.display import HTML, display

        if isinstance(error, AppealInsightsError):
            told = joined({one: error.say(one) for one in wanted})
        else:
            told = joined({one: say("serve.broken", one) for one in wanted})
            write_down(error, Path(log))
        display(HTML(f'<div class="served-told" role="alert">{html.escape(told)}</div>'))  # type: ignore[no-untyped-call]

    shell: Any = get_ipython()
    shell.set_custom_exc((Exception,), tell)


def write_down(error: BaseException, log: Path) -> None:
    """Add an error with its trace to the log, which only who serves the page can read."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n{''.join(traceback.format_exception(error))}\n")
