"""The kernels behind the open pages: each started as those of dated runs are, and no more of them than were allowed."""

from typing import Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.web import HTTPError
from traitlets import Integer

from appeal_insights.reports.run import KERNEL

FULL = 503  # the status of a page that there is no room for


class Kernels(AsyncMappingKernelManager):
    """As many kernels as there may be pages open at once."""

    most = Integer(1, config=True, help="How many kernels there may be at once.")
    _starting = 0

    async def start_kernel(self, **how: Any) -> str:  # type: ignore[override]
        """Start the kernel of a page. Raises HTTPError where there are as many as there may be."""
        if len(self) + self._starting >= self.most:
            raise HTTPError(FULL)
        self._starting += 1
        try:
            return str(await super().start_kernel(**how, extra_arguments=KERNEL))
        finally:
            self._starting -= 1
