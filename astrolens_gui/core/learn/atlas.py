"""A map of what a network sees: embeddings in two dimensions, alike beside alike; knows no image and no window."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np

from astrolens_gui.api import UserError

METHODS = ("pca", "umap")
MOST_FOR_FIT = 20_000
"""Objects that UMAP learns its map from; the others are placed on it."""
COMPONENTS = 30
"""Principal components that UMAP is given: beyond them lies noise."""


def atlas(embedding: np.ndarray, method: str = "pca", seed: int = 0) -> np.ndarray:
    """Places float32 (N, 2) of embeddings (N, D), each axis centred and scaled to unit deviation.

    Args:
        method: "pca", the two directions of most variance; "umap" (McInnes et al. 2018, arXiv:1802.03426), which keeps
            neighbours together and needs the package umap-learn. The same seed gives the same map.

    Raises:
        UserError: the method is unknown or not installed.
    """
    features = np.asarray(embedding, np.float32)
    if method not in METHODS:
        raise UserError(f"there is no map {method!r}; there are: {', '.join(METHODS)}")
    if method == "umap" and find_spec("umap") is None:
        raise UserError("the map umap needs the package umap-learn; install it (pip install umap-learn) or choose pca")
    if len(features) < 3:
        return np.zeros((len(features), 2), np.float32)
    places = _principal(features, min(2 if method == "pca" else COMPONENTS, *features.shape))
    if method == "umap":
        import umap

        rows = np.random.default_rng(seed).permutation(len(places))[:MOST_FOR_FIT]
        found = umap.UMAP(random_state=seed, n_jobs=1).fit(places[rows])
        places = found.transform(places)
    places = np.pad(places, ((0, 0), (0, max(0, 2 - places.shape[1]))))[:, :2]
    scale = np.maximum(places.std(axis=0), 1e-12)
    return ((places - places.mean(axis=0)) / scale).astype(np.float32)


def _principal(features: np.ndarray, count: int) -> np.ndarray:
    """Projection on the directions of most variance, (N, count); signs fixed so that the map does not flip."""
    scale = np.maximum(features.std(axis=0), 1e-6)
    standard = (features - features.mean(axis=0)) / scale
    _, vectors = np.linalg.eigh(standard.T @ standard / len(standard))
    vectors = vectors[:, ::-1][:, :count]
    vectors *= np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])])
    return standard @ vectors
