"""Detection, landmarks and alignment: from a photograph to faces, from a face to a crop."""

from lib.faces.align import Alignment, align
from lib.faces.detect import Face, detect, detect_haar
from lib.faces.landmarks import landmarks_68

__all__ = ["Alignment", "Face", "align", "detect", "detect_haar", "landmarks_68"]
