"""Geometry of boxes in TensorFlow: overlap, offsets, anchors, cutting features out, dropping doubles; knows no network.

A box is (x, y, w, h) as in `Detections`: its middle as 0-based pixel centres, and its size, in pixels of the image.
"""

from __future__ import annotations

import tensorflow as tf

LARGEST_PX = 80.0
"""No side of a box is larger: what an answer depends on ends at a distance that can be stated."""
SMALLEST_PX = 4.0
SHIFT_LIMIT = 0.5
"""Largest step of a box's middle at a time, in units of its size."""


def overlaps(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """Intersection over union of (…, A, 4) with (…, B, 4) → (…, A, B)."""
    low_a, high_a = a[..., :2] - a[..., 2:] / 2, a[..., :2] + a[..., 2:] / 2
    low_b, high_b = b[..., :2] - b[..., 2:] / 2, b[..., :2] + b[..., 2:] / 2
    low = tf.maximum(low_a[..., :, None, :], low_b[..., None, :, :])
    high = tf.minimum(high_a[..., :, None, :], high_b[..., None, :, :])
    common = tf.reduce_prod(tf.maximum(high - low, 0.0), axis=-1)
    areas_a, areas_b = tf.reduce_prod(a[..., 2:], axis=-1), tf.reduce_prod(b[..., 2:], axis=-1)
    return common / tf.maximum(areas_a[..., :, None] + areas_b[..., None, :] - common, 1e-6)


def offsets(boxes: tf.Tensor, bases: tf.Tensor) -> tf.Tensor:
    """(dx, dy, log w, log h) from `bases` to `boxes`, both (…, 4), in units of the bases' size (Girshick et al. 2014)."""
    size, base = tf.maximum(boxes[..., 2:], 1.0), tf.maximum(bases[..., 2:], 1.0)
    return tf.concat([(boxes[..., :2] - bases[..., :2]) / base, tf.math.log(size / base)], axis=-1)


def moved(bases: tf.Tensor, by: tf.Tensor) -> tf.Tensor:
    """The inverse of `offsets`; steps and sizes are limited."""
    step = tf.clip_by_value(by[..., :2], -SHIFT_LIMIT, SHIFT_LIMIT)
    size = bases[..., 2:] * tf.exp(tf.clip_by_value(by[..., 2:], -1.5, 1.5))
    return tf.concat([bases[..., :2] + step * bases[..., 2:], tf.clip_by_value(size, SMALLEST_PX, LARGEST_PX)], axis=-1)


def anchors(height: tf.Tensor, width: tf.Tensor, stride: int, sides: tuple[float, ...]) -> tf.Tensor:
    """Squares of each side in the middle of each cell of a feature map → (height * width * sides, 4), in its order."""
    y = (tf.range(height, dtype=tf.float32) + 0.5) * stride - 0.5
    x = (tf.range(width, dtype=tf.float32) + 0.5) * stride - 0.5
    grid = tf.stack(tf.meshgrid(x, y), axis=-1)[:, :, None, :]
    places = tf.repeat(grid, len(sides), axis=2)
    sizes = tf.broadcast_to(tf.constant(sides, tf.float32)[None, None, :, None], tf.shape(places))
    return tf.reshape(tf.concat([places, sizes], axis=-1), (-1, 4))


def aligned(features: tf.Tensor, boxes: tf.Tensor, image: tf.Tensor, side: int, stride: float) -> tf.Tensor:
    """RoI align (He et al. 2017): each box of (M, 4) as `side` x `side` bilinear samples, one in the middle of each bin.

    Args:
        features: float32 (N, h, w, C), its cells `stride` pixels apart. image: int32 (M,), the row of each box.
    """
    shape = tf.cast(tf.shape(features)[1:3], tf.float32)
    step = boxes[:, 2:] / side
    first, last = boxes[:, :2] - boxes[:, 2:] / 2 + step / 2, boxes[:, :2] + boxes[:, 2:] / 2 - step / 2
    # crop_and_resize puts the first and the last sample on the window's edges, given as shares of (cells - 1)
    low, high = (((edge + 0.5) / stride - 0.5) / tf.maximum(shape[::-1] - 1, 1.0) for edge in (first, last))
    window = tf.concat([low[:, ::-1], high[:, ::-1]], axis=1)
    return tf.image.crop_and_resize(features, window, image, (side, side))


def without_doubles(boxes: tf.Tensor, scores: tf.Tensor, most: tf.Tensor) -> tf.Tensor:
    """Which of (M, 4) no better one overlaps by more than `most` → bool (M,).

    Better ones count even where they go themselves (Fast NMS, Bolya et al. 2019, arXiv:1904.02689): unlike in greedy
    suppression no chain of overlaps carries an effect across the image.
    """
    place = tf.range(tf.size(scores))
    better = (scores[None, :] > scores[:, None]) | (
        (scores[None, :] == scores[:, None]) & (place[None, :] < place[:, None])
    )
    return ~tf.reduce_any((overlaps(boxes, boxes) > most) & better, axis=1)
