"""The lecture's worked examples in numpy: perceptron, gradient descent, back-propagation, convolution; knows no Keras.

C. R. Bom, "Deep Learning Applications in Astronomy". The networks of this plugin do the same at scale; here each step can
be followed by hand, and a test holds the digits that the lecture prints.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float64)
"""Inputs of a logical function of two variables."""
NAND, XOR = np.array([1, 1, 1, 0]), np.array([0, 1, 1, 0])


def fires(x: np.ndarray, w: np.ndarray, b: float) -> np.ndarray:
    """The perceptron, equation 1: 1 where w·x + b > 0, else 0. x (N, D), w (D,) → int (N,)."""
    return (x @ w + b > 0).astype(int)


def learn(x: np.ndarray, targets: np.ndarray, rounds: int = 100) -> tuple[np.ndarray, float]:
    """Rosenblatt's rule: what is wrong moves the weights by (t - y)·x and the offset by t - y, until nothing is wrong.

    It ends where a plane separates the classes (Novikoff 1962), else after `rounds`.
    """
    w, b = np.zeros(x.shape[1]), 0.0
    for _ in range(rounds):
        wrong = 0
        for stamp, target in zip(x, targets, strict=True):
            error = int(target) - int(fires(stamp[None], w, b)[0])
            w, b, wrong = w + error * stamp, b + error, wrong + abs(error)
        if not wrong:
            break
    return w, b


def descend(start: float, rate: float, steps: int) -> list[float]:
    """θ of each step down J(θ) = θ², from `start`: θ ← θ - rate · 2θ."""
    thetas = [start]
    for _ in range(steps):
        thetas.append(thetas[-1] - rate * 2 * thetas[-1])
    return thetas


def sigmoid(z: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-z)))


@dataclass(frozen=True)
class TwoLayers:
    """The lecture's network (after M. Mazur's example): two inputs, two hidden and two output units, all sigmoid.

    `hidden`: w1, w2 / w3, w4 as rows (one a unit); `output`: w5, w6 / w7, w8; `offsets`: of the two layers, not learnt.
    """

    hidden: np.ndarray
    output: np.ndarray
    offsets: tuple[float, float] = (0.35, 0.60)

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(hidden, output) activations."""
        h = sigmoid(self.hidden @ x + self.offsets[0])
        return h, sigmoid(self.output @ h + self.offsets[1])

    def errors(self, x: np.ndarray, target: np.ndarray) -> np.ndarray:
        """½ (target - output)² of each output unit; their sum is E."""
        return np.asarray(0.5 * (target - self.forward(x)[1]) ** 2)

    def slopes(self, x: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """dE/d(hidden), dE/d(output), by the chain rule from the back."""
        h, o = self.forward(x)
        delta = (o - target) * o * (1 - o)
        inner = (self.output.T @ delta) * h * (1 - h)
        return np.outer(inner, x), np.outer(delta, h)

    def step(self, x: np.ndarray, target: np.ndarray, rate: float = 0.5) -> TwoLayers:
        """All weights down their slopes at once."""
        hidden, output = self.slopes(x, target)
        return replace(self, hidden=self.hidden - rate * hidden, output=self.output - rate * output)


LECTURE = TwoLayers(np.array([[0.15, 0.20], [0.25, 0.30]]), np.array([[0.40, 0.45], [0.50, 0.55]]))
LECTURE_INPUT, LECTURE_TARGET = np.array([0.05, 0.10]), np.array([0.01, 0.99])

CURVE = np.array(
    [
        [0, 0, 0, 0, 0, 30, 0],
        [0, 0, 0, 0, 30, 0, 0],
        [0, 0, 0, 30, 0, 0, 0],
        [0, 0, 0, 30, 0, 0, 0],
        [0, 0, 0, 30, 0, 0, 0],
        [0, 0, 0, 30, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0],
    ]
)
"""The lecture's curve detector, 7×7."""
CURVED = np.array(
    [
        [0, 0, 0, 0, 0, 0, 30],
        [0, 0, 0, 0, 50, 50, 50],
        [0, 0, 0, 20, 50, 0, 0],
        [0, 0, 0, 50, 50, 0, 0],
        [0, 0, 0, 50, 50, 0, 0],
        [0, 0, 0, 50, 50, 0, 0],
        [0, 0, 0, 50, 50, 0, 0],
    ]
)
"""A piece of an image where the curve runs."""
ELSEWHERE = np.array(
    [
        [0, 0, 0, 0, 0, 0, 0],
        [0, 40, 0, 0, 0, 0, 0],
        [40, 0, 40, 0, 0, 0, 0],
        [40, 20, 0, 0, 0, 0, 0],
        [0, 50, 0, 0, 0, 0, 0],
        [0, 0, 50, 0, 0, 0, 0],
        [25, 25, 0, 50, 0, 0, 0],
    ]
)
"""A piece of it where something else is."""


def convolve(image: np.ndarray, kernel: np.ndarray, stride: int = 1, padding: int = 0) -> np.ndarray:
    """The sum of products of the kernel with every window (networks call it convolution; nothing is turned round).

    (h, w) and (k, k) → ((h + 2·padding - k) // stride + 1, the same of w).
    """
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(image, padding), kernel.shape)
    return np.einsum("ijkl,kl->ij", windows[::stride, ::stride], kernel)
