"""Image files in and out: uint8, RGB `(H, W, 3)` or grey `(H, W)`. BGR appears in this module only."""

from pathlib import Path

import cv2
import numpy as np


class ImageError(ValueError):
    """An image that cannot be used; `reason` is one word or two for the table of exclusions."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def read(path: Path | str) -> np.ndarray:
    """Return the image as uint8, RGB (H, W, 3) or grey (H, W), upright."""
    path = Path(path)
    if not path.is_file():
        raise ImageError("missing", f"no file at {path}")
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ImageError("unreadable", f"{path} is not an image that can be decoded")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def write(path: Path | str, image: np.ndarray, quality: int = 95) -> None:
    """Write uint8 RGB (H, W, 3) or grey (H, W); the file type follows the name's ending; `quality` is JPEG's, 1-100."""
    check(image)
    bgr = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    if not cv2.imwrite(str(path), bgr, [cv2.IMWRITE_JPEG_QUALITY, quality]):
        raise OSError(f"could not write the image {path}")


def to_rgb(image: np.ndarray) -> np.ndarray:
    """Return (H, W, 3); a grey image is repeated three times."""
    return image if check(image).ndim == 3 else np.repeat(image[..., None], 3, axis=2)


def to_grey(image: np.ndarray) -> np.ndarray:
    """Return (H, W): ITU-R BT.601 luma of an RGB image, a grey one as it is."""
    return image if check(image).ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def check(image: np.ndarray, name: str = "image") -> np.ndarray:
    """Return `image` if it is uint8, (H, W) or (H, W, 3), not empty.

    Raises:
        ValueError: anything else; the message names what came.
    """
    if not isinstance(image, np.ndarray):
        raise ValueError(f"{name} is a {type(image).__name__}; expected a uint8 array (H, W) or (H, W, 3)")
    if image.dtype != np.uint8 or image.size == 0 or not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)):
        raise ValueError(f"{name} is {image.dtype} {image.shape}; expected uint8 (H, W) or (H, W, 3), not empty")
    return image
