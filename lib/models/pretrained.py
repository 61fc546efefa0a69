"""Trained weights that come with the study: small files beside a card that says what they are and how good."""

import json
from pathlib import Path

import keras

from lib import models
from lib.paths import replace_on_success, sha256

FOLDER = Path(__file__).parent / "weights"
LARGEST = 12.1e6  # bytes of a weights file: the size of paper A's network


def publish(model: keras.Model, name: str, card: dict[str, object], folder: Path = FOLDER) -> Path:
    """Write `<name>.npz`, half precision, and `<name>.json`, the card, and return the path of the weights.

    Args:
        model: from `lib.models.build`, trained.
        name: of the files.
        card: what a user must know: data, protocol, settings, metrics with intervals. Network, size and checksum come
            first, as they are.
        folder: where to.

    Raises:
        ValueError: the file would be larger than paper A's network.
    """
    path = folder / f"{name}.npz"
    models.save_weights(model, path, "float16")
    if path.stat().st_size > LARGEST:
        path.unlink()
        raise ValueError(f"{model.name} takes more than {LARGEST / 1e6} MB; expected a compact network")
    facts = {"network": model.name, "size": model.input_shape[1], "classes": model.output_shape[-1]}
    facts |= {"head": model.layers[-1].activation.__name__, "sha256": sha256(path)}
    with replace_on_success(path.with_suffix(".json")) as part:
        part.write_text(json.dumps(facts | card | facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def load(name: str, folder: Path = FOLDER) -> tuple[keras.Model, dict]:
    """Return the trained model and its card.

    Raises:
        FileNotFoundError: no such weights; the message lists those that there are.
        ValueError: the file is not the one that the card describes.
    """
    path = folder / f"{name}.npz"
    names = sorted(file.stem for file in folder.glob("*.npz") if file.with_suffix(".json").is_file())
    if name not in names:
        there = ", ".join(names) or "none"
        raise FileNotFoundError(f"no weights named {name!r} in {folder}; there are: {there}")
    card = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    if sha256(path) != card["sha256"]:
        raise ValueError(f"{path} is damaged or was exchanged: its SHA-256 is not that of its card; restore the file")
    model = models.build(card["network"], card["size"], card["classes"], card["head"])
    models.load_weights(model, path)
    return model, card
