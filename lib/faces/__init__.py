"""Detection, landmarks and alignment: from a photograph to faces, from a face to a crop, for one image or a table."""

from lib.faces.align import Alignment, align
from lib.faces.detect import Face, detect, detect_haar, follow
from lib.faces.landmarks import landmarks_68

OF_TABLES = ("NO_FACE", "Crops", "Faces", "crop_faces", "find_faces")
__all__ = [*OF_TABLES, "Alignment", "Face", "align", "detect", "detect_haar", "follow", "landmarks_68"]


def __getattr__(name: str) -> object:
    """Import what works on tables at its first use: it brings pandas, a second that one photograph need not wait."""
    if name not in OF_TABLES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from lib.faces import prepare

    return getattr(prepare, name)
