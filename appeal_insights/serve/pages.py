"""What an address of the served page answers with: the page itself, the script of its charts, or a calm sentence."""

from functools import cache
from typing import Any
from urllib.parse import urlencode

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from voila.tornado.handler import TornadoVoilaHandler

from appeal_insights.reports.offline import page, source
from appeal_insights.reports.vega import chart_script
from appeal_insights.serve.kernels import FULL

TOLD = {403: "refused", 404: "nothing_here", FULL: "full"}


class _Calm(JupyterHandler):
    """Tells what is wrong in a page of its own, in the languages of who serves."""

    def write_error(self, status_code: int, **_: Any) -> None:
        """A sentence instead of whatever went wrong."""
        self.tell(status_code, TOLD.get(status_code, "went_wrong"))

    def tell(self, status: int, what: str) -> None:
        """End with the page that says this."""
        self.set_status(status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        serving = self.settings["serving"]
        self.finish(page("served.html.j2", language=serving.language, what=what))


class ServedPage(_Calm, TornadoVoilaHandler):  # type: ignore[misc]
    """The notebook, run for this visitor."""

    @allow_unauthenticated
    async def get(self) -> None:
        """The page, or without the token the sentence that asks for the whole link."""
        if not self.current_user:
            self.tell(403, "refused")
        elif self.get_query_arguments("token"):  # the cookie is set: it has no business in an address that one copies
            view = self.get_query_argument("view", "")
            self.redirect(f"/?{urlencode({'view': view})}" if view else "/")
        else:
            async for piece in self.get_generator():
                self.write(piece)
                self.flush()


class Nothing(_Calm):
    """Every other address."""

    @allow_unauthenticated
    async def prepare(self) -> None:  # type: ignore[override]
        """Nothing is here, whoever asks and however."""
        self.tell(404, "nothing_here")


class Charts(JupyterHandler):
    """The script that draws the charts which stand in the page itself."""

    @allow_unauthenticated
    def get(self) -> None:
        """Our own script and the charting library; nothing of a store is in it."""
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.finish(_charts())


@cache
def _charts() -> str:
    return chart_script(source("charts.js"))
