"""Image files in and out: uint8, RGB `(H, W, 3)` or grey `(H, W)`. Videos too; BGR stays here."""

import errno
import itertools
import os
import struct
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.TiffImagePlugin import PHOTOMETRIC_INTERPRETATION

Image.init()  # without it `FORMATS` are not all registered
warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # `read` refuses what is too large in words of its own
FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "GIF", "WEBP", "PPM")
MAX_PIXELS = 64_000_000  # ours: 8,000 x 8,000, 192 MB as RGB
MAX_SIDE = 32_766  # pixels that OpenCV can warp
CODECS = {".mp4": "mp4v", ".avi": "MJPG"}
MISSING, MISSING_SHARE = 1.0, 0.1  # seconds, share of a short video that may be missing before it counts as cut
RATE = 25.0  # frames per second of a video that does not say, and of one that is written
Frame = tuple[float, np.ndarray]  # seconds from the start, uint8 RGB (H, W, 3)
BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, struct.error)
PASSING = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.EAGAIN, errno.EINTR, errno.ESTALE}


class ImageError(ValueError):
    """An image that cannot be used; `reason` is one word or two for the table of exclusions."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def read(path: Path | str) -> np.ndarray:
    """Return the image as uint8, RGB (H, W, 3) or, where the file is grey, (H, W); upright.

    The camera's rotation (EXIF) is applied, transparency is laid on white, CMYK and palettes become RGB, and 16 bits
    become 8 by dividing by 257, whatever range the values fill.

    Raises:
        ImageError: with the `reason` missing, no permission, zero-byte, unreadable (no image, or of a kind not in
            `FORMATS`), too large (over `MAX_PIXELS` or `MAX_SIDE`), animated (or several pages), truncated (begins
            well, cannot be decoded to its end).
        OSError: the system could not read just now (`PASSING`: too many open files, an input/output error); the image
            may be sound, so try again.
    """
    path = Path(path)
    with _open(path) as image:
        if image.width * image.height > MAX_PIXELS or max(image.size) > MAX_SIDE:
            raise _too_large(path, f"{image.width} x {image.height}")
        try:
            frames = getattr(image, "n_frames", 1)
            if frames > 1 and image.format != "MPO":  # MPO: a JPEG with a preview behind it, as phones write
                raise ImageError("animated", f"{path} holds {frames} images; expected one")
            if image.mode == "F":
                raise ImageError("unreadable", f"{path} has floating-point pixels; expected 8 or 16 bits")
            image.load()
            ImageOps.exif_transpose(image, in_place=True)
            return _to_uint8(image)
        except BROKEN as error:
            if not _is_final(error):
                raise
            raise ImageError("truncated", f"{path} begins well but cannot be decoded to its end: {error}") from error


def _open(path: Path) -> Image.Image:
    """Return the file with its header read, the pixels not yet decoded."""
    try:
        if not path.is_file():
            raise ImageError("missing", f"no file at {path}")
        if path.stat().st_size == 0:
            raise ImageError("zero-byte", f"{path} is empty; copy it again from its source")
        return Image.open(path, formats=FORMATS)
    except PermissionError as error:
        raise ImageError("no permission", f"{path} may not be read; ask its owner, or chmod u+r it") from error
    except Image.DecompressionBombError as error:
        raise _too_large(path, str(error)) from error
    except (UnidentifiedImageError, *BROKEN) as error:
        if not _is_final(error):
            raise
        raise ImageError("unreadable", f"{path} is not an image in {', '.join(FORMATS)}") from error


def _is_final(error: Exception) -> bool:
    """Tell whether an error lies in the file and has no reason yet: no `ImageError`, no passing fault of the system."""
    return not isinstance(error, ImageError) and getattr(error, "errno", None) not in PASSING


def _too_large(path: Path, scale: str) -> ImageError:
    expected = f"expected at most {MAX_PIXELS:,} pixels, {MAX_SIDE:,} a side"
    return ImageError("too large", f"{path}: {scale}; {expected}: scale it down")


def _to_uint8(image: Image.Image) -> np.ndarray:
    """Return a decoded image of any of Pillow's modes as uint8, RGB or grey."""
    if image.mode.startswith("I"):
        values = np.asarray(image).astype(np.int64)  # I;16 and I hold 16 bits in the formats that we read
        if getattr(image, "tag_v2", {}).get(PHOTOMETRIC_INTERPRETATION) == 0:  # white; Pillow inverts 8 bits alone
            values = 65535 - values
        return np.clip(np.round(values / 257), 0, 255).astype(np.uint8)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        grey, image = image.mode in ("LA", "L"), image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("L" if grey else "RGB")
    target = "L" if image.mode in ("1", "L") else "RGB"
    return np.array(image if image.mode == target else image.convert(target))


def write(path: Path | str, image: np.ndarray, quality: int = 95) -> None:
    """Write an image file, whole or not at all: where it cannot be written, one that was there before stays.

    Args:
        path: its ending gives the format.
        image: uint8 RGB (H, W, 3) or grey (H, W).
        quality: JPEG's, 1-100.

    Raises:
        ValueError: an ending of no format, or no such image.
        OSError: the file could not be written.
    """
    check_ending(path)
    path = Path(path)
    part, content = path.with_name(f".{path.name}.{os.getpid()}.part"), encode(image, path.suffix, quality)
    try:
        part.write_bytes(content)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OSError(f"could not write the image {path}: {error.strerror}") from error


def check_ending(path: Path | str) -> None:
    """Raise ValueError where a file's ending is none of an image format that can be written."""
    if not cv2.haveImageWriter(str(path)):
        raise ValueError(
            f"no image can be called {Path(path).name!r}; expected a name that ends in .png, .jpg or the like"
        )


def encode(image: np.ndarray, ending: str = ".png", quality: int = 95) -> bytes:
    """Return the bytes of the file that `write` would write.

    Args:
        image: uint8 RGB (H, W, 3) or grey (H, W).
        ending: of the format, with its dot.
        quality: JPEG's, 1-100.
    """
    return cv2.imencode(ending, _bgr(image), [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def decode(data: bytes) -> np.ndarray:
    """Return what `encode` made into a file, as uint8 RGB (H, W, 3)."""
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def _bgr(image: np.ndarray) -> np.ndarray:
    """Return an image with its channels in OpenCV's order, a grey one as it is."""
    return image if check(image).ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)


def frames(path: Path | str) -> Iterator[Frame]:
    """Yield every frame of a video file, upright, at the times that the file gives, however variable.

    Raises:
        ImageError: `reason` is "unreadable": no such file, an image, or no video that OpenCV can decode.
    """
    still = Image.EXTENSION.get(Path(path).suffix.lower())  # OpenCV takes an image for a video, with wild times
    video = cv2.VideoCapture() if still in FORMATS and still != "GIF" else _opened(path)
    given = False
    if video.isOpened():
        video.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)  # phones write how they were held; OpenCV's default is to ignore it
        shown = decoded(video, lambda: video.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        for frame in shown:
            if frame[0] < 0:  # an image under a video's name
                break
            given = True
            yield frame
    if not given:
        problem = "is not a video that can be decoded" if Path(path).exists() else "is not there"
        raise ImageError("unreadable", f"{path} {problem}; expected a video file, .mp4, .avi or the like")


def _opened(path: Path | str) -> cv2.VideoCapture:
    """Return a video file opened; closed where it is no plain file, as a pipe would be waited for without end."""
    return cv2.VideoCapture(str(path)) if Path(path).is_file() else cv2.VideoCapture()


def decoded(video: cv2.VideoCapture, clock: Callable[[], float]) -> Iterator[Frame]:
    """Yield the frames of an opened video or camera until there is no more, and close it.

    Args:
        video: opened.
        clock: gives the seconds of the frame that was read last.
    """
    try:
        while True:
            there, bgr = video.read()
            if not there:
                return
            yield clock(), cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
    finally:
        video.release()


def write_frames(path: Path | str, images: Iterable[np.ndarray], per_second: float = RATE) -> int:
    """Write frames as a video file; return how many. It takes its name when it can be played to its end.

    Where `images` end in an error, or are interrupted, the file holds those before.

    Args:
        path: ends in .mp4 or .avi.
        images: uint8 RGB (H, W, 3) of one size.
        per_second: frames per second.

    Raises:
        ValueError: another ending or no such folder (before the first frame is asked for), or this OpenCV cannot write
            that kind.
        OSError: not all frames were written, as on a full disk; a file that was there before stays.
    """
    path = Path(path)
    if path.suffix.lower() not in CODECS:
        raise ValueError(f"the clip is to be {path.name!r}; expected a name that ends in {' or '.join(CODECS)}")
    if not path.parent.is_dir():
        raise ValueError(f"{path} cannot be written: there is no folder {path.parent}")
    images = iter(images)
    first = next(images, None)
    if first is None:
        return 0
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", suffix=".part", dir=path.parent) as folder:
        clip, written = Path(folder) / path.name, 0
        codec = cv2.VideoWriter_fourcc(*CODECS[path.suffix.lower()])
        writer = cv2.VideoWriter(str(clip), codec, per_second, first.shape[1::-1])
        if not writer.isOpened():
            raise ValueError(f"{path} cannot be written by this OpenCV; try the other of {', '.join(CODECS)}")
        try:
            for image in itertools.chain([first], images):
                writer.write(_bgr(image))
                written += 1
        finally:
            writer.release()
            whole = announced(clip)[0]
            if whole != written:
                raise OSError(f"{path}: {whole} of {written} frames were written; is the disk full?")
            os.replace(clip, path)
    return written


def announced(path: Path | str) -> tuple[int, float]:
    """Return how many frames a video file claims to hold, 0 where it does not say, and how many a second.

    A file that was cut claims more than it holds.
    """
    video = _opened(path)
    count, rate = video.get(cv2.CAP_PROP_FRAME_COUNT), video.get(cv2.CAP_PROP_FPS)
    video.release()
    return max(0, int(count)), rate if 1 <= rate <= 240 else RATE


def missing(path: Path | str, seconds: float) -> str:
    """Return a sentence where a video ended before what it announces, "" where it is whole.

    Args:
        path: of the video.
        seconds: time of its last frame.
    """
    count, rate = announced(path)
    if count / rate - seconds <= 2 / rate + min(MISSING, MISSING_SHARE * count / rate):  # the last frame, and one more
        return ""
    return f"The video is cut or damaged: it ends after {seconds:.1f} of {count / rate:.1f} seconds."


def to_rgb(image: np.ndarray) -> np.ndarray:
    """Return (H, W, 3); a grey image is repeated three times."""
    return image if check(image).ndim == 3 else np.repeat(image[..., None], 3, axis=2)


def to_grey(image: np.ndarray) -> np.ndarray:
    """Return (H, W): ITU-R BT.601 luma of an RGB image, a grey one as it is."""
    return image if check(image).ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def check(image: np.ndarray, name: str = "image") -> np.ndarray:
    """Return `image` if it is uint8, (H, W) or (H, W, 3), not empty, no side over `MAX_SIDE`.

    Args:
        image: anything.
        name: what the message calls it.

    Raises:
        ValueError: anything else; the message names what came.
    """
    if not isinstance(image, np.ndarray):
        raise ValueError(f"{name} is a {type(image).__name__}; expected a uint8 array (H, W) or (H, W, 3)")
    if image.dtype != np.uint8 or image.size == 0 or not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)):
        raise ValueError(f"{name} is {image.dtype} {image.shape}; expected uint8 (H, W) or (H, W, 3), not empty")
    if max(image.shape) > MAX_SIDE:
        raise ValueError(f"{name} is {image.shape}; expected at most {MAX_SIDE:,} pixels a side: scale it down")
    return image
