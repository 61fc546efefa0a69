"""A subject made ready for the camera: one list of vertices and triangles, painted."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from lib.synthetic import brush, hair, mesh, parts, raster, shade, shape, skin
from lib.synthetic.people import Subject


@dataclass(frozen=True)
class Actor:
    """A subject made ready: float32 arrays over the fine skin followed by all parts."""

    head: shape.Head
    skin: tuple[skin.Skin, ...]
    rigid: np.ndarray  # (p, 3), the parts
    body: np.ndarray  # (n,)
    jaw: np.ndarray  # (p,)
    triangles: np.ndarray
    material: np.ndarray
    uv: np.ndarray
    sky: np.ndarray  # (n,), openness
    plain: np.ndarray  # (10, 3)
    strands: np.ndarray  # (256,)
    curl: float


@lru_cache(maxsize=24)
def actor(subject: Subject) -> Actor:
    """Return a subject made ready; the last 24 are kept."""
    head, s = shape.head(subject), mesh.surface()
    first = [s.refine.shape[0]]
    for part in head.parts:
        first.append(first[-1] + len(part.points))
    uv = [s.refine @ brush.coordinates(), *(p.uv for p in head.parts)]
    triangles = np.concatenate([s.fine, *(p.triangles + at for p, at in zip(head.parts, first, strict=False))])
    triangles = triangles.astype(np.int32)
    material = np.concatenate([s.material, *(np.full(len(p.triangles), p.material, np.uint8) for p in head.parts)])
    style = hair.STYLES[subject.traits.hair_style]
    painted = skin.paint(subject)
    loose = style is not None and style.hem is None and style.curl < 0.8
    reach = 0.10 if loose else 0.03  # share of its length by which a strand may be shorter
    ragged = (1 - reach * subject.rng(4).uniform(0, 1, 256) ** 2).astype(np.float32)
    return Actor(
        head, painted,
        np.concatenate([p.points for p in head.parts]),
        np.concatenate([np.zeros(first[0]), *(p.body for p in head.parts)]),
        np.concatenate([p.jaw for p in head.parts]),
        triangles, material,
        np.concatenate(uv).astype(np.float32), _openness(head, first, triangles, material),
        _plain(subject, painted[0]), ragged,
        style.curl if style else 0.0,
    )  # fmt: skip


def _openness(head: shape.Head, first: list[int], triangles: np.ndarray, material: np.ndarray) -> np.ndarray:
    """Return float32 (n,): how much of the sky each vertex sees at rest."""
    s = mesh.surface()
    skin, control = s.refine @ head.control, head.control
    points = np.concatenate([skin, *(p.points for p in head.parts)]).astype(np.float32)
    sky = 0.3 + 0.7 * raster.occlusion(points, triangles, material)
    sky[: first[0]] -= 0.5 * np.asarray(s.refine[:, 468:500].sum(1))[:, 0]  # the inside of lids
    mouth = np.unique(s.fine[s.material == mesh.MOUTH])
    front = control[list(mesh.LIP_RING), 2].mean()
    sky[mouth] = np.exp(-(front - skin[mouth, 2]).clip(0, None) * 1.1)
    fixed = {parts.EYE: 1.0, parts.TEETH: 0.95, parts.TONGUE: 0.4, parts.HAIR: 1.0, parts.FRAME: 1.0}
    for part, at in zip(head.parts, first, strict=False):
        if part.material in fixed:
            sky[at : at + len(part.points)] = fixed[part.material]
    return sky.clip(0.1, 1)


def between(actor: Actor, face: np.ndarray, rigid: np.ndarray) -> np.ndarray:
    """Return how much light passes between lids and lips to each vertex of the parts, float32 (p,), 1 is all.

    Args:
        actor: whose eyes and teeth.
        face: the moved landmarks, float64 (468, 3), in the head's frame, cm.
        rigid: the moved parts, float64 (p, 3), likewise.
    """
    access, at, eye = np.ones(len(rigid), np.float32), 0, 0
    for part in actor.head.parts:
        here = slice(at, at + len(part.points))
        at = here.stop
        if part.material == parts.EYE:
            lids = [
                _angles(face[_margin(ring, eye)] - actor.head.eyes[eye]) for ring in (mesh.UPPER_LID, mesh.LOWER_LID)
            ]
            above, below = _depths(part.uv, *lids)
            access[here] = (0.10 + 0.90 * (above / 0.5).clip(0, 1)) * (0.7 + 0.3 * (below / 0.2).clip(0, 1))
            eye += 1
        elif part.material in (parts.TEETH, parts.TONGUE):
            lips = [face[[78, *ring, 308], :2] for ring in (mesh.UPPER_LIP, mesh.LOWER_LIP)]
            above, below = _depths(rigid[here, :2], *lips)
            access[here] = ((above + below) / 0.35).clip(0, 1) * (0.6 + 0.4 * (above / 0.3).clip(0, 1))
    return access


def _margin(ring: tuple[int, ...], left: int) -> np.ndarray:
    """Return the vertices of a lid from corner to corner."""
    vertices = np.array([33, *ring, 133])
    return mesh.surface().mirror[vertices] if left else vertices


def _angles(ray: np.ndarray) -> np.ndarray:
    """Return angles (n, 2) to the left and up, radians, of rays (n, 3) from the middle of an eye."""
    x, y, z = ray.T
    return np.stack([np.arctan2(x, z), np.arctan2(y, np.hypot(x, z))], axis=1)


def _depths(place: np.ndarray, upper: np.ndarray, lower: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far places (n, 2) lie below an upper and above a lower margin, (k, 2) each."""
    upper, lower = upper[upper[:, 0].argsort()], lower[lower[:, 0].argsort()]
    return np.interp(place[:, 0], *upper.T) - place[:, 1], place[:, 1] - np.interp(place[:, 0], *lower.T)


def _plain(subject: Subject, painted: skin.Skin) -> np.ndarray:
    """Return the linear colour of each material and of the sclera, float32 (10, 3)."""
    t = subject.traits
    tone = brush.tone(painted.colour)
    colours = {
        parts.MOUTH: (104, 33, 32), parts.EYE: t.iris, parts.TEETH: (226, 216, 196), parts.TONGUE: (176, 84, 84),
        parts.HAIR: t.hair_colour, parts.SHIRT: t.shirt, parts.FRAME: t.frame, parts.PLAIN: tone,
        parts.SCLERA: np.array((178, 164, 154)) * (0.5 + 0.5 * tone.mean() / 200),
    }  # fmt: skip
    plain = np.zeros((10, 3), np.float32)
    for material, colour in colours.items():
        plain[material] = (np.array(colour) / 255) ** shade.GAMMA
    return plain


@lru_cache(maxsize=1)
def hairs() -> np.ndarray:
    """Return the brightness of strands, float32 (64, 512): fine across, slow along."""
    rng = np.random.default_rng(8)
    noise = cv2.GaussianBlur(
        rng.standard_normal((64, 512)).astype(np.float32), (0, 0), sigmaX=0.9, sigmaY=4, borderType=cv2.BORDER_REFLECT
    )
    coarse = cv2.GaussianBlur(
        rng.standard_normal((64, 512)).astype(np.float32), (0, 0), sigmaX=7, sigmaY=8, borderType=cv2.BORDER_REFLECT
    )
    return (0.55 + 0.2 * noise / noise.std() + 0.14 * coarse / coarse.std()).clip(0, 1.2).astype(np.float32)
