"""How it looks: one theme, and a file for each family of pictures."""

import sys

# The checker of schemas that the chart library brings would first build a grammar of web addresses, which no chart
# holds: more than a second of every start. Where it does not find that part, it leaves out that one check.
_GRAMMAR = "rfc3987_syntax"
if _GRAMMAR not in sys.modules:
    sys.modules[_GRAMMAR] = None  # type: ignore[assignment]
    try:
        import altair as altair
    finally:
        del sys.modules[_GRAMMAR]
