"""What the file of a network promises to whoever uses it, kept inside the file: a wrong use is refused, not guessed.

A LiteRT file (`.tflite`) may be followed by a zip archive, which interpreters do not read; the contract is the member
`contract.json` there, as with TensorFlow Lite's own metadata. An ONNX file has a place for text (`metadata_props`),
which is written behind the network, as protocol buffers allow. Nothing is pickled.
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
ONNX_ENTRY = b"\x0a\x08contract\x12"  # in protocol buffers: key "contract", then the value
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

    def in_words(self) -> str:
        """Return the card: what a user must know."""
        facts = {name: getattr(self, name) for name in ("name", "version", "data", "origin", "limits", "sha256")}
        facts["input"] = f"{self.dtype} {self.colour}, {self.size} x {self.size}, {self.values[0]} to {self.values[1]}"
        facts["alignment"] = self.alignment + (", mirrored view included" if self.mirrored else "")
        facts["output"] = f"{self.head} of {', '.join(self.classes)}"
        facts["check"] = ", ".join(f"{key} {value}" for key, value in self.check.items())
        lines = [f"{name:<10} {value}" for name, value in facts.items()]
        for row in self.metrics:
            of = "" if row["of"] == "all" else f" of {row['of']}"
            images = f", {row['images']}" if "images" in row else ""
            few = row["low"] is None
            interval = "too few people for an interval" if few else f"{row['low']:.3f} to {row['high']:.3f}"
            lines.append(f"{row['metric']}{of}{images}: {row['value']:.3f} ({interval}), n = {row['n']}")
        return "\n".join(lines)

    def dumps(self) -> str:
        """Return the contract as JSON; what is undefined, such as the interval of one person, becomes null."""
        content = json.loads(json.dumps(asdict(self)), parse_constant=lambda _: None)
        return json.dumps(content, indent=1, ensure_ascii=False)


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


def append(network: bytes, contract: Contract, ending: str) -> bytes:
    """Return a network followed by its contract.

    Args:
        network: LiteRT's or ONNX's bytes.
        contract: of this network.
        ending: ".tflite" or ".onnx".
    """
    text = contract.dumps()
    if ending == ".onnx":
        entry = ONNX_ENTRY + _varint(len(text.encode())) + text.encode()
        return network + b"\x72" + _varint(len(entry)) + entry
    file = io.BytesIO(network)
    with zipfile.ZipFile(file, "a") as archive:  # opened for adding to a file that is no archive, it goes behind
        archive.writestr(zipfile.ZipInfo(MEMBER), text)  # of a fixed date: equal networks give equal files
    return file.getvalue()


def split(content: bytes) -> tuple[bytes, Contract]:
    """Return the network and the contract of a file.

    Raises:
        ValueError: there is no contract, a broken one, or the network is not the one that it describes.
    """
    entry = content.rfind(ONNX_ENTRY)
    try:
        if entry >= 0:
            network = content[: entry - len(_varint(len(content) - entry)) - 1]
            rest = content[entry + len(ONNX_ENTRY) :]
            length = next((place for place, byte in enumerate(rest) if byte < 0x80), 0) + 1  # bytes of a varint
            text = rest[length:].decode()
        else:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                text = archive.read(MEMBER).decode()
                network = content[: archive.getinfo(MEMBER).header_offset]
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise ValueError("carries no contract; python -m lib.cli export makes files that do") from error
    contract = loads(text)
    if hashlib.sha256(network).hexdigest() != contract.sha256:
        raise ValueError("is damaged or was changed: its SHA-256 is not that of its contract")
    return network, contract


def probe(size: int) -> np.ndarray:
    """Return the image uint8 (size, size, 3) on which a runtime repeats the outputs of the contract.

    Every channel has stripes of its own, so that exchanged channels, another range or a turned image show.
    """
    y, x = np.mgrid[:size, :size]
    waves = (np.sin(x / 3), np.sin(y / 5), np.sin((x + y) / 4))
    return np.round(127.5 + 127.5 * np.stack(waves, axis=-1)).astype(np.uint8)


def _varint(number: int) -> bytes:
    """Return a number as protocol buffers write it: seven bits a byte, lowest first."""
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])
