"""A network's file with its contract, run without TensorFlow: LiteRT or ONNX Runtime."""

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from lib.faces.networks import quiet
from lib.predict import contract

FOLDER = Path(__file__).parent / "files"  # networks that come with the study
SAME = 0.02  # largest difference of an output on the probe: processors round 8-bit arithmetic differently


class Network:
    """A network, one thread per call, safe in threads.

    Attributes:
        contract: what the file promises.

    Args:
        path: file that `lib.predict.export` wrote, `.tflite` or `.onnx`.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file breaks its contract.
    """

    def __init__(self, path: Path) -> None:
        try:
            content, self.contract = contract.split(Path(path).read_bytes())
            self._run = runner(content, Path(path).suffix, self.contract.size)
            self._check()
        except ValueError as error:
            raise ValueError(f"{path} {error}") from error

    def __call__(self, crop: np.ndarray) -> np.ndarray:
        """Return the outputs, float32 (classes,), of a crop uint8 RGB (size, size, 3)."""
        outputs = self.one_view(crop)
        return (outputs + self.one_view(crop[:, ::-1])) / 2 if self.contract.mirrored else outputs

    def one_view(self, crop: np.ndarray) -> np.ndarray:
        """Return the outputs, float32 (classes,), of a crop uint8 RGB (size, size, 3), never mirrored."""
        return self._run(crop[None])[0]

    def _check(self) -> None:
        """Raise ValueError where the network does not answer the probe as the contract says."""
        outputs = self.one_view(contract.probe(self.contract.size))
        if outputs.shape != (len(self.contract.classes),) or np.abs(outputs - self.contract.probe).max() > SAME:
            raise ValueError(f"answers {outputs.round(3)} to the probe; its contract says {self.contract.probe}")


def runner(content: bytes, ending: str, size: int) -> Callable[[np.ndarray], np.ndarray]:
    """Return what runs a network on crops uint8 (1, size, size, 3) and returns (1, classes).

    Args:
        content: of the network.
        ending: ".tflite" or ".onnx".
        size: side of a crop in pixels.

    Raises:
        ValueError: the network takes something else.
    """
    return _onnx(content, size) if ending == ".onnx" else _LiteRT(content, size)


class _LiteRT:
    """An interpreter per calling thread, because one must not be shared."""

    def __init__(self, content: bytes, size: int) -> None:
        self._content, self._worker = content, threading.local()
        takes = self._interpreter().get_input_details()[0]
        if tuple(takes["shape"]) != (1, size, size, 3) or takes["dtype"] != np.uint8:
            raise ValueError(
                f"takes {takes['dtype'].__name__} {takes['shape']}; its contract says uint8, {size} pixels"
            )

    def __call__(self, crops: np.ndarray) -> np.ndarray:
        """Return the outputs (1, classes) of uint8 (1, size, size, 3)."""
        interpreter = self._interpreter()
        interpreter.set_tensor(self._worker.input, crops)
        interpreter.invoke()
        return interpreter.get_tensor(self._worker.output)

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


def _onnx(content: bytes, size: int) -> Callable[[np.ndarray], np.ndarray]:
    """Return what runs an ONNX network on uint8 (1, size, size, 3), in one thread."""
    import onnxruntime  # a tenth of a second that a LiteRT file need not wait for

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    (takes,) = session.get_inputs()
    if takes.type != "tensor(uint8)" or list(takes.shape[1:]) != [size, size, 3]:
        raise ValueError(f"takes {takes.type} {takes.shape}; its contract says uint8, {size} pixels")
    return lambda crops: session.run(None, {takes.name: crops})[0]


def load(name_or_path: str | Path) -> Network:
    """Return a network of the study by its name, or one from a file.

    Raises:
        FileNotFoundError: neither; the message lists the names.
        ValueError: the file breaks its contract.
    """
    ours = {file.stem: file for file in sorted(FOLDER.glob("*.tflite"))}
    path = ours.get(str(name_or_path), Path(name_or_path))
    if not path.is_file():
        names = ", ".join(ours)
        raise FileNotFoundError(f"no network {str(name_or_path)!r}; expected a file, or one of: {names}")
    try:
        return Network(path)
    except ValueError as error:
        if path.parent != FOLDER:
            raise
        raise ValueError(f"{error}. This file comes with the study; restore it: git checkout {path}") from error
