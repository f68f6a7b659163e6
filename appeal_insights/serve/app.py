"""A notebook as a page without code: Voila with our own template, on this machine only, and nothing else behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import nbformat
from jupyter_server.base.handlers import FileFindHandler
from jupyter_server.services.kernels.handlers import KernelHandler
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.netutil import bind_sockets
from traitlets.config import Config
from voila.app import Voila
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.static_file_handler import MultiStaticFileHandler, TemplateStaticFileHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from appeal_insights.errors import BadInput
from appeal_insights.reports.export import read
from appeal_insights.serve.access import Access
from appeal_insights.serve.kernels import Kernels
from appeal_insights.serve.pages import Charts, Nothing, ServedPage
from appeal_insights.serve.prepared import heading, prepared

HOST = "127.0.0.1"
FIRST_PORT = 8866
PORTS_TRIED = 20  # one after the other, where none is asked for
TEMPLATE = "appeal_insights"
SHARE = Path(str(files("appeal_insights.serve"))) / "share"  # where Voila finds the template
KERNEL_ID = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"
# What a page needs to show widgets and charts; whatever else is installed beside it stays away.
EXTENSIONS = ["@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager", "anywidget"]
MOST_PAGES = 8  # open at once, each with a kernel of its own
IDLE, LOOKED_AT = 300, 30  # seconds that a kernel without a page is kept, and between two looks
LONGEST = 600  # seconds that one cell may take
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self' blob:",  # a widget's own script comes from the kernel and is run as a blob
        "style-src 'self' 'unsafe-inline'",  # widgets lay themselves out by style attributes
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"}


@dataclass(frozen=True)
class Serving:
    """What is served, and to whom."""

    notebook: Path
    set_by_server: dict[str, str]  # parameters of the notebook: language and audience at least
    token: str
    log: Path  # where errors are written down
    port: int = 0  # 0: the first free one
    most_pages: int = MOST_PAGES
    idle: int = IDLE

    @property
    def language(self) -> str:
        return self.set_by_server["language"]


class Served(Voila):  # type: ignore[misc]
    """Voila for one notebook, without its tree, its file handler and whatever is configured for it elsewhere."""

    serving: Serving
    announce: Callable[[str], None]

    def _config_file_paths_default(self) -> list[str]:
        return []

    def init_settings(self) -> dict[str, Any]:
        """Voila's own settings, but only for requests to this machine, and with a policy that names no stranger."""
        return {
            **super().init_settings(),
            "allow_remote_access": False,
            "local_hostnames": ["localhost", HOST],
            "headers": HEADERS,
            "serving": self.serving,
            "default_handler_class": Nothing,
            "default_handler_args": {},
            "login_url": "/",
            "ws_ping_timeout": 30_000,  # milliseconds: no longer than the pause between two
        }

    def init_handlers(self) -> list[Any]:
        """The page, the kernels behind it, and the files of installed packages that draw it."""
        whole = {
            "notebook_path": str(self.serving.notebook.name),
            "template_paths": self.template_paths,
            "config": self.config,
            "voila_configuration": self.voila_configuration,
        }
        labextensions = {"path": self.labextensions_path, "no_cache_paths": ["/"]}
        return [
            (r"/", ServedPage, whole),
            (r"/charts\.js", Charts),
            (rf"/api/kernels/{KERNEL_ID}", KernelHandler),
            (rf"/api/kernels/{KERNEL_ID}/channels", VoilaKernelWebsocketHandler),
            (rf"/voila/api/shutdown/{KERNEL_ID}", VoilaShutdownKernelHandler),
            (rf"/voila/templates/({TEMPLATE}/static/[\w.-]+)", TemplateStaticFileHandler),
            (r"/voila/static/([\w.-]+)", MultiStaticFileHandler, {"paths": self.static_paths}),
            (r"/voila/labextensions/(.*)", FileFindHandler, labextensions),
        ]

    def listen(self) -> None:
        """Listen on this machine, say where, and go on until told to stop."""
        sockets = bind_first(self.serving.port)
        server = HTTPServer(self.app)
        server.add_sockets(sockets)
        self.port = sockets[0].getsockname()[1]
        self.announce(f"http://{HOST}:{self.port}/?token={self.serving.token}")
        self.ioloop = IOLoop.current()
        try:
            self.ioloop.start()
        except KeyboardInterrupt:
            self.log.info("Stopping.")
        finally:
            self.stop()


def serve(serving: Serving, announce: Callable[[str], None]) -> None:
    """Serve until stopped. `announce` is called with the link once the page can be opened.

    Raises  BadInput   the notebook cannot be read, or nothing may listen at the port.
    """
    title = heading(read(serving.notebook), serving.notebook.stem)

    def prepare(handler: Any, notebook: nbformat.NotebookNode, cwd: str) -> nbformat.NotebookNode:
        view = handler.get_query_argument("view", "")
        return prepared(notebook, title=title, set_by_server=serving.set_by_server, log=serving.log, view=view)

    voila = Served(config=_settings(serving, prepare), notebook_path=str(serving.notebook))
    voila.serving, voila.announce = serving, announce
    voila.initialize([])
    voila.start()


def bind_first(port: int) -> list[Any]:
    """Listen at this port, or at the first free one from Voila's own on where none is given.

    Raises  BadInput   the port is taken.
    """
    tried = [port] if port else range(FIRST_PORT, FIRST_PORT + PORTS_TRIED)
    for one in tried:
        try:
            return bind_sockets(one, HOST)
        except OSError:
            continue
    raise BadInput.of("serve.port_taken", port=port or f"{FIRST_PORT}-{FIRST_PORT + PORTS_TRIED - 1}")


def _settings(serving: Serving, prepare: Callable[..., Any]) -> Config:
    return Config(
        {
            "Voila": {
                "token": serving.token,
                "identity_provider_class": Access,
                "log_level": "ERROR",
                "open_browser": False,
            },
            "VoilaConfiguration": {
                "template": TEMPLATE,
                "allow_template_override": "NO",
                "allow_theme_override": "NO",
                "strip_sources": True,
                "show_tracebacks": False,
                "file_allowlist": [],
                "extension_allowlist": EXTENSIONS,
                "http_keep_alive_timeout": 2 * LONGEST,  # a heartbeat is a script in the page, which its policy forbids
                "prelaunch_hook": prepare,
                "multi_kernel_manager_class": Kernels,
            },
            "VoilaExecutor": {"timeout": LONGEST, "cell_error_instruction": ""},
            "Kernels": {
                "most": serving.most_pages,
                "cull_idle_timeout": serving.idle,
                "cull_interval": min(serving.idle, LOOKED_AT),
            },
        }
    )
