"""From a subject, action units and a scene to an image and its truth."""

from collections.abc import Iterator

import cv2
import numpy as np

from lib.synthetic import actor as actors
from lib.synthetic import brush, camera, expressions, mesh, parts, raster, shade, units, wrinkles
from lib.synthetic import scene as scenes
from lib.synthetic.actor import Actor
from lib.synthetic.people import Subject
from lib.synthetic.scene import Scene
from lib.synthetic.truth import Truth, known

DISTANCE = 95.0  # cm from the camera to the eyes
PIVOT = np.array([0.0, -6.0, -5.0])  # the head turns about the top of the neck
_FOCUS, _MIDDLE = 2.95, -1.2  # focal length over the shorter side; height in cm that is central in the image
SUPERSAMPLING = 1.25


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
    strength = expressions.beside(expressions.at(full, rest, intensity), scene, rng)
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
        Per frame, the image, uint8 (height, width, 3), and the truth as from `render`; the emotion is the sequence's,
        the intensity is the frame's.

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


def draw(
    subject: Subject, strength: np.ndarray, scene: Scene, rng: np.random.Generator, size: int | tuple[int, int] = 256,
    emotion: str = "neutral", intensity: float = 0.0,
) -> tuple[np.ndarray, Truth]:  # fmt: skip
    """Photograph a subject with given action units under given conditions.

    Args:
        subject: who.
        strength: float64 (21, 2), the units of `units.UNITS` in [0, 1], right and left.
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
    actor = actors.actor(subject)
    points, access = _pose(actor, strength, scene)
    xy, near = _project(points, scene, height, width)
    linear = _light(actor, (points, access), (xy, near), strength, scene, subject.traits.age, (height, width))
    truth = known(xy[:468], strength, scene, emotion, intensity)
    if scene.cover >= 0:
        camera.cover(linear, scene, truth.mesh, actor.plain[parts.PLAIN])
    linear *= scenes.exposure(scene, actor.plain[parts.PLAIN])
    linear = camera.blur(linear, scene, min(height, width))
    curve = shade.tone_curve(scene.contrast)
    image = shade.develop(linear, camera.grain(linear.shape, rng), np.float32(scene.grain), curve)
    return (camera.compress(image, scene.jpeg) if scene.jpeg else image), truth


def _pose(actor: Actor, strength: np.ndarray, scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Return all vertices as the camera sees them, float32 (n, 3), and the light between lids and lips (n,)."""
    control, degrees = units.deform(actor.head.control, strength, actor.head.eyes)
    rigid = actor.rigid
    if degrees:
        rigid = units.turn_jaw(rigid, actor.jaw, degrees)
    skin = mesh.surface().refine @ control
    access = np.concatenate([np.ones(len(skin), np.float32), actors.between(actor, skin[:468], rigid)])
    points = np.concatenate([skin, rigid]) - PIVOT
    turned = points @ scenes.rotation(scene.yaw, scene.pitch, scene.roll).T
    upright = points @ scenes.rotation(scene.yaw * 0.25, 0, scene.roll * 0.15).T
    body = actor.body[:, None]
    return (turned + body * (upright - turned) + PIVOT).astype(np.float32), access


def _project(points: np.ndarray, scene: Scene, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels float32 (n, 2) and nearness float32 (n,) through a pinhole camera."""
    side = min(height, width)
    near = 1 / (DISTANCE - points[:, 2])
    scale = _FOCUS * side * scene.zoom * near
    x = width / 2 + scene.shift[0] * side + points[:, 0] * scale
    y = height / 2 + scene.shift[1] * side - (points[:, 1] - _MIDDLE) * scale
    return np.stack([x, y], axis=1).astype(np.float32), near.astype(np.float32)


def _light(
    actor: Actor, pose: tuple[np.ndarray, np.ndarray], place: tuple[np.ndarray, np.ndarray], strength: np.ndarray,
    scene: Scene, age: float, size: tuple[int, int],
) -> np.ndarray:  # fmt: skip
    """Return the picture as linear light, float32 (height, width, 3).

    Args:
        actor: who.
        pose: from `_pose`.
        place: from `_project`.
        strength: float64 (21, 2), the action units, for the folds.
        scene: light, gaze, background.
        age: 0 to 1, for the folds.
        size: height and width in pixels.
    """
    (points, access), (xy, near), (height, width) = pose, place, size
    per_cm = _FOCUS * min(height, width) * scene.zoom / DISTANCE * SUPERSAMPLING
    level = int(np.clip(np.round(np.log2(brush.TEXELS_PER_CM / per_cm)), 0, brush.LEVELS - 1))
    h, w = round(height * SUPERSAMPLING), round(width * SUPERSAMPLING)
    grow = np.array([w / width, h / height], np.float32)
    which, weight = raster.visible(xy * grow, near, actor.triangles, actor.material, actor.uv, actor.strands, h, w)
    normal = raster.normals(points, actor.triangles)
    lamp = raster.lit(points, actor.triangles, actor.material, scene.lamp[0], 200, np.float32(19))
    painted = actor.skin[level]
    relief, folds = wrinkles.relief(painted.relief, level, strength, age)
    uv = actor.uv.copy()
    uv[: mesh.surface().refine.shape[0]] /= 1 << level
    back = scenes.backdrop(scene, h, w)
    surface = shade.Surface(
        actor.triangles, actor.material, normal, uv, np.stack([lamp * (0.3 + 0.7 * access), actor.sky * access], axis=1)
    )
    textures = shade.Textures(
        painted.colour, relief, folds, np.float32(brush.TEXELS_PER_CM / (1 << level)), np.float32(1 / per_cm),
        actors.hairs(), actor.plain,
        np.array(scene.gaze, np.float32), np.float32(actor.curl),
    )  # fmt: skip
    linear = shade.shade(which, weight, surface, textures, shade.Lights(*scene.lamp), back)
    linear = raster.feather(linear, which, actor.material)
    return cv2.resize(linear, (width, height), interpolation=cv2.INTER_AREA)
