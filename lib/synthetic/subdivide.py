"""Two tools for meshes: the smoothest field through a few values, and Loop's subdivision."""

import numpy as np
from scipy import sparse


def bilaplacian(triangles: np.ndarray, count: int, fixed: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the smoothest field over a mesh that takes given values at some vertices.

    Args:
        triangles: three vertices each, (T, 3).
        count: vertices of the mesh.
        fixed: the vertices with a value, (N,).
        values: their values, (N, K).

    Returns:
        float64 (count, K).
    """
    adjacent = np.zeros((count, count))
    for i in range(3):
        adjacent[triangles[:, i], triangles[:, (i + 1) % 3]] = 1
        adjacent[triangles[:, (i + 1) % 3], triangles[:, i]] = 1
    laplacian = np.eye(count) - adjacent / np.maximum(adjacent.sum(1, keepdims=True), 1)
    energy = laplacian.T @ laplacian
    free = np.setdiff1d(np.arange(count), fixed)
    field = np.zeros((count, values.shape[1]))
    field[fixed] = values
    field[free] = np.linalg.solve(energy[np.ix_(free, free)], -energy[np.ix_(free, fixed)] @ values)
    return field


def loop(triangles: np.ndarray, count: int) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Return one step of Loop's subdivision: sparse (n, count) and the finer triangles, four per old one in order.

    Args:
        triangles: three vertices each, (T, 3).
        count: vertices of the mesh.
    """
    corner = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    edges, which = np.unique(corner, axis=0, return_inverse=True)
    which = which.reshape(-1, 3)
    opposite = triangles[:, [2, 0, 1]]
    sides = np.bincount(which.ravel(), minlength=len(edges))
    inner = sides == 2
    new = sparse.lil_matrix((count + len(edges), count))
    for e, (a, b) in enumerate(edges):
        new[count + e, a] = new[count + e, b] = 3 / 8 if inner[e] else 1 / 2
    for e, v in zip(which.ravel(), opposite.ravel(), strict=True):
        if inner[e]:
            new[count + e, v] += 1 / 8
    _old_vertices(new, edges, inner, count)
    a, b, c = triangles.T
    ab, bc, ca = (which + count).T
    fine = np.stack([[a, ab, ca], [ab, b, bc], [ca, bc, c], [ab, bc, ca]], axis=0).transpose(2, 0, 1).reshape(-1, 3)
    return new.tocsr(), fine.astype(np.int32)


def _old_vertices(new: sparse.lil_matrix, edges: np.ndarray, inner: np.ndarray, count: int) -> None:
    """Fill the rows of the vertices that a Loop step keeps: towards their neighbours, along the rim on a boundary."""
    neighbours = [[] for _ in range(count)]
    rim = [[] for _ in range(count)]
    for (a, b), inside in zip(edges, inner, strict=True):
        for v, w in ((a, b), (b, a)):
            neighbours[v].append(w)
            if not inside:
                rim[v].append(w)
    for v in range(count):
        around, share = (rim[v], 1 / 8) if rim[v] else (neighbours[v], 0.0)
        n = max(len(around), 1)
        share = share or (3 / 16 if n == 3 else 3 / (8 * n))
        new[v, v] = 1 - share * len(around)
        for w in around:
            new[v, w] = share
