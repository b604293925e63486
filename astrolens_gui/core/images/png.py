"""A picture as PNG bytes; knows arrays only."""

from __future__ import annotations

import struct
import zlib

import numpy as np


def encode(pixels: np.ndarray) -> bytes:
    """uint8 (h, w, 3) RGB, or (h, w, 4) BGRA as thumbnails come (its opacity is left out), row 0 on top.

    Raises:
        ValueError: another shape or type.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in (3, 4):
        raise ValueError(f"a picture is uint8 (h, w, 3 or 4), not {pixels.dtype} {pixels.shape}")
    rgb = pixels if pixels.shape[2] == 3 else pixels[..., 2::-1]
    height, width = rgb.shape[:2]
    lines = np.zeros((height, 1 + 3 * width), np.uint8)  # each line begins with its filter: none
    lines[:, 1:] = rgb.reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, *zip(*parts, strict=True)))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
