"""Who may see the page: whoever has its link. The token is in the link, then in a cookie; nothing else opens a door."""

import secrets
from typing import Any

from jupyter_server.auth.identity import IdentityProvider, User

LINK = "token"  # its name in the link


class Access(IdentityProvider):
    """One token for a page, compared in a time that tells nothing of it; a cookie after the first visit."""

    async def get_user_token(self, handler: Any) -> User | None:
        """The visitor whose link or header holds the token."""
        given = self.get_token(handler) or ""
        if not (self.token and secrets.compare_digest(given.encode(), self.token.encode())):
            return None
        known = self.get_user_cookie(handler)
        return known if isinstance(known, User) else self.generate_anonymous_user(handler)
