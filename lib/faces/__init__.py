"""Detection, landmarks and alignment: from a photograph to faces, from a face to a crop, for one image or a table."""

from lib.faces.align import Alignment, align
from lib.faces.detect import Face, detect, detect_haar
from lib.faces.landmarks import landmarks_68
from lib.faces.prepare import NO_FACE, Crops, Faces, crop_faces, find_faces

__all__ = [
    "NO_FACE",
    "Alignment",
    "Crops",
    "Face",
    "Faces",
    "align",
    "crop_faces",
    "detect",
    "detect_haar",
    "find_faces",
    "landmarks_68",
]
