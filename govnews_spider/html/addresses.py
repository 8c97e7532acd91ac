"""Web addresses as pages write them: made absolute and percent-encoded, or refused."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

_WEB: Final = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?\.)+[a-z]+(?::\d{1,4})?(?:[/?#].{0,2000})?", re.IGNORECASE
)


def web_address(text: str) -> str | None:
    """``text`` as an absolute http(s) address (``//host`` is https), what does not belong into one percent-encoded.

    None where it is none: the host must end in a label of letters, the rest be no longer than a browser would take it.
    """
    address = text.strip()
    address = f"https:{address}" if address.startswith("//") else address
    address = quote(address, safe="%/:=&?~#+!$,;@()*[]'|")
    return address if _WEB.fullmatch(address) else None
