"""Rendered faces with exact truth: a measuring instrument, never evidence about people.

from lib.synthetic import Subject, render
image, truth = render(Subject(3), "happy", 0.8, np.random.default_rng(0))

recover        the face inside MediaPipe's network -> face.npz, run once
mesh           the head as one smooth surface
units          action units move it
hair, parts    hair; eyes, teeth, ears, shoulders, glasses
people         a seed becomes a person
skin, wrinkles the skin as a picture, and its folds
expressions    emotions as distributions over action units
scene          pose, light, background, camera
raster, shade  triangles to pixels, pixels to light
render         all of it, and the truth
"""

from lib.synthetic.people import Subject
from lib.synthetic.render import draw, render, sequence
from lib.synthetic.truth import LANDMARKS_68, Truth

__all__ = ["LANDMARKS_68", "Subject", "Truth", "draw", "render", "sequence"]
