"""Small faces in a large image: the detectors see 192 pixels a side, so a crowd is searched in overlapping squares.

whole image --+-- as it is --------------------------- large faces
              |
              +-- squares of TILE pixels, STEP apart -- small faces, each whole in at least one square
                                                            |
              +-- a square of its own ----------------- for a doubtful one: does it look like a face from near?
                                                            |
every face once, largest first <--- of two that overlap, the larger one's tile ---+
"""

import dataclasses
from collections.abc import Iterator

import numpy as np

from lib.faces import networks
from lib.faces.detect import Face, detect

TILE = 512  # pixels; the smallest face is about a twentieth of it (ours)
STEP = 256  # so that every face of up to 256 pixels lies whole in a square
LARGE = 900  # pixels; an image with a longer side is searched in tiles without being asked
SAME = 0.3  # faces that overlap at least this much are one
SURE = 0.6  # a face of a square with a lower score is doubtful: letters on a film got .59, small faces .5 to .9 (ours)
NEAR, SURE_FROM_NEAR = 3, 0.8  # sides of a face in its own square, where doubtful rendered faces get .91 to .97 (ours)
EDGE = 2.0  # pixels; a box so near to the edge of its square may be cut there


def detect_small(rgb: np.ndarray) -> list[Face]:
    """Return the faces of an image, also those that are small in it, largest first.

    Args:
        rgb: uint8 (H, W, 3).
    """
    faces = detect(rgb)
    for left, top, tile in squares(rgb):
        here = [_moved(face, left, top) for face in detect(tile) if _is_whole(face, left, top, tile, rgb)]
        faces += [face for face in here if face.score >= SURE or _from_near(face, rgb)]
    return _once(faces)


def squares(rgb: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield left edge, top edge and pixels of every square; the last of a row and column end at the image's edge.

    Args:
        rgb: uint8 (H, W, 3).
    """
    for top in _starts(rgb.shape[0]):
        for left in _starts(rgb.shape[1]):
            yield left, top, rgb[top : top + TILE, left : left + TILE]


def _starts(length: int) -> list[int]:
    last = max(0, length - TILE)
    return [*range(0, last, STEP), last]


def _is_whole(face: Face, left: int, top: int, tile: np.ndarray, rgb: np.ndarray) -> bool:
    """Return whether a face of a square is not cut by an edge of it that is none of the image."""
    x, y, width, height = face.box
    inside = x > EDGE or left == 0, y > EDGE or top == 0
    right = x + width < tile.shape[1] - EDGE or left + tile.shape[1] == rgb.shape[1]
    return all(inside) and right and (y + height < tile.shape[0] - EDGE or top + tile.shape[0] == rgb.shape[0])


def _from_near(doubtful: Face, rgb: np.ndarray) -> bool:
    """Return whether a doubtful face is one in a square of `NEAR` times its size, in which it is not small."""
    x, y, width, height = doubtful.box
    middle, half = np.array([x + width / 2, y + height / 2]), NEAR * max(width, height) / 2
    left, top = np.maximum(0, middle - half).astype(int)
    right, bottom = (middle + half).astype(int)
    faces = [_moved(face, left, top) for face in detect(rgb[top:bottom, left:right])]
    same = networks.overlap(doubtful.box, np.array([face.box for face in faces]).reshape(-1, 4)) >= SAME
    return any(face.score >= SURE_FROM_NEAR for face, is_same in zip(faces, same, strict=True) if is_same)


def _moved(face: Face, left: int, top: int) -> Face:
    """Return a face of a square in pixels of the image."""
    offset = np.array([left, top], np.float32)
    box = face.box + np.array([left, top, 0, 0], np.float32)
    return dataclasses.replace(face, box=box, mesh=face.mesh + offset, landmarks=face.landmarks + offset)


def _once(faces: list[Face]) -> list[Face]:
    """Return each face once, largest first."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.box[2] * face.box[3]):
        boxes = np.array([other.box for other in kept]).reshape(-1, 4)
        if not len(kept) or networks.overlap(face.box, boxes).max() < SAME:
            kept.append(face)
    return kept
