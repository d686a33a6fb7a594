"""Texts that nobody reads by accident: a look at a page's source, or a search in it, finds none."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

KEY = 0x5A  # the same in labs/prediction.js


def sealed(texts: Sequence[str]) -> str:
    """Texts as letters that say nothing; no secret, for the page has to open them by itself.

    Parameters
    ----------
    texts : sequence of str
        Such as the replies to a prediction.

    Returns
    -------
    str
        Letters, digits and +, /, =; empty where all texts are.
    """
    if not any(texts):
        return ""
    plain = json.dumps(list(texts), ensure_ascii=False).encode()
    return base64.b64encode(bytes(byte ^ KEY for byte in plain)).decode()


def opened(letters: str) -> list[str]:
    """The texts that ``sealed`` was given.

    Parameters
    ----------
    letters : str
        What it made of them.

    Returns
    -------
    list of str
        Empty where all texts were.
    """
    return json.loads(bytes(byte ^ KEY for byte in base64.b64decode(letters))) if letters else []
