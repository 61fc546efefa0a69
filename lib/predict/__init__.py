"""For use: from a photograph to the faces in it, each with its emotion, without TensorFlow.

contract     what a file of a network promises, in the file itself; a file that breaks it is refused
network      such a file, run by LiteRT or ONNX Runtime
predictor    detection, alignment and networks as one call
tiles        faces that are small in a large picture: searched for square by square
answers      for a file, folder or video: words, JSON or rows of a table
intensities  how strong an expression is, on real faces: a head fitted to votes
training     from a data set of one's own to a file, and its figures of merit
export       the forms of a network's file, each checked against the network
peers        from a file to an answer beside the package fer, process by process
trials       what notebook 18 measures
"""

from lib.predict.predictor import Face, Predictor

__all__ = ["Face", "Predictor"]
