"""A table of images becomes memory-mapped arrays: where the faces are, and the aligned crops.

    table --find_faces--> box, mesh, 68 landmarks, number of faces --crop_faces--> uint8 (N, 128, 128, 3)
             reads images, detects                                    reads images and landmarks, warps

Nothing is dropped: row i of every array belongs to row i of the table, whose column `status` says "ok" or why not.
Rows are kept by a hash of the image file (path, size, time of change; of a packed file the record's pixels), of the
code that makes them and of the parameters, so a second call reads, and a changed table costs its new rows only.
"""

from lib.prepare.batches import fill
from lib.prepare.jobs import FACE_FIELDS, cropped, detected
from lib.prepare.store import Rows, Store
from lib.prepare.table import NO_FACE, Crops, Faces, crop_faces, find_faces

__all__ = [
    "FACE_FIELDS",
    "NO_FACE",
    "Crops",
    "Faces",
    "Rows",
    "Store",
    "crop_faces",
    "cropped",
    "detected",
    "fill",
    "find_faces",
]
