"""A quarter of an image's pixels hidden at a time, and what is known of a pixel with and without its own value; knows no training."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from . import network

PHASES = 4
"""Every pixel of a 2 x 2 cell is hidden in turn."""
SUREST = 0.01
"""Least variance of what the neighbours say, in units of the noise's: a blind network's own is a difference of two estimates."""


def spots(shape: Any, phase: Any) -> Any:
    """1 at the quarter of an image's pixels that is blind, float32 (1, h, w, 1)."""
    rows = tf.cast(tf.equal(tf.range(shape[1]) % 2, phase // 2), tf.float32)
    columns = tf.cast(tf.equal(tf.range(shape[2]) % 2, phase % 2), tf.float32)
    return rows[None, :, None, None] * columns[None, None, :, None]


def blinded(images: Any, hidden: Any) -> Any:
    """Images whose hidden pixels are the mean of their four neighbours, none of which is hidden."""
    wide = tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]], "REFLECT")
    mean = (wide[:, :-2, 1:-1] + wide[:, 2:, 1:-1] + wide[:, 1:-1, :-2] + wide[:, 1:-1, 2:]) / 4.0
    return images + hidden * (mean - images)


def answer(model: keras.Model, images: Any, shot: Any, factor: float = 1.0) -> tuple[Any, Any]:
    """(clean, variance) by a blind model: what the neighbours say joined with the pixel's own value, each by its variance (Laine et
    al. 2019, arXiv:1901.10277, with normal distributions); `factor`: what the stated variance of a hidden pixel must be
    multiplied with."""
    clean, variance = tf.zeros_like(images), tf.zeros_like(images)
    for phase in range(PHASES):
        hidden = spots(tf.shape(images), phase)
        told, doubt = network.answer(model, blinded(images, hidden))
        clean, variance = clean + hidden * told, variance + hidden * doubt
    variance *= factor
    own = 1.0 + shot * tf.nn.relu(clean)
    before = tf.maximum(variance - own, SUREST * own)
    return clean + (images - clean) * before / (before + own), before * own / (before + own)
