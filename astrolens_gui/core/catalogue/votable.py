"""What a VOTable may ask of this program: its own rows and no more; looks at elements, decodes no value."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

from ...api import UserError

_BYTES = {"char": 4, "unicodeChar": 4}
"""Of one value in memory, 8 of all others; astropy keeps letters as UTF-32."""


def check(path: Path, file: Any, room: int) -> None:
    """Walk over the elements as astropy's parser will see them, entities and encodings resolved; `file` is open and unbuffered.

    Raises:
        UserError: data that lie elsewhere (astropy would fetch any URL and any local file), or rows for more than `room` bytes.
    """
    from astropy.utils.xml import iterparser

    width = declared = rows = 0
    with iterparser.get_xml_iterator(file) as elements:
        for start, tag, about, _ in elements:
            tag = tag.rpartition(":")[2].upper()
            if start and tag == "STREAM" and any(name.rpartition(":")[2].lower() == "href" for name in about):
                raise UserError(f"{path}: its rows lie in another file; save the VOTable with its data inside")
            if start and tag == "TABLE":
                width, rows, declared = 0, 0, _whole(about.get("nrows", ""))
            elif start and tag == "FIELD":
                sizes = about.get("arraysize", "")
                fixed = re.findall(r"\d+", sizes) if not sizes.endswith("*") else []
                width += math.prod(map(int, fixed)) * _BYTES.get(about.get("datatype", ""), 8)
            elif start and tag == "TR":
                rows += 1
            elif tag == "TABLE" and width * max(rows, declared) > room:
                raise UserError(f"{path}: it declares more values than fit into memory; select fewer columns or rows")


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
