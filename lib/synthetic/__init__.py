"""Rendered faces with exact truth: a measuring instrument, never evidence about people.

`image, truth = render(Subject(3), "happy", 0.8, np.random.default_rng(0))` is all that most callers need. Inside,
upstream first:

    recover         the face inside MediaPipe's network -> face.npz, run once
    mesh            the head as one smooth surface, refined by subdivide
    units           action units move it
    parts, hair     eyes, teeth, ears, shoulders, glasses; hair
    people, shape   a seed becomes a person, and a head
    brush, skin     the skin as a picture
    wrinkles        its folds
    expressions     emotions as distributions over action units
    scene, camera   pose, light, background; lens, grain, JPEG
    raster, shade   triangles to pixels, pixels to light
    actor, render   a subject made ready, and photographed
    truth           what is known about the photograph
    show            contact sheets and clips
    check, likeness how far the faces can be trusted, and how like real ones they are

The stand-in data sets made of these faces are in `stand_in`.
"""

from lib.synthetic.people import Subject
from lib.synthetic.render import draw, render, sequence
from lib.synthetic.truth import LANDMARKS_68, Truth

__all__ = ["LANDMARKS_68", "Subject", "Truth", "draw", "render", "sequence"]
