"""Who is who from frame to frame.

The detectors look at a frame when `AGAIN` seconds have passed, when a face is lost and when there is none; in between,
the mesh network follows each face from its last place. A face keeps its number as long as it is near its last place,
and for `FORGOTTEN` seconds after it was last seen: whoever returns there within that time has the same number, whoever
returns later or elsewhere has a new one. Only places are compared, never faces: nobody is recognised.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from lib import faces
from lib.faces import Face

AGAIN = 0.4  # seconds after which the detectors look for new faces
FORGOTTEN = 2.0  # seconds for which a face that is gone keeps its number
NEAR = 0.8  # in widths of the face: how far it may be from its last place


@dataclass(eq=False)
class Track:
    """A face over time.

    Attributes:
        number: from 1, in the order of appearance.
        face: where it was last seen.
        seconds: when.
    """

    number: int
    face: Face
    seconds: float


class Tracker:
    """Faces with numbers, frame after frame.

    Args:
        detect: returns all faces of an image.
        follow: returns a face of the frame before in an image, or None.
    """

    def __init__(
        self,
        detect: Callable[[np.ndarray], list[Face]] = faces.detect,
        follow: Callable[[np.ndarray, Face], Face | None] = faces.follow,
    ) -> None:
        self._detect, self._follow = detect, follow
        self._tracks: list[Track] = []
        self._detected, self._numbers = -np.inf, 0

    def __call__(self, seconds: float, image: np.ndarray) -> list[Track]:
        """Return the faces in a frame, largest first.

        Args:
            seconds: time of the frame.
            image: uint8 RGB (H, W, 3).
        """
        shown = self._followed(seconds, image)
        if shown is None:
            shown, self._detected = self._named(seconds, self._detect(image)), seconds
        return sorted(shown, key=lambda track: -np.prod(track.face.box[2:]))

    def _followed(self, seconds: float, image: np.ndarray) -> list[Track] | None:
        """Return the faces of the last frame at their new places; None where the detectors must look."""
        last = max((track.seconds for track in self._tracks), default=-np.inf)
        shown = [track for track in self._tracks if track.seconds == last]
        if not shown or not 0 <= seconds - self._detected < AGAIN:
            return None
        places = [self._follow(image, track.face) for track in shown]
        if any(face is None for face in places) or _meet(places):
            return None
        for track, face in zip(shown, places, strict=True):
            track.face, track.seconds = face, seconds
        return shown

    def _named(self, seconds: float, detected: list[Face]) -> list[Track]:
        """Return a track for every face: the one whose last place is nearest, or a new one."""
        self._tracks = [track for track in self._tracks if seconds - track.seconds <= FORGOTTEN]
        distances = np.array([[_distance(track.face, face) for face in detected] for track in self._tracks])
        pairs = linear_sum_assignment(np.minimum(distances, 10 * NEAR)) if distances.size else ((), ())
        named = {k: self._tracks[t] for t, k in zip(*pairs, strict=True) if distances[t, k] <= NEAR}
        for k, face in enumerate(detected):
            if k not in named:
                self._numbers += 1
                named[k] = Track(self._numbers, face, seconds)
                self._tracks.append(named[k])
            named[k].face, named[k].seconds = face, seconds
        return list(named.values())


def _distance(before: Face, now: Face) -> float:
    """Return the distance of the middles of two boxes in widths of the wider."""
    middles = [face.box[:2] + face.box[2:] / 2 for face in (before, now)]
    return float(np.linalg.norm(middles[0] - middles[1]) / max(before.box[2], now.box[2]))


def _meet(places: list[Face]) -> bool:
    """Tell whether two faces were followed to one place."""
    return any(_distance(one, other) < NEAR / 2 for k, one in enumerate(places) for other in places[:k])
