"""Rendering, preparing and augmenting beside the bare library calls that their work comes down to: one run, one table.

Processor time of all threads is compared, because other programs disturb it least.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pandas as pd
from PIL import Image

from lib import augment, images
from lib.augment import own_face
from lib.emotions import EMOTIONS
from lib.faces import networks, prepare
from lib.synthetic import Subject, render
from lib.synthetic.mesh import surface
from lib.timing.clock import each

RENDERED = 256  # pixels of the side of a rendered image


def beside_bare(paths: Sequence[str], size: int) -> pd.DataFrame:
    """Return the cost of the study's functions beside bare library calls, a row per kind of work.

    Args:
        paths: photographs with a face each, at least three; as many faces are rendered and crops augmented.
        size: side of a crop in pixels.

    Returns:
        Columns `work`, `bare calls` (what they are), `n` images, `ms` and `bare ms` of processor time for an image, and
        `times`, the one over the other.
    """
    crops = [_prepared(path, size) for path in paths]
    numbers = range(len(paths))
    meshes = [_rendered(number)[1].mesh for number in numbers]
    works = [
        ("read a photograph", images.read, paths, "PIL alone", _opened, paths),
        (
            "find and crop its face",
            lambda path: _prepared(path, size),
            paths,
            "PIL, LiteRT, a warp",
            _networks(size),
            paths,
        ),
        ("28 variants of a crop", augment.variants, crops, "OpenCV", own_face.bare_variants, crops),
        ("render a face", _rendered, numbers, "OpenCV: its triangles, each in one grey", _flat, meshes),
    ]
    rows = []
    for work, ours, given, calls, theirs, shown in works:
        sides = (ours, given), (theirs, shown)
        pair = [each(call, items, warm_up=2)["processor"] for call, items in sides]
        rows.append((work, calls, len(paths) - 2, *pair, pair[0] / pair[1]))
    return pd.DataFrame(rows, columns=["work", "bare calls", "n", "ms", "bare ms", "times"])


def _prepared(path: str, size: int) -> np.ndarray:
    """Return the crop (size, size, 3) of a photograph's face; both passes of `lib.faces.prepare` read the file."""
    file = (path, -1, "own")
    face = prepare.find_face(file)
    points = face.get("landmarks", np.zeros((68, 2)))
    crop = prepare.crop_face(file, face["status"], points, "proposed", size)
    return crop.get("images", np.zeros((size, size, 3), np.uint8))


def _opened(path: str) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def _networks(size: int) -> Callable[[str], np.ndarray]:
    """Return a function that reads a file as often, asks each network as often, and warps as `_prepared` does."""
    full, short, mesh = networks.full_range(), networks.short_range(), networks.Mesh()
    looks = [(one, np.zeros((one.size, one.size, 3), np.float32)) for one in (full, short, *[mesh] * 4)]
    shrink = np.array([[0.3, 0, 0], [0, 0.3, 0]])

    def call(path: str) -> np.ndarray:
        _opened(path)
        for network, image in looks:
            network(image)
        return cv2.warpAffine(_opened(path), shrink, (size, size))

    return call


def _rendered(number: int) -> tuple:
    emotion = EMOTIONS[number % len(EMOTIONS)]
    return render(Subject(number % 8), emotion, 0.8, np.random.default_rng(number), "lab", RENDERED)


def _flat(mesh: np.ndarray) -> np.ndarray:
    """Draw the face mesh (468, 2) as OpenCV does: a polygon for each triangle, without texture or light."""
    image = np.zeros((RENDERED, RENDERED, 3), np.uint8)
    triangles = surface().triangles
    of_face = triangles[(triangles < len(mesh)).all(axis=1)]
    for number, corners in enumerate(mesh[of_face].round().astype(np.int32)):
        cv2.fillConvexPoly(image, corners, (number % 256,) * 3)
    return image
