"""What is done to a batch of images: their faces detected, or their crops cut out.

A job takes columns (one entry per row) and returns a status per row and the fields of all rows; it may run in any
process on any machine that sees the files.
"""

import cv2
import numpy as np

from lib import datasets, images
from lib.faces.align import align
from lib.faces.detect import detect
from lib.faces.store import Columns, Fields

FACE_FIELDS: Fields = {
    "box": ((4,), "<f4"),
    "mesh": ((468, 2), "<f4"),
    "landmarks": ((68, 2), "<f4"),
    "faces": ((), "<i2"),
}


def detected(inputs: Columns) -> tuple[list[str], Columns]:
    """Find the faces of a batch of images.

    Args:
        inputs: `path`, `row`, `data_set` (B,).

    Returns:
        Statuses ("ok", "no face", or why the image cannot be read), and `FACE_FIELDS`: the face with the largest box,
        NaN where there is none, and the number of faces.
    """
    rows = len(inputs["path"])
    fields = {name: np.zeros((rows, *shape), dtype) for name, (shape, dtype) in FACE_FIELDS.items()}
    statuses = []
    for i, image in enumerate(map(read, inputs["path"], inputs["row"], inputs["data_set"])):
        found = [] if isinstance(image, str) else detect(image)
        face = max(found, key=lambda face: face.box[2] * face.box[3], default=None)
        for name in ("box", "mesh", "landmarks"):
            fields[name][i] = getattr(face, name, np.nan)
        fields["faces"][i] = len(found)
        statuses.append(image if isinstance(image, str) else "ok" if found else "no face")
    return statuses, fields


def cropped(inputs: Columns, how: str, size: int, no_face: str) -> tuple[list[str], Columns]:
    """Cut the face out of each image of a batch.

    Args:
        inputs: `path`, `row`, `data_set`, `status` (B,) and `landmarks` (B, 68, 2) of `detected`.
        how: see `lib.faces.align`.
        size: side of a crop.
        no_face: "centre" takes the central square where there is no face, "skip" leaves the crop black.

    Returns:
        Statuses (those given, "centre crop", "no upright face"), and `images` uint8 (B, size, size, 3).
    """
    crops = np.zeros((len(inputs["path"]), size, size, 3), np.uint8)
    statuses = inputs["status"].tolist()
    for i, status in enumerate(statuses):
        if status not in ("ok", "no face") or (status, no_face) == ("no face", "skip"):
            continue
        image = read(inputs["path"][i], inputs["row"][i], inputs["data_set"][i])
        if isinstance(image, str):  # gone since the face was found
            statuses[i] = image
            continue
        crop = None if status == "no face" else aligned(image, inputs["landmarks"][i], how, size)
        if crop is not None:
            crops[i] = crop
        elif no_face == "centre":
            crops[i], statuses[i] = centre(images.to_rgb(image), size), "centre crop"
        else:
            statuses[i] = "no upright face"
    return statuses, {"images": crops}


def aligned(image: np.ndarray, landmarks: np.ndarray, how: str, size: int) -> np.ndarray | None:
    """Return the crop (size, size, 3) of a face, or None where its landmarks span none, as in a profile."""
    try:
        crop = align(image, landmarks, how, size).crop
    except ValueError:
        return None
    return images.to_rgb(crop)


def centre(image: np.ndarray, size: int) -> np.ndarray:
    """Return the largest central square of an image (H, W, 3), scaled to (size, size, 3)."""
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return cv2.resize(image[top : top + side, left : left + side], (size, size), interpolation=cv2.INTER_AREA)


def read(path: str, row: int, data_set: str) -> np.ndarray | str:
    """Return the image of a row of a table, or in a few words why it cannot be read."""
    try:
        return datasets.read_image({"path": path, "row": row, "data_set": data_set})
    except images.ImageError as error:
        return error.reason
    except OSError as error:
        return error.strerror or "unreadable"
