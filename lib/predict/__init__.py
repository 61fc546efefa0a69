"""For use: from a photograph to the faces in it, each with its emotion, without TensorFlow.

contract     what a file of a network promises, in the file itself; a file that breaks it is refused
network      such a file, run by LiteRT or ONNX Runtime
predictor    detection, alignment and networks as one call
intensities  how strong an expression is, on real faces: a head fitted to votes
"""

from lib.predict.predictor import Face, Predictor

__all__ = ["Face", "Predictor"]
