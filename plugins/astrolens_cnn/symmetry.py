"""A network's answer averaged over turned and mirrored copies of its stamp; knows no layer."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

Answer = Callable[[tf.Tensor], dict[str, tf.Tensor]]


def views(stamps: tf.Tensor, count: int) -> list[tf.Tensor]:
    """`count` of the eight symmetries of (N, s, s, bands): 1 as it is, 2 and its mirror image, 4 the quarter turns, 8 all."""
    seen = [tf.image.rot90(stamps, turns) for turns in range(4 if count >= 4 else 1)]
    return seen + [tf.transpose(each, (0, 2, 1, 3)) for each in seen] if count in (2, 8) else seen


def averaged(answer: Answer, count: int) -> Answer:
    """Answers with the mean over `count` views of each stamp: of logits, which a product of odds is, and of features."""
    if count == 1:
        return answer

    def mean(stamps: tf.Tensor) -> dict[str, tf.Tensor]:
        all_views = answer(tf.concat(views(stamps, count), axis=0))
        return {
            name: tf.reduce_mean(tf.reshape(value, (count, -1, *value.shape[1:])), axis=0)
            for name, value in all_views.items()
        }

    return mean
