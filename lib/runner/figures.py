"""The figures in git: small WebP files that carry their provenance, as the PNG files of a run do.

A notebook links each as `![text](../figures/NN_name.webp)`; the text, for those who cannot see it, is its caption.
"""

import io
import json
import re
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

WIDTH = 1600  # pixels at most; a figure of `records.save_figure` is seldom wider
QUALITY = 75  # of sheets of faces
DESCRIPTION = 0x010E  # the EXIF tag ImageDescription
ADVANTAGE = 1.5  # a lossless file may be this much larger than a lossy one: it keeps thin lines sharp


def publish(path: Path, folder: Path) -> Path:
    """Write a PNG file of a run to `folder` as WebP and return the new file's path.

    A drawing with few colours is kept without loss; of a sheet of faces, where that would be much larger, a little is
    lost that cannot be seen.
    """
    with Image.open(path) as image:
        facts, picture = image.text["Description"], image.convert("RGB")
    if picture.width > WIDTH:
        picture = picture.resize((WIDTH, round(picture.height * WIDTH / picture.width)), Image.Resampling.LANCZOS)
    exif = Image.Exif()
    exif[DESCRIPTION] = facts
    exact, lossy = _encoded(picture, exif, lossless=True), _encoded(picture, exif, quality=QUALITY)
    target = folder / f"{path.stem}.webp"
    folder.mkdir(parents=True, exist_ok=True)
    target.write_bytes(exact if len(exact) <= ADVANTAGE * len(lossy) else lossy)
    return target


def provenance(path: Path) -> dict:
    """Return what a published figure says of itself: notebook, origin, parameters, profile, commit, dirty."""
    with Image.open(path) as image:
        return json.loads(image.getexif()[DESCRIPTION])


def captions(notebooks: Iterable[Path]) -> dict[str, str]:
    """Return the caption of every published figure that these notebooks link, by the figure's name."""
    links = re.compile(r"!\[([^\]]+)\]\(\.\./figures/(\w+)\.webp\)")
    texts = [path.read_text(encoding="utf-8") for path in notebooks]
    return {name: json.loads(f'"{words}"') for text in texts for words, name in links.findall(text)}


def _encoded(picture: Image.Image, exif: Image.Exif, **options: object) -> bytes:
    """Return the bytes of a WebP file."""
    buffer = io.BytesIO()
    picture.save(buffer, "webp", method=6, exif=exif, **options)
    return buffer.getvalue()
