"""Pixels to light: skin, eyes, teeth, hair and cloth under one lamp, a fill light and the sky."""

import numba
import numpy as np

from lib.synthetic import raster  # noqa: F401  sets the cache folder first
from lib.synthetic.parts import EYE, FRAME, HAIR, MOUTH, PLAIN, SKIN, TEETH, TONGUE

GAMMA = np.float32(2.2)
TO_LINEAR = ((np.arange(256) / 255) ** GAMMA).astype(np.float32)
TO_SRGB = (np.linspace(0, 1, 4096) ** (1 / GAMMA) * 255).astype(np.float32)


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
def _skin(
    u: float, v: float, colour: np.ndarray, relief: np.ndarray, folds: np.ndarray, per_cm: float, linear: np.ndarray,
    n: np.ndarray, albedo: np.ndarray,
) -> float:  # fmt: skip
    """Read the skin at (u, v) into albedo (3,), tilt the normal by its relief; return the gloss."""
    h, w = relief.shape
    u, v = min(max(u - np.float32(0.5), 0), w - 2), min(max(v - np.float32(0.5), 0), h - 2)
    x, y = int(u), int(v)
    fx, fy = u - np.float32(x), v - np.float32(y)
    w00, w10, w01, w11 = (1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy
    fold = w00 * folds[y, x] + w10 * folds[y, x + 1] + w01 * folds[y + 1, x] + w11 * folds[y + 1, x + 1]
    dark = min(max(1 + np.float32(5.5) * fold, np.float32(0.45)), np.float32(1.08))
    for k in range(3):
        albedo[k] = dark * (
            w00 * linear[colour[y, x, k]] + w10 * linear[colour[y, x + 1, k]]
            + w01 * linear[colour[y + 1, x, k]] + w11 * linear[colour[y + 1, x + 1, k]]
        )  # fmt: skip
    a, b, c, d = relief[y, x], relief[y, x + 1], relief[y + 1, x], relief[y + 1, x + 1]
    _bump(n, ((b - a) * (1 - fy) + (d - c) * fy) * per_cm, ((c - a) * (1 - fx) + (d - b) * fx) * per_cm)
    return colour[y, x, 3] * np.float32(1 / 255)


@numba.njit(cache=True, inline="always")
def _eye(u: float, v: float, gaze: np.ndarray, iris: np.ndarray, albedo: np.ndarray) -> None:
    """Colour the eyeball at the angles (u, v): sclera, limbus, iris, pupil."""
    x, y = u - gaze[0], v - gaze[1]
    r = np.sqrt(x * x + y * y)
    rim = min(max((r - np.float32(0.43)) * 16, np.float32(0)), np.float32(1))
    red = min(max(abs(u) - np.float32(0.45), np.float32(0)) * np.float32(0.55), np.float32(0.4))
    spoke = np.float32(0.85) + np.float32(0.3) * np.sin(np.arctan2(y, x) * 23) * np.sin(r * 30)
    inner = (
        np.float32(0.02) if r < 0.185 else spoke * (1 - np.float32(0.75) * min(max((r - np.float32(0.36)) * 12, 0), 1))
    )
    for k in range(3):
        white = (
            np.float32(0.66)
            - (np.float32(0.04) if k == 0 else np.float32(0.09))
            - (0 if k == 0 else red * np.float32(0.6))
        )
        ring = np.float32(0.02) if r < 0.185 else iris[k] * inner
        albedo[k] = white * rim + ring * (1 - rim)


@numba.njit(cache=True)
def shade(
    which: np.ndarray, weight: np.ndarray, triangles: np.ndarray, material: np.ndarray, normal: np.ndarray,
    uv: np.ndarray, light: np.ndarray, back: np.ndarray, skin: np.ndarray, relief: np.ndarray, folds: np.ndarray,
    per_cm: float, linear: np.ndarray, plain: np.ndarray, gaze: np.ndarray, hairs: np.ndarray, curl: float,
    lamp: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Return the picture as linear light, float32 (h, w, 3).

    Args:
        which: int32 (h, w), triangle per pixel, from `raster.visible`.
        weight: float32 (h, w, 2), likewise.
        triangles: int32 (f, 3).
        material: uint8 (f,).
        normal: float32 (n, 3), as the camera sees them.
        uv: float32 (n, 2), texels on skin, otherwise see `parts`.
        light: float32 (n, 2), lamp seen and openness to the sky, 0 to 1.
        back: float32 (h, w, 3), background.
        skin: uint8 (sh, sw, 4), sRGB and gloss.
        relief: float32 (sh, sw), cm.
        folds: float32 (sh, sw), cm; a part of the relief, and they darken.
        per_cm: texels per cm.
        linear: float32 (256,), sRGB to linear light.
        plain: float32 (9, 3), linear colour per material.
        gaze: float32 (2,), angles of the gaze, to the left and up, radians.
        hairs: float32 (64, 512), brightness over strands.
        curl: 0 straight to 1 frizzy hair.
        lamp: float32 (5, 3): direction of lamp, its colour, direction of fill, its colour, sky's colour.
    """
    h, w = which.shape
    out = np.empty((h, w, 3), np.float32)
    n, albedo = np.empty(3, np.float32), np.empty(3, np.float32)
    half = np.array([lamp[0, 0], lamp[0, 1], lamp[0, 2] + 1], np.float32)  # the viewer is at +z
    half /= np.sqrt((half**2).sum())
    for y in range(h):
        for x in range(w):
            f = which[y, x]
            if f < 0:
                for k in range(3):
                    out[y, x, k] = back[y, x, k]
                continue
            i0, i1, i2, m = triangles[f, 0], triangles[f, 1], triangles[f, 2], material[f]
            w1, w2 = weight[y, x, 0], weight[y, x, 1]
            w0 = 1 - w1 - w2
            for k in range(3):
                n[k] = w0 * normal[i0, k] + w1 * normal[i1, k] + w2 * normal[i2, k]
                albedo[k] = plain[m, k]
            u = w0 * uv[i0, 0] + w1 * uv[i1, 0] + w2 * uv[i2, 0]
            v = w0 * uv[i0, 1] + w1 * uv[i1, 1] + w2 * uv[i2, 1]
            seen = w0 * light[i0, 0] + w1 * light[i1, 0] + w2 * light[i2, 0]
            open_ = w0 * light[i0, 1] + w1 * light[i1, 1] + w2 * light[i2, 1]
            size = np.sqrt(n[0] ** 2 + n[1] ** 2 + n[2] ** 2) + np.float32(1e-6)
            if n[2] < 0 and m >= TEETH:
                size = -size  # open surfaces show both sides
            n[0] /= size
            n[1] /= size
            n[2] /= size
            gloss, sharp, wrap = np.float32(0.1), np.float32(18), np.float32(0.1)
            if m == SKIN:
                gloss = _skin(u, v, skin, relief, folds, per_cm, linear, n, albedo)
                wrap = np.float32(0.3)
            elif m == PLAIN:
                for k in range(3):
                    albedo[k] *= u ** (1 if k == 0 else np.float32(1.5))
                gloss, wrap = np.float32(0.25), np.float32(0.3)
            elif m == EYE:
                _eye(u, v, gaze, plain[EYE], albedo)
                gloss, sharp = np.float32(1.0), np.float32(160)
                open_ *= min(
                    max(np.float32(1.1) - max(v + np.float32(0.1), 0) * np.float32(1.1) - abs(u) * np.float32(0.3), 0),
                    1,
                )
                seen *= open_
            elif m == TEETH:
                if v < 0.42:
                    albedo[0], albedo[1], albedo[2] = np.float32(0.45), np.float32(0.16), np.float32(0.16)
                else:
                    part = abs(u - np.floor(u) - np.float32(0.5))
                    dim = 1 - np.float32(0.22) * (part > 0.45)
                    for k in range(3):
                        albedo[k] *= dim
                dim = max(np.float32(1) - abs(u) * np.float32(0.17), np.float32(0.25))
                seen = max(seen, np.float32(0.6)) * dim
                open_ *= dim
                gloss, sharp = np.float32(0.35), np.float32(40)
            elif m in (MOUTH, TONGUE):
                gloss, sharp = np.float32(0.2) * open_, np.float32(30)
            elif m == HAIR:
                row = int(abs(v) * (14 if curl < 0.8 else 150)) & 63
                column = int((u + 2) * (700 if curl < 0.8 else 190)) & 511
                strand = hairs[row, column]
                for k in range(3):
                    albedo[k] *= np.float32(0.45) + np.float32(0.9) * strand
                gloss = (np.float32(0.10) + np.float32(0.5) * strand * strand) * (1 - np.float32(0.75) * curl)
                open_ *= np.float32(0.55) + np.float32(0.45) * min(v * 3, 1)
                wrap, sharp = np.float32(0.25), np.float32(14)
            elif m == FRAME:
                gloss, sharp = np.float32(0.8), np.float32(40)
            key = n[0] * lamp[0, 0] + n[1] * lamp[0, 1] + n[2] * lamp[0, 2]
            fill = max(n[0] * lamp[2, 0] + n[1] * lamp[2, 1] + n[2] * lamp[2, 2], np.float32(0))
            sky = (np.float32(0.68) + np.float32(0.32) * n[1]) * open_
            spec = max(n[0] * half[0] + n[1] * half[1] + n[2] * half[2], np.float32(0)) ** sharp
            graze = (1 - min(max(n[2], 0), 1)) ** 3
            for k in range(3):
                soft = wrap if k == 0 else wrap * np.float32(0.55)  # red light goes furthest under the skin
                diffuse = max((key + soft) / (1 + soft), np.float32(0)) * seen
                value = (
                    lamp[1, k] * diffuse
                    + lamp[3, k] * fill * (np.float32(0.4) + np.float32(0.6) * open_)
                    + lamp[4, k] * sky
                )
                shine = gloss * (
                    np.float32(0.28) * spec * seen * lamp[1, k] + np.float32(0.10) * graze * lamp[4, k] * open_
                )
                out[y, x, k] = albedo[k] * value + shine
    return out


@numba.njit(cache=True)
def develop(light: np.ndarray, noise: np.ndarray, grain: float, table: np.ndarray) -> np.ndarray:
    """Return an image, uint8 sRGB (H, W, 3), from linear light.

    Args:
        light: float32 (H, W, 3), 1 is white.
        noise: (H, W, 3), sd 1.
        grain: grey levels of noise in brightness.
        table: 4,096 grey levels of sRGB from 0 to 1.
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
