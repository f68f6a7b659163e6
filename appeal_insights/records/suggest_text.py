"""Text of a stranger's file inside TOML: as a string, and in a comment, from neither of which it can break out."""

from collections.abc import Iterable

_MOST_SHOWN = 40  # letters of an example in a comment


def quoted(text: str) -> str:
    """A TOML string. Whatever does not show, such as a line end or a mark that turns text around, is written as a code.

    Half a character (a lone surrogate) cannot be said in TOML: it becomes the replacement character.
    """
    return '"' + "".join(map(_sign, text)) + '"'


def _sign(sign: str) -> str:
    if sign in '"\\':
        return "\\" + sign
    if sign.isprintable():
        return sign
    code = ord(sign)
    if 0xD800 <= code <= 0xDFFF:
        return "\N{REPLACEMENT CHARACTER}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def shown(text: str) -> str:
    """The beginning of a text, quoted."""
    return quoted(text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…")


def listed(texts: Iterable[str], *, most: int = 3) -> str:
    """Some texts for a comment, each quoted."""
    names = list(texts)
    return ", ".join(map(shown, names[:most])) + (", …" if len(names) > most else "")


def comment(text: str) -> str:
    """A comment of one line: what could end it is written as a code here too."""
    return "# " + "".join(sign if sign.isprintable() else _sign(sign) for sign in text)
