"""Pixels to light: skin, eyes, teeth, hair and cloth under one lamp, a fill light and the sky.

Each material sets the albedo of a pixel and says how it reflects: `(gloss, sharpness, wrap)`, the strength of the
highlight, its exponent, and how far light reaches round the edge of the shadow side. `_reflect` adds the lights.
"""

from typing import NamedTuple

import numba
import numpy as np

from lib.synthetic import raster  # noqa: F401  sets the cache folder first
from lib.synthetic.parts import EYE, FRAME, HAIR, MOUTH, PLAIN, SCLERA, SKIN, TEETH, TONGUE

GAMMA = np.float32(2.2)
TO_LINEAR = ((np.arange(256) / 255) ** GAMMA).astype(np.float32)


class Surface(NamedTuple):
    """What the camera sees: float32 arrays over n vertices, and f triangles."""

    triangles: np.ndarray  # int32 (f, 3)
    material: np.ndarray  # uint8 (f,)
    normal: np.ndarray  # (n, 3), as the camera sees them
    uv: np.ndarray  # (n, 2), texels on skin, otherwise see `parts`
    access: np.ndarray  # (n, 2), of the lamp (its visibility) and of the sky (ambient occlusion): 0 none, 1 all


class Textures(NamedTuple):
    """What is painted on it."""

    skin: np.ndarray  # uint8 (h, w, 4), sRGB and gloss
    relief: np.ndarray  # float32 (h, w), cm
    folds: np.ndarray  # float32 (h, w), cm over the surroundings; hollows are darker and redder
    per_cm: float  # texels per cm
    pixel: float  # cm of the face that a pixel covers
    strands: np.ndarray  # float32 (64, 512), brightness over strands of hair
    albedo: np.ndarray  # float32 (10, 3), linear colour of each material, and of the sclera
    gaze: np.ndarray  # float32 (2,), angles to the left and up, radians
    curl: float  # 0 straight to 1 frizzy hair


class Lights(NamedTuple):
    """Three lights, float32 (3,) each; directions are unit vectors, colours are linear."""

    key: np.ndarray
    key_colour: np.ndarray
    fill: np.ndarray
    fill_colour: np.ndarray
    sky_colour: np.ndarray


@numba.njit(cache=True, inline="always")
def _bump(n: np.ndarray, du: float, dv: float) -> None:
    """Tilt the normal n (3,) against the slope (du to the left of the face, dv downwards), in place."""
    sx, sz = n[2], -n[0]
    size = np.sqrt(sx * sx + sz * sz) + np.float32(1e-6)
    sx, sz = sx / size, sz / size  # along the skin, level
    ux, uy, uz = n[1] * sz, n[2] * sx - n[0] * sz, -n[1] * sx  # along the skin, up
    n[0] += -du * sx + dv * ux
    n[1] += dv * uy
    n[2] += -du * sz + dv * uz
    size = np.sqrt(n[0] ** 2 + n[1] ** 2 + n[2] ** 2)
    n[0] /= size
    n[1] /= size
    n[2] /= size


@numba.njit(cache=True, inline="always")
def _skin(u: float, v: float, textures: Textures, n: np.ndarray, albedo: np.ndarray) -> tuple[float, float, float]:
    """Read the skin at the texel (u, v) and tilt the normal by its relief."""
    colour, relief, folds = textures.skin, textures.relief, textures.folds
    h, w = relief.shape
    u, v = min(max(u - np.float32(0.5), 0), w - 2), min(max(v - np.float32(0.5), 0), h - 2)
    x, y = int(u), int(v)
    fx, fy = u - np.float32(x), v - np.float32(y)
    w00, w10, w01, w11 = (1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy
    fold = w00 * folds[y, x] + w10 * folds[y, x + 1] + w01 * folds[y + 1, x] + w11 * folds[y + 1, x + 1]
    dark = min(max(1 + np.float32(5.5) * fold, np.float32(0.4)), np.float32(1.04))
    for k in range(3):
        albedo[k] = (dark if k == 0 else dark * (np.float32(0.8) + np.float32(0.2) * dark)) * (
            w00 * TO_LINEAR[colour[y, x, k]] + w10 * TO_LINEAR[colour[y, x + 1, k]]
            + w01 * TO_LINEAR[colour[y + 1, x, k]] + w11 * TO_LINEAR[colour[y + 1, x + 1, k]]
        )  # fmt: skip
    a, b, c, d = relief[y, x], relief[y, x + 1], relief[y + 1, x], relief[y + 1, x + 1]
    per_cm = textures.per_cm
    _bump(n, ((b - a) * (1 - fy) + (d - c) * fy) * per_cm, ((c - a) * (1 - fx) + (d - b) * fx) * per_cm)
    oil = colour[y, x, 3] * np.float32(1 / 255)
    return np.float32(1.8) * oil * oil, np.float32(12) + np.float32(30) * oil, np.float32(0.25)


@numba.njit(cache=True, inline="always")
def _plain_skin(light: float, albedo: np.ndarray) -> tuple[float, float, float]:
    """Darken the skin of ears and neck where little light comes, and redden it."""
    for k in range(3):
        albedo[k] *= light ** (1 if k == 0 else np.float32(1.12))
    return np.float32(0.2), np.float32(18), np.float32(0.25)


@numba.njit(cache=True, inline="always")
def _ramp(x: float, low: float, high: float) -> float:
    """Return 0 below `low`, 1 above `high`, and a straight rise between."""
    return min(max((x - np.float32(low)) / np.float32(high - low), np.float32(0)), np.float32(1))


@numba.njit(cache=True, inline="always")
def _eye(u: float, v: float, textures: Textures, n: np.ndarray, albedo: np.ndarray) -> tuple[float, float, float]:
    """Colour the eyeball at the angles (u, v): sclera, limbus, iris, pupil; the cornea bulges and carries a highlight.

    Edges are as soft as a pixel is wide.
    """
    x, y = u - textures.gaze[0], v - textures.gaze[1]
    r = np.sqrt(x * x + y * y)
    soft = max(np.float32(0.6) * textures.pixel, np.float32(0.03))  # radians on a ball of 1.27 cm
    outside = _ramp(r, np.float32(0.47) - soft, np.float32(0.47) + soft)
    pupil = 1 - _ramp(r, np.float32(0.17) - soft, np.float32(0.17) + soft)
    limbus = 1 - np.float32(0.75) * _ramp(r, 0.33, 0.48)
    spoke = np.float32(1.0) + np.float32(0.25) * np.sin(np.arctan2(y, x) * 23) * np.sin(r * 30)
    glow = limbus * spoke * (1 - np.float32(1.2) * y)  # light that enters above leaves below
    warm = _ramp(abs(u), 0.45, 1.05)
    for k in range(3):
        white = textures.albedo[SCLERA, k] * (1 - (np.float32(0.05) if k == 0 else np.float32(0.34)) * warm)
        iris = np.float32(0.65) * albedo[k] * glow * (1 - pupil) + np.float32(0.006) * pupil
        albedo[k] = iris + outside * (white - iris)
    bulge = np.float32(0.6) * (1 - _ramp(r, 0.3, 0.6))
    n[0] += bulge * x
    n[1] += bulge * y
    size = np.sqrt(n[0] ** 2 + n[1] ** 2 + n[2] ** 2)
    for k in range(3):
        n[k] /= size
    return 7 - 5 * outside, np.float32(260), np.float32(0.1)


@numba.njit(cache=True, inline="always")
def _teeth(
    u: float, v: float, textures: Textures, n: np.ndarray, access: np.ndarray, albedo: np.ndarray
) -> tuple[float, float, float]:
    """Colour gums and rounded teeth at the place u along the arch, in teeth, and v from gum (0) to edge (1)."""
    across = 2 * (u - np.floor(u)) - 1
    side = across * across
    gap = _ramp(abs(across), np.float32(0.86) - textures.pixel, 1.0)
    edge = _ramp(v, np.float32(0.93) - np.float32(0.12) * side * side, 1.0)
    gum = 1 - _ramp(v, np.float32(0.40) + np.float32(0.08) * side, np.float32(0.46) + np.float32(0.08) * side)
    dark = (1 - np.float32(0.40) * gap) * (1 - np.float32(0.35) * edge) / (1 + np.float32(0.10) * u * u)
    n[0] += np.float32(0.30) * across * side
    for k in range(3):
        pink = np.float32(0.36) if k == 0 else np.float32(0.13)
        albedo[k] = (albedo[k] + gum * (pink - albedo[k])) * dark ** (1 if k == 0 else np.float32(1.3))
    access[0] = max(access[0], np.float32(0.6) * access[1])
    return np.float32(0.5) * access[1], np.float32(40), np.float32(0.1)


@numba.njit(cache=True, inline="always")
def _hair(u: float, v: float, textures: Textures, access: np.ndarray, albedo: np.ndarray) -> tuple[float, float, float]:
    """Give hair its strands; u is across them, v along, from the root."""
    curl = textures.curl
    row, column = abs(v) * 14, (u + 2) * 700
    if curl >= 0.8:
        row = v * 150 + 3 * np.sin(u * 260) + 64
        column = (u + 2) * 620 + 4 * np.sin(v * 95 + u * 140)
    strand = textures.strands[int(row) & 63, int(column) & 511]
    for k in range(3):
        albedo[k] *= np.float32(0.45) + np.float32(0.9) * strand
    access[1] *= np.float32(0.55) + np.float32(0.45) * min(v * 3, 1)
    gloss = (np.float32(0.10) + np.float32(0.5) * strand * strand) * (1 - np.float32(0.75) * curl)
    return gloss, np.float32(14), np.float32(0.25)


@numba.njit(cache=True, inline="always")
def _material(
    m: int, u: float, v: float, textures: Textures, n: np.ndarray, access: np.ndarray, albedo: np.ndarray
) -> tuple[float, float, float]:
    """Return gloss, sharpness and wrap of material m; set its albedo (3,), tilt the normal, shade the access."""
    for k in range(3):
        albedo[k] = textures.albedo[m, k]
    if m == SKIN:
        return _skin(u, v, textures, n, albedo)
    if m == PLAIN:
        return _plain_skin(u, albedo)
    if m == EYE:
        return _eye(u, v, textures, n, albedo)
    if m == TEETH:
        return _teeth(u, v, textures, n, access, albedo)
    if m == HAIR:
        return _hair(u, v, textures, access, albedo)
    if m in (MOUTH, TONGUE):
        return np.float32(0.2) * access[1], np.float32(30), np.float32(0.1)
    if m == FRAME:
        return np.float32(0.8), np.float32(40), np.float32(0.1)
    return np.float32(0.1), np.float32(18), np.float32(0.1)


@numba.njit(cache=True, inline="always")
def _reflect(
    lights: Lights, half: np.ndarray, n: np.ndarray, albedo: np.ndarray, access: np.ndarray,
    surface: tuple[float, float, float], out: np.ndarray,
) -> None:  # fmt: skip
    """Write the light that leaves a pixel towards the camera to out (3,): diffuse, ambient and specular.

    Args:
        lights: the three lights.
        half: the direction half way between lamp and camera, (3,).
        n: the unit normal, (3,).
        albedo: linear, (3,).
        access: to the lamp and the sky, (2,).
        surface: gloss, sharpness and wrap.
        out: where the light goes.
    """
    gloss, sharp, wrap = surface
    seen, open_ = access[0], access[1]
    key = n[0] * lights.key[0] + n[1] * lights.key[1] + n[2] * lights.key[2]
    fill = max(n[0] * lights.fill[0] + n[1] * lights.fill[1] + n[2] * lights.fill[2], np.float32(0))
    sky = (np.float32(0.72) + np.float32(0.34) * n[1]) * open_
    specular = max(n[0] * half[0] + n[1] * half[1] + n[2] * half[2], np.float32(0)) ** sharp
    graze = (1 - min(max(n[2], 0), 1)) ** 3
    for k in range(3):
        soft = wrap if k == 0 else wrap * np.float32(0.55)  # red light goes furthest under the skin
        diffuse = max((key + soft) / (1 + soft), np.float32(0)) * seen
        value = (
            np.float32(1.15) * lights.key_colour[k] * diffuse
            + lights.fill_colour[k] * fill * (np.float32(0.2) + np.float32(0.8) * open_)
            + lights.sky_colour[k] * sky
        )
        shine = gloss * (
            np.float32(0.28) * specular * seen * lights.key_colour[k]
            + np.float32(0.10) * graze * lights.sky_colour[k] * open_ / max(gloss, np.float32(1))
        )
        out[k] = albedo[k] * value + shine


@numba.njit(cache=True)
def shade(
    which: np.ndarray, weight: np.ndarray, surface: Surface, textures: Textures, lights: Lights, back: np.ndarray
) -> np.ndarray:
    """Return the picture as linear light, float32 (h, w, 3).

    Args:
        which: int32 (h, w), triangle per pixel, from `raster.visible`.
        weight: float32 (h, w, 2), likewise.
        surface: vertices and triangles.
        textures: what is painted on them.
        lights: lamp, fill light and sky.
        back: float32 (h, w, 3), background.
    """
    out = back.copy()
    n, albedo, access = np.empty(3, np.float32), np.empty(3, np.float32), np.empty(2, np.float32)
    half = lights.key + np.array([0, 0, 1], np.float32)  # the viewer is at +z
    half /= np.sqrt((half**2).sum())
    for y in range(which.shape[0]):
        for x in range(which.shape[1]):
            f = which[y, x]
            if f < 0:
                continue
            i0, i1, i2 = surface.triangles[f, 0], surface.triangles[f, 1], surface.triangles[f, 2]
            m, w1, w2 = surface.material[f], weight[y, x, 0], weight[y, x, 1]
            w0 = 1 - w1 - w2
            for k in range(3):
                n[k] = w0 * surface.normal[i0, k] + w1 * surface.normal[i1, k] + w2 * surface.normal[i2, k]
            for k in range(2):
                access[k] = w0 * surface.access[i0, k] + w1 * surface.access[i1, k] + w2 * surface.access[i2, k]
            u = w0 * surface.uv[i0, 0] + w1 * surface.uv[i1, 0] + w2 * surface.uv[i2, 0]
            v = w0 * surface.uv[i0, 1] + w1 * surface.uv[i1, 1] + w2 * surface.uv[i2, 1]
            size = np.sqrt(n[0] ** 2 + n[1] ** 2 + n[2] ** 2) + np.float32(1e-6)
            if n[2] < 0 and m >= TEETH:
                size = -size  # open surfaces show both sides
            for k in range(3):
                n[k] /= size
            reflection = _material(m, u, v, textures, n, access, albedo)
            _reflect(lights, half, n, albedo, access, reflection, out[y, x])
    return out


def tone_curve(contrast: float) -> np.ndarray:
    """Return the grey level for linear light in 4,096 steps from 0 to 1, float32 (4096,).

    Args:
        contrast: slope at middle grey over that of sRGB itself; 1 leaves it, cameras usually make it steeper.
    """
    level = np.linspace(0, 1, 4096) ** (1 / GAMMA)
    bright, dark = level**contrast, (1 - level) ** contrast
    return (255 * bright / (bright + dark)).astype(np.float32)


@numba.njit(cache=True)
def develop(light: np.ndarray, noise: np.ndarray, grain: float, table: np.ndarray) -> np.ndarray:
    """Return an image, uint8 sRGB (H, W, 3), from linear light.

    Args:
        light: float32 (H, W, 3), 1 is white.
        noise: (H, W, 3), sd 1.
        grain: grey levels of noise in brightness.
        table: from `tone_curve`.
    """
    h, w, _ = light.shape
    out = np.empty((h, w, 3), np.uint8)
    for y in range(h):
        for x in range(w):
            for k in range(3):
                value = min(max(light[y, x, k], np.float32(0)), np.float32(1))
                level = table[int(value * 4095)] + grain * noise[y, x, k]
                out[y, x, k] = np.uint8(min(max(level + np.float32(0.5), np.float32(0)), np.float32(255)))
    return out
