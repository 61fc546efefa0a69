"""What the file of a network promises to whoever uses it, kept inside the file: a wrong use is refused, not guessed.

A LiteRT file (`.tflite`) may be followed by a zip archive, which interpreters do not read; the contract is the member
`contract.json` there, as with TensorFlow Lite's own metadata. An ONNX file has a place for text. Nothing is pickled.
"""

import hashlib
import io
import json
import zipfile
from dataclasses import asdict, dataclass, fields

import numpy as np

from lib.emotions import EMOTIONS, EMOTIONS_8

FORMAT = 1  # of the contract; a reader refuses any other
MEMBER = "contract.json"
HEADS = ("softmax", "sigmoid")
ALIGNMENTS = ("proposed", "eyes")
ORIGINS = ("real", "stand-in", "mixed")
METRIC = ("metric", "of", "value", "low", "high", "n")  # every figure of merit says at least this


@dataclass(frozen=True)
class Contract:
    """The promises of a file.

    Attributes:
        name: of the network.
        version: of the file, such as "1.0".
        sha256: of the network's bytes, without the contract.
        classes: in the order of the outputs.
        head: "softmax" gives probabilities, "sigmoid" intensities.
        size: side of the square input in pixels.
        colour: order of the channels, "RGB".
        values: lowest and highest value of the input, (0, 255).
        dtype: of the input, "uint8".
        alignment: how a face is cut out, as in `lib.faces.align`.
        mirrored: whether the answer is the mean of the crop's and the mirrored crop's.
        origin: of the training images: "real", "stand-in" or "mixed".
        data: the training images in words.
        limits: what the network is not for.
        metrics: figures of merit, each with the keys `METRIC`; `low` and `high` end the 95 % interval.
        check: what the export changed, from `lib.predict.export`.
        probe: the outputs on `probe(size)`, which every runtime must repeat.
        format: of the contract.
    """

    name: str
    version: str
    sha256: str
    classes: tuple[str, ...]
    head: str
    size: int
    colour: str
    values: tuple[int, int]
    dtype: str
    alignment: str
    mirrored: bool
    origin: str
    data: str
    limits: str
    metrics: tuple[dict[str, object], ...]
    check: dict[str, object]
    probe: tuple[float, ...]
    format: int = FORMAT

    def __post_init__(self) -> None:
        """Refuse promises that this reader cannot keep.

        Raises:
            ValueError: the message says what came and what was expected.
        """
        for name in ("classes", "values", "metrics", "probe"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # JSON has lists
        expected = {
            "format": (FORMAT,),
            "classes": (EMOTIONS, EMOTIONS_8),
            "head": HEADS,
            "colour": ("RGB",),
            "values": ((0, 255),),
            "dtype": ("uint8",),
            "alignment": ALIGNMENTS,
            "mirrored": (True, False),
            "origin": ORIGINS,
        }
        for name, allowed in expected.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} is {getattr(self, name)!r}; expected {' or '.join(map(repr, allowed))}")
        self._check_figures()

    def _check_figures(self) -> None:
        if len(self.probe) != len(self.classes):
            raise ValueError(f"{len(self.probe)} outputs on the probe; expected one for each of {self.classes}")
        for metric in self.metrics:
            missing = [key for key in METRIC if key not in metric]
            if missing:
                raise ValueError(f"the metric {metric} lacks {', '.join(missing)}")

    def dumps(self) -> str:
        """Return the contract as JSON."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False)


def loads(text: str) -> Contract:
    """Return the contract that `dumps` wrote.

    Raises:
        ValueError: it is not one, or lacks a promise, or has one that is not understood.
    """
    content = json.loads(text)
    names = {field.name for field in fields(Contract)}
    if not isinstance(content, dict) or set(content) != names:
        different = sorted(names ^ set(content)) if isinstance(content, dict) else [type(content).__name__]
        raise ValueError(f"the contract lacks or adds {', '.join(different)}")
    return Contract(**content)


def append(network: bytes, contract: Contract) -> bytes:
    """Return a LiteRT network followed by its contract."""
    file = io.BytesIO(network)
    with zipfile.ZipFile(file, "a") as archive:  # opened for adding to a file that is no archive, it goes behind
        member = zipfile.ZipInfo(MEMBER)  # its date is fixed: equal networks give equal files
        archive.writestr(member, contract.dumps())
    return file.getvalue()


def split(content: bytes) -> tuple[bytes, Contract]:
    """Return the network and the contract of a LiteRT file.

    Raises:
        ValueError: there is no contract, a broken one, or the network is not the one that it describes.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            text = archive.read(MEMBER).decode()
            network = content[: archive.getinfo(MEMBER).header_offset]
    except (zipfile.BadZipFile, KeyError) as error:
        raise ValueError("carries no contract; python -m lib.cli export makes files that do") from error
    contract = loads(text)
    check_bytes(network, contract)
    return network, contract


def check_bytes(network: bytes, contract: Contract) -> None:
    """Raise ValueError where a network is not the one that its contract describes."""
    if hashlib.sha256(network).hexdigest() != contract.sha256:
        raise ValueError("is damaged or was changed: its SHA-256 is not that of its contract")


def probe(size: int) -> np.ndarray:
    """Return the image uint8 (size, size, 3) on which a runtime repeats the outputs of the contract.

    Every channel has stripes of its own, so that exchanged channels, another range or a turned image show.
    """
    y, x = np.mgrid[:size, :size]
    waves = (np.sin(x / 3), np.sin(y / 5), np.sin((x + y) / 4))
    return np.round(127.5 + 127.5 * np.stack(waves, axis=-1)).astype(np.uint8)
