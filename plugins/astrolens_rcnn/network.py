"""The network, top to bottom: a light backbone, a feature pyramid, proposals, and heads for class, box and mask.

    image (H, W, bands)
      c1 H/2 ── c2 H/4 ── c3 H/8            backbone: 4 x 4 convolutions down, residual blocks
      p1 ←──── p2 ←───── p3                 pyramid (Lin et al. 2017): each level and what lies above it
               └ proposals ┘                objectness and offsets of three square anchors a cell (Ren et al. 2015)
      └ RoI align ── class, box             of a proposal and its surroundings
      └ RoI align ── mask 28 x 28           of a find's box (He et al. 2017)

Every operation is local: convolutions, local peaks, overlaps of near boxes. No layer sees the whole image, so tiles of a
large one answer as the whole would. It knows no training and no file.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf
from keras import layers

from .boxes import LARGEST_PX, aligned, anchors, moved, without_doubles

STRIDES = (4, 8)
"""Pixels between the cells of the levels that propose, p2 and p3."""
SIDES = ((10.0, 14.0, 20.0), (28.0, 40.0, 56.0))
"""Of their anchors, in pixels; lenses are near enough to square."""
FINE = 2
"""Pixels between the cells of p1, out of which the heads are fed."""
BINS, MASK = 14, 28
CONTEXT = 1.5
"""The class is decided on a box of this many times the proposal's side: a lens is known by what surrounds it."""
LEAST_OBJECTNESS = 0.1
"""Focal cross-entropy leaves the empty sky at some 0.05; the heads have not learnt what that looks like."""
NOWHERE = (-1e4, -1e4, 16.0, 16.0)
CHUNK = 512
"""Proposals that go through the heads at a time."""


class Norm(layers.BatchNormalization):
    """Batch normalisation (Ioffe & Szegedy 2015) by TensorFlow's one fused kernel; weights as in Keras's layer."""

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        how = {"x": inputs, "scale": self.gamma.value, "offset": self.beta.value, "epsilon": self.epsilon}
        if not (training and self.trainable):
            known = {"mean": self.moving_mean.value, "variance": self.moving_variance.value}
            return tf.raw_ops.FusedBatchNormV3(**how, **known, is_training=False)[0]
        none = tf.constant([], tf.float32)
        out, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(**how, mean=none, variance=none, is_training=True)
        for kept, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            kept.assign(kept.value * self.momentum + now * (1 - self.momentum))
        return out


def conv(x: Any, filters: int, name: str, size: int = 3, stride: int = 1, padding: str = "same") -> Any:
    """Convolution, normalisation, ReLU. Down-sampling kernels have 4 pixels: then mirror images stay mirror images."""
    x = layers.Conv2D(filters, size, stride, padding, use_bias=False, name=name)(x)
    return layers.Activation("relu", name=f"{name}_relu")(Norm(momentum=0.95, name=f"{name}_norm")(x))


def residual(x: Any, filters: int, name: str) -> Any:
    """Two convolutions beside a way past them (He et al. 2016)."""
    inner = conv(conv(x, filters, f"{name}_1"), filters, f"{name}_2")
    return layers.Add(name=name)([x, inner])


def pyramid(bands: int, width: int) -> keras.Model:
    """image (N, H, W, bands), H and W multiples of 8 → [p1, p2, p3], each with 2 * width channels."""
    image = keras.Input((None, None, bands), name="image")
    c1 = conv(conv(image, width, "c1_down", 4, 2), width, "c1")
    c2 = residual(conv(c1, 2 * width, "c2_down", 4, 2), 2 * width, "c2")
    c3 = conv(c2, 4 * width, "c3_down", 4, 2)
    for number in range(2):
        c3 = residual(c3, 4 * width, f"c3_{number}")
    p3 = layers.Conv2D(2 * width, 1, name="p3")(c3)
    sums = {}
    above = p3
    for name, here in (("p2", c2), ("p1", c1)):
        lateral = layers.Conv2D(2 * width, 1, name=f"{name}_lateral")(here)
        sums[name] = above = layers.Add(name=f"{name}_sum")([lateral, layers.UpSampling2D(2, name=f"{name}_up")(above)])
        if name == "p2":
            sums[name] = above = conv(above, 2 * width, "p2")
    return keras.Model(image, [sums["p1"], sums["p2"], p3], name="pyramid")


def proposer(channels: int) -> keras.Model:
    """A level (N, h, w, channels) → (N, h, w, 3 anchors, 5): the objectness's logit and four offsets."""
    level = keras.Input((None, None, channels), name="level")
    x = conv(level, channels, "proposer")
    # Few places hold an object: a prior of 0.01 keeps the first steps calm (Lin et al. 2017, arXiv:1708.02002).
    start = keras.initializers.Constant([-4.6, 0, 0, 0, 0] * 3)
    x = layers.Conv2D(15, 1, bias_initializer=start, name="proposals", dtype="float32")(x)
    return keras.Model(level, x, name="proposer")


def box_head(channels: int, width: int, classes: int) -> keras.Model:
    """RoI (M, 14, 14, channels) → (M, 1 + classes + 4): logits, the background first, and four offsets."""
    roi = keras.Input((BINS, BINS, channels), name="roi")
    x = layers.MaxPooling2D(2)(conv(roi, 3 * width, "box_1"))
    x = conv(conv(x, 4 * width, "box_2"), 8 * width, "box_3", BINS // 2, padding="valid")  # dense, but normalised
    x = layers.Dropout(0.1)(layers.Flatten()(x))
    start = keras.initializers.RandomNormal(stddev=0.01)
    x = layers.Dense(classes + 5, kernel_initializer=start, name="box_out", dtype="float32")(x)
    return keras.Model(roi, x, name="box_head")


def mask_head(channels: int, width: int) -> keras.Model:
    """RoI (M, 14, 14, channels) → logits (M, 28, 28)."""
    roi = keras.Input((BINS, BINS, channels), name="roi")
    x = conv(conv(roi, 2 * width, "mask_1"), 2 * width, "mask_2")
    x = conv(layers.UpSampling2D(2, interpolation="bilinear")(x), width, "mask_3")
    x = layers.Conv2D(1, 1, name="mask_out", dtype="float32")(x)
    return keras.Model(roi, layers.Reshape((MASK, MASK), dtype="float32")(x), name="mask_head")


@dataclass(frozen=True)
class Shape:
    """What a network of this file is built from; `classes` leaves the background out."""

    bands: int
    width: int
    classes: int


class Network:
    """The four parts and how they work together on images whose sides are multiples of 8."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        channels = 2 * shape.width
        self.pyramid, self.proposer = pyramid(shape.bands, shape.width), proposer(channels)
        self.box_head, self.mask_head = box_head(channels, shape.width, shape.classes), mask_head(channels, shape.width)
        self.parts = (self.pyramid, self.proposer, self.box_head, self.mask_head)

    @property
    def variables(self) -> list[Any]:
        """Of all parts, the states of random generators left out; their paths are unique."""
        every = itertools.chain.from_iterable(part.variables for part in self.parts)
        return [variable for variable in every if "seed_generator" not in variable.path]

    @property
    def trainable_variables(self) -> list[Any]:
        return [variable for part in self.parts for variable in part.trainable_variables]

    def features(self, images: tf.Tensor, training: bool = False) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """(p1 float32, [p2, p3]) of images (N, H, W, bands)."""
        fine, *levels = self.pyramid(images, training=training)
        return tf.cast(fine, tf.float32), levels

    def propose(self, levels: list[tf.Tensor], training: bool = False) -> list[tuple[tf.Tensor, tf.Tensor, tf.Tensor]]:
        """For each level (logits (N, h, w, 3), offsets (N, h * w * 3, 4), anchors (h * w * 3, 4))."""
        made = []
        for level, stride, sides in zip(levels, STRIDES, SIDES, strict=True):
            out = self.proposer(level, training=training)
            shape = tf.shape(out)
            height, width = shape[1], shape[2]
            out = tf.reshape(out, (-1, height, width, len(sides), 5))
            by = tf.reshape(out[..., 1:], (-1, height * width * len(sides), 4))
            made.append((out[..., 0], by, anchors(height, width, stride, sides)))
        return made

    def judge(self, fine: tf.Tensor, boxes: tf.Tensor, image: tf.Tensor, training: bool = False) -> tuple[Any, Any]:
        """(logits (M, 1 + classes), offsets (M, 4)) of boxes (M, 4), each with its surroundings."""
        wide = tf.concat([boxes[:, :2], boxes[:, 2:] * CONTEXT], axis=1)
        out = self.box_head(aligned(fine, wide, image, BINS, FINE), training=training)
        return out[:, :-4], out[:, -4:]

    def outline(self, fine: tf.Tensor, boxes: tf.Tensor, image: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Logits (M, 28, 28) of the object's places within boxes (M, 4)."""
        return self.mask_head(aligned(fine, boxes, image, BINS, FINE), training=training)

    def detect(
        self, image: tf.Tensor, given: tf.Tensor, least: tf.Tensor, overlap: tf.Tensor, own: bool
    ) -> tuple[tf.Tensor, ...]:
        """(boxes (M, 4), scores, labels, masks (M, 28, 28)) of one image (1, H, W, bands), best first.

        `own`: look where the network proposes; else at the boxes `given` (K, 4).
        """
        fine, levels = self.features(image)
        boxes, worth = given, tf.ones(tf.shape(given)[0])
        if own:
            places, chances = zip(*(peaks(*each) for each in self.propose(levels)), strict=True)
            boxes, worth = tf.concat(places, axis=0), tf.concat(chances, axis=0)
        scores, refined, labels = self._scored(fine, boxes)
        scores *= worth  # both must hold: there is an object, and it is of this class
        keep = tf.where(scores >= least)[:, 0]
        scores, refined, labels = (tf.gather(each, keep) for each in (scores, refined, labels))
        keep = tf.where(without_doubles(refined, scores, overlap))[:, 0]
        keep = tf.gather(keep, tf.argsort(tf.gather(scores, keep), direction="DESCENDING", stable=True))
        scores, refined, labels = (tf.gather(each, keep) for each in (scores, refined, labels))
        # one box more, far outside: convolutions of nothing at all are an error
        some = tf.concat([refined, [NOWHERE]], axis=0)
        masks = tf.sigmoid(self.outline(fine, some, tf.zeros(tf.shape(some)[0], tf.int32)))[:-1]
        return refined, scores, labels, masks

    def _scored(self, fine: tf.Tensor, boxes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """(score, box, label) of each proposal, in chunks that bound the memory."""
        some = tf.concat([boxes, [NOWHERE]], axis=0)
        chunks = (tf.shape(some)[0] + CHUNK - 1) // CHUNK
        made = tf.TensorArray(tf.float32, size=chunks, infer_shape=False, element_shape=(None, self.shape.classes + 5))
        for number in tf.range(chunks):
            part = some[number * CHUNK : (number + 1) * CHUNK]
            logits, by = self.judge(fine, part, tf.zeros(tf.shape(part)[0], tf.int32))
            made = made.write(number, tf.concat([logits, by], axis=1))
        out = tf.reshape(made.concat(), (-1, self.shape.classes + 5))[:-1]
        chances = tf.nn.softmax(out[:, :-4])[:, 1:]
        labels = tf.argmax(chances, axis=1, output_type=tf.int32)
        return tf.reduce_max(chances, axis=1), moved(boxes, out[:, -4:]), labels


def peaks(logits: tf.Tensor, by: tf.Tensor, bases: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """(proposals (K, 4), objectness (K,)) of one image's level: the best anchor of each cell that no neighbouring cell
    surpasses.

    In place of the hundred best of the image: which those are, far places would decide.
    """
    best = tf.reduce_max(logits, axis=-1)  # (1, h, w)
    highest = tf.nn.max_pool2d(best[..., None], 3, 1, "SAME")[..., 0]
    floor = tf.math.log(LEAST_OBJECTNESS / (1 - LEAST_OBJECTNESS))
    cells = tf.where(tf.reshape((best >= highest) & (best > floor), (-1,)))[:, 0]
    count = logits.shape[-1]
    anchor = tf.argmax(tf.gather(tf.reshape(logits, (-1, count)), cells), axis=-1) + cells * count
    chance = tf.sigmoid(tf.gather(tf.reshape(best, (-1,)), cells))
    return moved(tf.gather(bases, anchor), tf.gather(by[0], anchor)), chance


assert LARGEST_PX * CONTEXT <= 120  # what HALO_PX counts on
