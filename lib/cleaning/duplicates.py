"""Duplicates: exact ones by hash, near ones by the correlation of thumbnails through a nearest-neighbour index.

A thumbnail is a 16x16 grey copy with mean 0 and length 1, so the inner product of two is their correlation and

    |a - b|^2 = 2 - 2 corr(a, b)         corr >= .98  <=>  |a - b| <= .2

An orthogonal projection never lengthens a distance: a tree over the first principal components finds every such pair,
and some more, which the full thumbnails then refuse. Nothing is missed and not all pairs are compared.
"""

import hashlib
from collections.abc import Iterator, Sequence

import cv2
import joblib
import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.neighbors import KDTree

from lib import datasets, images, progress

SIDE = 16  # pixels of a thumbnail's edge
THRESHOLD = 0.98  # correlation from which two images are near duplicates and stay on one side of a split
COPY = 0.995  # correlation from which two images are copies of one image, and one of them is dropped
COMPONENTS = 12  # dimensions of the tree; fastest on 32,298 images of FER-2013 between 8 and 24
CHUNK = 4096  # queries at a time, and
BLOCK = 65536  # pairs at a time, so that memory stays flat where thousands of frames look alike


def fingerprint(table: pd.DataFrame, boxes: np.ndarray | None = None) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the table with `digest` and `cluster`, and the thumbnails, float32 (N, 256).

    Every image is read once. The thumbnail is that of the face, because two people before one wall would look alike.

    Args:
        table: N readable images, columns of `lib.datasets`.
        boxes: float (N, 4), face boxes (x, y, width, height) in pixels; NaN, or no boxes, take the whole image.
    """
    boxes = np.full((len(table), 4), np.nan) if boxes is None else boxes
    read = joblib.Parallel(n_jobs=-1, prefer="threads", return_as="generator")
    rows = zip(table[["data_set", "path", "row"]].to_dict("records"), boxes, strict=True)
    prints = read(joblib.delayed(_print)(row, box) for row, box in rows)
    digests, thumbnails = zip(*progress.bar(prints, "fingerprints", total=len(table)), strict=True)
    thumbnails = np.stack(thumbnails)
    return table.assign(digest=digests, cluster=clusters(thumbnails, digests)), thumbnails


def digest(image: np.ndarray) -> str:
    """Return 32 hexadecimal digits that two images share only if shape and every pixel agree."""
    return hashlib.blake2b(repr(image.shape).encode() + image.tobytes(), digest_size=16).hexdigest()


def thumbnail(image: np.ndarray) -> np.ndarray:
    """Return the standardised 16x16 grey thumbnail, float32 (256,), mean 0 and length 1; all zero for a flat image.

    Brightness and contrast cancel, so a brightened copy is a near duplicate too.
    """
    small = cv2.resize(images.to_grey(image), (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    small -= small.mean()
    length = np.linalg.norm(small)
    return small / length if length > 1 else np.zeros_like(small)


def near_pairs(
    queries: np.ndarray, references: np.ndarray, threshold: float = THRESHOLD
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield, chunk by chunk, every pair (query, reference) whose correlation reaches `threshold`.

    Args:
        queries: thumbnails, float32 (N, 256).
        references: thumbnails, float32 (M, 256); may be the same array, then each image also finds itself.
        threshold: a correlation in (0, 1).

    Yields:
        Two int64 arrays of equal length: positions in `queries` and in `references`.
    """
    if len(queries) == 0 or len(references) == 0:
        return
    axes = np.linalg.eigh(references.T @ references)[1][:, -COMPONENTS:]  # (256, 12), orthonormal
    tree = KDTree(references @ axes)
    radius = np.sqrt(2 - 2 * threshold) + 1e-5  # a little more than needed, against rounding
    for start in range(0, len(queries), CHUNK):
        chunk = queries[start : start + CHUNK]
        hits = tree.query_radius(chunk @ axes, radius)  # an array of positions per query
        left, right = np.repeat(np.arange(len(chunk)), [len(near) for near in hits]), np.concatenate(hits)
        close = _correlations(chunk, references, left, right) >= threshold
        yield left[close] + start, right[close]


def clusters(thumbnails: np.ndarray, digests: Sequence[str], threshold: float = THRESHOLD) -> np.ndarray:
    """Return a cluster number per image, int64 (N,): images linked by a chain of exact or near duplicates share it.

    Args:
        thumbnails: float32 (N, 256) from `thumbnail`.
        digests: N strings from `digest`.
        threshold: correlation from which two images are linked.
    """
    labels = np.unique(np.asarray(digests, dtype=str), return_inverse=True)[1]
    for left, right in near_pairs(thumbnails, thumbnails, threshold):
        labels = _merge(labels, left, right)
    return np.unique(labels, return_inverse=True)[1]


def has_near_duplicate(queries: np.ndarray, references: np.ndarray) -> np.ndarray:
    """Return which of the queries have a near duplicate among the references, bool (N,).

    Args:
        queries: thumbnails, float32 (N, 256).
        references: thumbnails, float32 (M, 256).
    """
    near = np.zeros(len(queries), dtype=bool)
    for left, _ in near_pairs(queries, references):
        near[left] = True
    return near


def contradictory(groups: np.ndarray, emotions: Sequence[str]) -> np.ndarray:
    """Return which images, bool (N,), share a group with an image of another emotion.

    Args:
        groups: N clusters or digests.
        emotions: N labels.
    """
    kinds = np.unique(np.asarray(emotions, dtype=str), return_inverse=True)[1]
    group = np.unique(groups, return_inverse=True)[1]
    pairs = np.unique(np.column_stack([group, kinds]), axis=0)
    return np.bincount(pairs[:, 0])[group] > 1


def repeated(groups: np.ndarray) -> np.ndarray:
    """Return which images, bool (N,), come after another of their group; the first of each group is not one."""
    first = np.unique(groups, return_index=True)[1]
    return ~np.isin(np.arange(len(groups)), first)


def reasons(table: pd.DataFrame, thumbnails: np.ndarray) -> dict[str, np.ndarray]:
    """Return why copies are dropped: a mask, bool (N,), per reason.

    Copies with different labels are all dropped; of copies with one label the first is kept. Two images with a
    correlation of at least `THRESHOLD` stay on one side of a split; only from `COPY` on, and only if the subject is
    unknown, is one of them dropped. A lower `COPY` would drop two different frames of one person.

    Args:
        table: N rows with subject, emotion and digest.
        thumbnails: float32 (N, 256) from `thumbnail`.
    """
    alone = -1 - np.arange(len(table))
    near = np.where(table["subject"] == "", clusters(thumbnails, table["digest"], COPY), alone)
    emotion = table["emotion"].to_numpy()
    return {
        "contradictory labels": contradictory(table["digest"], emotion) | contradictory(near, emotion),
        "exact duplicate": repeated(table["digest"]),
        "near duplicate": repeated(near),
    }


def pairs_without_subject(table: pd.DataFrame) -> pd.DataFrame:
    """Return the images of unknown subjects that share their cluster with another of them, cluster by cluster."""
    unknown = table[table["subject"] == ""]
    return unknown[unknown["cluster"].duplicated(keep=False)].sort_values("cluster")


def _print(row: dict, box: np.ndarray) -> tuple[str, np.ndarray]:
    image = datasets.read_image(row)
    return digest(image), thumbnail(_cut(image, box))


def _cut(image: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Return the part of the image inside the box; the whole image where the box is NaN or lies outside."""
    if not np.isfinite(box).all():
        return image
    x, y, width, height = np.round(box).astype(int)
    part = image[max(0, y) : max(0, y + height), max(0, x) : max(0, x + width)]
    return np.ascontiguousarray(part) if part.size else image


def _correlations(one: np.ndarray, other: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the inner products of the pairs (one[left], other[right]), float32 (pairs,), block by block."""
    products = np.empty(len(left), dtype=np.float32)
    for start in range(0, len(left), BLOCK):
        part = slice(start, start + BLOCK)
        products[part] = np.einsum("ij,ij->i", one[left[part]], other[right[part]])
    return products


def _merge(labels: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the labels, int64 (N,), after the labels of every pair (left, right) have become one."""
    links = coo_array((np.ones(len(left), dtype=np.int8), (labels[left], labels[right])), shape=2 * (len(labels),))
    return connected_components(links, directed=False)[1][labels]
