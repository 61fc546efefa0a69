"""From a subject, action units and a scene to an image and its truth."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from lib.synthetic import expressions, mesh, parts, people, raster, shade, skin, units, wrinkles
from lib.synthetic import scene as scenes
from lib.synthetic.people import Subject
from lib.synthetic.scene import Scene

DISTANCE = 95.0  # cm from the camera to the eyes
PIVOT = np.array([0.0, -6.0, -5.0])  # the head turns about the top of the neck
_FOCUS, _MIDDLE = 2.95, -1.2  # focal length over the shorter side; height in cm that is central in the image
SUPERSAMPLING = 1.25

# The 68 points of the iBUG scheme as vertices of MediaPipe's mesh: jaw, brows, nose, eyes, outer and inner lips.
LANDMARKS_68 = (
    127, 234, 93, 132, 58, 136, 150, 176, 152, 400, 379, 365, 288, 361, 323, 454, 356,
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300, 168, 197, 5, 4, 98, 97, 2, 326, 327,
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87,
)  # fmt: skip


@dataclass(frozen=True)
class Truth:
    """What is known exactly about a rendered image. Pixels, origin top-left; right and left are the subject's.

    Attributes:
        mesh: float32 (468, 2), MediaPipe's points, x and y.
        landmarks: float32 (68, 2), the iBUG points.
        pose: yaw, pitch, roll in degrees, see `scene.Scene`.
        action_units: per unit, the strength on the (right, left) in [0, 1].
        emotion: one of the eight.
        intensity: in [0, 1]; 0 for neutral.
        face_box: x, y, width, height around the mesh.
        eye_boxes: the same for the right and the left eye.
        occluded: whether something hides a part of the face.
    """

    mesh: np.ndarray
    landmarks: np.ndarray
    pose: tuple[float, float, float]
    action_units: dict[str, tuple[float, float]]
    emotion: str
    intensity: float
    face_box: tuple[float, float, float, float]
    eye_boxes: tuple[tuple[float, float, float, float], tuple[float, float, float, float]]
    occluded: bool


def render(
    subject: Subject,
    emotion: str,
    intensity: float,
    rng: np.random.Generator,
    scene: str = "lab",
    size: int | tuple[int, int] = 256,
) -> tuple[np.ndarray, Truth]:
    """Photograph a subject who shows an emotion.

    Args:
        subject: who.
        emotion: one of the eight.
        intensity: in [0, 1]; the label, exactly. Neutral has none.
        rng: decides how the emotion is shown, and the conditions.
        scene: "lab" or "wild".
        size: of the image in pixels, one number or (height, width).

    Returns:
        The image, uint8 (H, W, 3) RGB, and the truth.

    Raises:
        ValueError: unknown emotion or scene, intensity outside [0, 1], or a size under 16 pixels.
    """
    intensity = _intensity(emotion, intensity)
    full, rest = expressions.draw(subject, emotion, rng)
    strength = expressions.at(full, rest, intensity)
    if rng.uniform() < 0.02:  # caught in a blink
        strength[units.UNITS.index(43)] = np.maximum(strength[units.UNITS.index(43)], rng.uniform(0.3, 0.9))
    return draw(subject, strength, scenes.sample(scene, rng), rng, size, emotion, intensity)


def sequence(
    subject: Subject, emotion: str, frames: int, rng: np.random.Generator, scene: str = "lab",
    size: int | tuple[int, int] = 256, peak: float = 1.0, release: bool = True,
) -> Iterator[tuple[np.ndarray, Truth]]:  # fmt: skip
    """Film a subject: neutral, rising to the emotion, a hold, and back; the onset is faster than the offset.

    Args:
        subject: who.
        emotion: one of the eight.
        frames: how many, at least 1.
        rng: decides the expression, the conditions, the times and the blinks.
        scene: "lab" or "wild".
        size: of the images in pixels, one number or (height, width).
        peak: intensity at the apex, in [0, 1].
        release: without it the last frame is the apex, as in CK+.

    Yields:
        Per frame, the image and the truth as from `render`; the emotion stays the take's, the intensity is the frame's.

    Raises:
        ValueError: as `render`, or fewer frames than 1.
    """
    peak = _intensity(emotion, peak)
    if frames < 1:
        raise ValueError(f"frames is {frames}; a sequence has at least one")
    full, rest = expressions.draw(subject, emotion, rng)
    setting, blink = scenes.sample(scene, rng), units.UNITS.index(43)
    drift = np.cumsum(rng.normal(0, 0.25, (frames, 3)), axis=0)
    lids = np.max(
        [np.exp(-(((np.arange(frames) - at) / 1.1) ** 2)) for at in rng.uniform(0, frames, 1 + frames // 70)], axis=0
    )
    lids *= rng.uniform() < 0.7
    for t, share in enumerate(expressions.course(frames, release, rng)):
        strength = expressions.at(full, rest, float(share * peak))
        strength[blink] = np.maximum(strength[blink], lids[t] * (1 - share))
        pose = np.array([setting.yaw, setting.pitch, setting.roll]) + drift[t] - drift[t] * 0.5
        yield draw(subject, strength, setting.turned(*pose), rng, size, emotion, float(share * peak))


def _intensity(emotion: str, intensity: float) -> float:
    if not 0 <= intensity <= 1:
        raise ValueError(f"intensity is {intensity}; expected a number in [0, 1]")
    return 0.0 if emotion == "neutral" else float(intensity)


@dataclass(frozen=True)
class _Actor:
    """A subject made ready: float32 arrays over the fine skin followed by all parts."""

    head: people.Head
    skin: tuple[skin.Skin, ...]
    rigid: np.ndarray  # (p, 3), the parts
    body: np.ndarray  # (n,)
    jaw: np.ndarray  # (p,)
    triangles: np.ndarray
    material: np.ndarray
    uv: np.ndarray
    sky: np.ndarray  # (n,), openness
    plain: np.ndarray  # (9, 3)
    strands: np.ndarray  # (256,)
    curl: float


@lru_cache(maxsize=24)
def _actor(subject: Subject) -> _Actor:
    head, s = people.head(subject), mesh.surface()
    first = [s.refine.shape[0]]
    for part in head.parts:
        first.append(first[-1] + len(part.points))
    uv = [s.refine @ skin.coordinates(), *(p.uv for p in head.parts)]
    triangles = [s.fine, *(p.triangles + at for p, at in zip(head.parts, first, strict=False))]
    material = [s.material, *(np.full(len(p.triangles), p.material, np.uint8) for p in head.parts)]
    style = people.hair.STYLES[subject.traits.hair_style]
    painted = skin.paint(subject)
    reach = 0.10 if style is None or style.hem is None else 0.03
    ragged = subject.rng(4).uniform(1 - reach, 1.0, 256).astype(np.float32)
    return _Actor(
        head, painted,
        np.concatenate([p.points for p in head.parts]),
        np.concatenate([np.zeros(first[0]), *(p.body for p in head.parts)]),
        np.concatenate([p.jaw for p in head.parts]),
        np.concatenate(triangles).astype(np.int32), np.concatenate(material),
        np.concatenate(uv).astype(np.float32), _openness(head, first), _plain(subject, painted[0]), ragged,
        style.curl if style else 0.0,
    )  # fmt: skip


def _openness(head: people.Head, first: list[int]) -> np.ndarray:
    """Return float32 (n,): how much sky each vertex sees, from how deep it lies in its surroundings."""
    s = mesh.surface()
    points, smooth = s.refine @ head.control, head.control.copy()
    total = np.zeros(len(smooth))
    np.add.at(total, s.triangles.ravel(), 1.0)
    for _ in range(4):
        mean = np.zeros_like(smooth)
        for a, b in ((0, 1), (1, 2), (2, 0)):
            np.add.at(mean, s.triangles[:, a], smooth[s.triangles[:, b]])
        smooth = 0.5 * smooth + 0.5 * mean / total[:, None]
    outward = raster.normals(points.astype(np.float32), s.fine)
    depth = ((s.refine @ smooth - points) * outward).sum(1).clip(0, 1.2)
    sky = np.ones(first[-1])
    sky[: first[0]] = 1 - 0.55 * depth
    mouth = np.unique(s.fine[s.material == mesh.MOUTH])
    front = points[:468, 2][list(mesh.LIP_RING)].mean()
    sky[mouth] = np.minimum(sky[mouth], np.exp(-(front - points[mouth, 2]).clip(0, None) * 1.1))
    for part, at in zip(head.parts, first, strict=False):
        if part.material in (parts.TEETH, parts.TONGUE):
            sky[at : at + len(part.points)] = 0.75 if part.material == parts.TEETH else 0.4
    return sky.astype(np.float32)


def _plain(subject: Subject, painted: skin.Skin) -> np.ndarray:
    """Return the linear colour of each material, float32 (9, 3)."""
    t = subject.traits
    tone = skin.tone(painted.colour)
    colours = {
        parts.MOUTH: (96, 38, 40), parts.EYE: t.iris, parts.TEETH: (226, 216, 196), parts.TONGUE: (176, 84, 84),
        parts.HAIR: t.hair_colour, parts.SHIRT: t.shirt, parts.FRAME: t.frame, parts.PLAIN: tone,
    }  # fmt: skip
    plain = np.zeros((9, 3), np.float32)
    for material, colour in colours.items():
        plain[material] = (np.array(colour) / 255) ** shade.GAMMA
    return plain


@lru_cache(maxsize=1)
def _hairs() -> np.ndarray:
    """Return the brightness of strands, float32 (64, 512): fine across, slow along."""
    rng = np.random.default_rng(8)
    noise = cv2.GaussianBlur(
        rng.standard_normal((64, 512)).astype(np.float32), (0, 0), sigmaX=0.9, sigmaY=4, borderType=cv2.BORDER_REFLECT
    )
    coarse = cv2.GaussianBlur(
        rng.standard_normal((64, 512)).astype(np.float32), (0, 0), sigmaX=7, sigmaY=8, borderType=cv2.BORDER_REFLECT
    )
    return (0.55 + 0.2 * noise / noise.std() + 0.14 * coarse / coarse.std()).clip(0, 1.2).astype(np.float32)


def draw(
    subject: Subject, strength: np.ndarray, scene: Scene, rng: np.random.Generator, size: int | tuple[int, int] = 256,
    emotion: str = "neutral", intensity: float = 0.0,
) -> tuple[np.ndarray, Truth]:  # fmt: skip
    """Photograph a subject with given action units under given conditions.

    Args:
        subject: who.
        strength: float64 (20, 2), the units of `units.UNITS` in [0, 1], right and left.
        scene: pose, light, camera.
        rng: the camera's noise.
        size: of the image in pixels, one number or (height, width).
        emotion: goes into the truth as it is.
        intensity: likewise.

    Returns:
        As `render`.
    """
    height, width = (size, size) if np.isscalar(size) else size
    if min(height, width) < 16:
        raise ValueError(f"size is {size}; expected at least 16 pixels each way")
    actor = _actor(subject)
    points = _pose(actor, strength, scene)
    xy, near = _project(points, scene, height, width)
    linear = _light(actor, points, xy, near, strength, scene, subject.traits.age, height, width)
    truth = _truth(xy[:468], strength, scene, emotion, intensity)
    if scene.cover >= 0:
        scenes.cover(linear, scene, truth.mesh, actor.plain[parts.PLAIN])
    linear = scenes.blur(linear, scene, min(height, width))
    image = shade.develop(linear, scenes.grain(linear.shape, rng), np.float32(scene.grain), shade.TO_SRGB)
    return (scenes.compress(image, scene.jpeg) if scene.jpeg else image), truth


def _pose(actor: _Actor, strength: np.ndarray, scene: Scene) -> np.ndarray:
    """Return all vertices as the camera sees them, float32 (n, 3)."""
    control, degrees = units.deform(actor.head.control, strength, actor.head.eyes)
    rigid = actor.rigid
    if degrees:
        rigid = units.turn_jaw(rigid, actor.jaw, degrees)
    points = np.concatenate([mesh.surface().refine @ control, rigid]) - PIVOT
    turned = points @ scenes.rotation(scene.yaw, scene.pitch, scene.roll).T
    upright = points @ scenes.rotation(scene.yaw * 0.25, 0, scene.roll * 0.15).T
    body = actor.body[:, None]
    return (turned + body * (upright - turned) + PIVOT).astype(np.float32)


def _project(points: np.ndarray, scene: Scene, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels float32 (n, 2) and nearness float32 (n,) through a pinhole camera."""
    side = min(height, width)
    near = 1 / (DISTANCE - points[:, 2])
    scale = _FOCUS * side * scene.zoom * near
    x = width / 2 + scene.shift[0] * side + points[:, 0] * scale
    y = height / 2 + scene.shift[1] * side - (points[:, 1] - _MIDDLE) * scale
    return np.stack([x, y], axis=1).astype(np.float32), near.astype(np.float32)


def _light(actor, points, xy, near, strength, scene, age, height, width) -> np.ndarray:
    """Return the picture as linear light, float32 (height, width, 3)."""
    per_cm = _FOCUS * min(height, width) * scene.zoom / DISTANCE * SUPERSAMPLING
    level = int(np.clip(np.round(np.log2(skin.TEXELS_PER_CM / per_cm)), 0, skin.LEVELS - 1))
    h, w = int(round(height * SUPERSAMPLING)), int(round(width * SUPERSAMPLING))
    grow = np.array([w / width, h / height], np.float32)
    which, weight = raster.visible(xy * grow, near, actor.triangles, actor.material, actor.uv, actor.strands, h, w)
    normal = raster.normals(points, actor.triangles)
    lamp = raster.lit(points, actor.triangles, actor.material, scene.lamp[0], 160, np.float32(19))
    painted = actor.skin[level]
    relief, folds = wrinkles.relief(painted.relief, level, strength, age)
    uv = actor.uv.copy()
    uv[: mesh.surface().refine.shape[0]] /= 1 << level
    back = scenes.backdrop(scene, h, w)
    light = np.stack([lamp, actor.sky], axis=1)
    linear = shade.shade(
        which, weight, actor.triangles, actor.material, normal, uv, light, back, painted.colour, relief, folds,
        np.float32(skin.TEXELS_PER_CM / (1 << level)), shade.TO_LINEAR, actor.plain,
        np.array(scene.gaze, np.float32), _hairs(), np.float32(actor.curl), scene.lamp,
    )  # fmt: skip
    return cv2.resize(linear, (width, height), interpolation=cv2.INTER_AREA)


def _truth(points: np.ndarray, strength: np.ndarray, scene: Scene, emotion: str, intensity: float) -> Truth:
    pairs = {str(u): (float(r), float(left)) for u, (r, left) in zip(units.UNITS, strength, strict=True)}
    ring = np.array(mesh.LID_RING)
    eyes = tuple(_box(points[v], 0.35) for v in (ring, mesh.surface().mirror[ring]))
    pose = (float(scene.yaw), float(scene.pitch), float(scene.roll))
    return Truth(
        points, points[list(LANDMARKS_68)], pose, pairs, emotion, intensity, _box(points, 0.0), eyes, scene.cover >= 0
    )


def _box(points: np.ndarray, margin: float) -> tuple[float, float, float, float]:
    """Return x, y, width, height around points, wider by a share of the width on every side."""
    low, high = points.min(0), points.max(0)
    extra = margin * float(high[0] - low[0])
    x, y = map(float, low - extra)
    w, h = map(float, high - low + 2 * extra)
    return x, y, w, h
