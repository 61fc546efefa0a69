"""A network's file with its contract, run without TensorFlow."""

import threading
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from lib.faces.networks import quiet
from lib.predict import contract

FOLDER = Path(__file__).parent / "files"  # networks that come with the study
SAME = 0.02  # largest difference of an output on the probe: processors round 8-bit arithmetic differently


class Network:
    """A network on one thread per calling thread: an interpreter must not be shared.

    Attributes:
        contract: what the file promises.

    Args:
        path: file that `lib.predict.export` wrote.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file breaks its contract.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._content, self.contract = contract.split(Path(path).read_bytes())
            self._worker = threading.local()
            self._check()
        except ValueError as error:
            raise ValueError(f"{path} {error}") from error

    def __call__(self, crop: np.ndarray) -> np.ndarray:
        """Return the outputs, float32 (classes,), of a crop uint8 RGB (size, size, 3)."""
        outputs = self._run(crop)
        return (outputs + self._run(crop[:, ::-1])) / 2 if self.contract.mirrored else outputs

    def _run(self, crop: np.ndarray) -> np.ndarray:
        interpreter = self._interpreter()
        interpreter.set_tensor(self._worker.input, crop[None])
        interpreter.invoke()
        return interpreter.get_tensor(self._worker.output)[0]

    def _interpreter(self) -> Interpreter:
        """Return the interpreter of the calling thread, made at its first call."""
        if not hasattr(self._worker, "interpreter"):
            with quiet():
                interpreter = Interpreter(model_content=self._content, num_threads=1)
                interpreter.allocate_tensors()
            self._worker.input = interpreter.get_input_details()[0]["index"]
            self._worker.output = interpreter.get_output_details()[0]["index"]
            self._worker.interpreter = interpreter
        return self._worker.interpreter

    def _check(self) -> None:
        """Raise ValueError where the network does not take or give what the contract says."""
        takes, size = self._interpreter().get_input_details()[0], self.contract.size
        if tuple(takes["shape"]) != (1, size, size, 3) or takes["dtype"] != np.uint8:
            raise ValueError(
                f"takes {takes['dtype'].__name__} {tuple(takes['shape'])}; its contract says {size} pixels"
            )
        outputs = self._run(contract.probe(size))
        if outputs.shape != (len(self.contract.classes),) or np.abs(outputs - self.contract.probe).max() > SAME:
            raise ValueError(f"answers {outputs.round(3)} to the probe; its contract says {self.contract.probe}")


def load(name_or_path: str | Path) -> Network:
    """Return a network of the study by its name, or one from a file.

    Raises:
        FileNotFoundError: neither; the message lists the names.
        ValueError: the file breaks its contract.
    """
    path = FOLDER / f"{name_or_path}.tflite"
    if not path.is_file():
        path = Path(name_or_path)
    if not path.is_file():
        names = ", ".join(sorted(file.stem for file in FOLDER.glob("*.tflite")))
        raise FileNotFoundError(f"no network {str(name_or_path)!r}; expected a file, or one of: {names}")
    return Network(path)
