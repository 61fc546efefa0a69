"""The skin of a subject, painted: tone, blotches, lips, brows, lashes, beard, make-up and its fine relief."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from lib.synthetic import hair, mesh
from lib.synthetic.brush import HEIGHT, LEVELS, SPAN, WIDTH, area, coordinates, mix, noise, spot, tone
from lib.synthetic.people import TONES, Subject


@dataclass(frozen=True)
class Skin:
    """What the shader reads, at one size.

    Attributes:
        colour: uint8 (h, w, 4), sRGB and gloss.
        relief: float32 (h, w), height in cm.
    """

    colour: np.ndarray
    relief: np.ndarray


def paint(subject: Subject) -> tuple[Skin, ...]:
    """Return the subject's skin at full, half and quarter size."""
    rng, t = subject.rng(3), subject.traits
    base = TONES[t.skin_tone - 1] * rng.normal(1, 0.008, 3) * rng.normal(1, 0.04)
    image = np.empty((HEIGHT, WIDTH, 3), np.float32)
    image[:] = base
    gloss = np.full((HEIGHT, WIDTH), 0.20, np.float32)
    relief = _pores(rng, t.age)
    _complexion(image, subject, rng)
    _marks(image, gloss, subject, rng)
    _scalp(image, subject, rng)
    _make_up(image, gloss, subject, rng)
    _lips(image, gloss, subject, rng)
    _shaved(image, subject, rng)
    _beard(image, gloss, relief, subject, rng)
    _brows(image, relief, subject, rng)
    _lashes(image, gloss, subject, rng)
    colour = np.dstack([image.clip(0, 255), gloss.clip(0, 1) * 255]).astype(np.uint8)
    levels = [Skin(colour, relief)]
    while len(levels) < LEVELS:
        size = (WIDTH >> len(levels), HEIGHT >> len(levels))
        levels.append(Skin(*(cv2.resize(a, size, interpolation=cv2.INTER_AREA) for a in (colour, relief))))
    return tuple(levels)


def _pores(rng: np.random.Generator, age: float) -> np.ndarray:
    fine = noise(rng, 2) * 0.0014 + noise(rng, 4.5) * (0.0022 + 0.0016 * age)
    return (fine + noise(rng, 9) * 0.0022 * (0.4 + age)).astype(np.float32)


def _complexion(image: np.ndarray, subject: Subject, rng: np.random.Generator) -> None:
    """Redden cheeks and nose in patches, shade the sockets, vary brightness and blood from place to place."""
    t, at = subject.traits, coordinates()
    light = 1 - (t.skin_tone - 1) / 6
    rosy = np.zeros((HEIGHT, WIDTH), np.float32)
    places = ((50, 1.0, 0.7), (280, 1.0, 0.7), (117, 0.8, 0.4), (346, 0.8, 0.4), (4, 0.7, 0.7), (152, 1.0, 0.4))
    for vertex, reach, strength in places:
        rosy += strength * spot(at[vertex] + rng.normal(0, 5, 2), reach * rng.uniform(0.8, 1.2))
    patchy = (0.75 + 0.35 * noise(rng, 26) + 0.2 * noise(rng, 9)).clip(0, 1.8)
    blood = (rosy * patchy * rng.uniform(0.3, 1.5) * light + 0.2 + 0.18 * noise(rng, 45) + 0.15 * noise(rng, 11))[
        ..., None
    ]
    image *= 1 + blood * np.array([0.012, -0.050, -0.042], np.float32)
    socket = sum(spot(at[v], 0.75) for v in (230, 450)) + 0.3 * sum(spot(at[v], 0.7) for v in (221, 441))
    image *= 1 - socket[..., None] * np.array([0.07, 0.10, 0.08], np.float32) * (0.7 + 0.7 * t.age)
    mottled = noise(rng, 60) * 0.013 + noise(rng, 14) * 0.010 + noise(rng, 5) * 0.010 + noise(rng, 2.2) * 0.014
    image *= 1 + (mottled * (1 + 0.5 * t.age))[..., None]
    nostrils = sum(area([], 2.2, at[corners]) for corners in ([240, 60, 99, 20, 238], [460, 290, 328, 250, 458]))
    image *= 1 - nostrils[..., None] * np.array([0.62, 0.72, 0.72], np.float32)


def _marks(image: np.ndarray, gloss: np.ndarray, subject: Subject, rng: np.random.Generator) -> None:
    """Add freckles, moles and, with age, spots; forehead and nose shine a little."""
    t, at = subject.traits, coordinates()
    shine = 0.16 * spot(at[151], 2.0) + 0.22 * spot(at[4], 0.7) + 0.08 * (spot(at[50], 0.8) + spot(at[280], 0.8))
    gloss += shine * rng.uniform(0.5, 1.3) + 0.04 * noise(rng, 3)
    middle = image.mean((0, 1))
    if t.skin_tone <= 3 and rng.uniform() < 0.3:
        near = sum(spot(at[v], 1.4) for v in (50, 280, 5)).clip(0, 1)
        freckles = (noise(rng, 4) > 2.0 - 0.9 * near) * (near + 0.1)
        mix(image, 0.35 * cv2.GaussianBlur(freckles.astype(np.float32), (0, 0), 1.0), middle * 0.62)
    if t.age > 0.6:
        mix(image, (0.25 * (noise(rng, 9) - 2.0)).clip(0, 0.3), middle * 0.7)
    for _ in range(rng.integers(0, 3)):
        place = at[rng.choice([50, 280, 205, 425, 151, 118, 347, 199, 187])] + rng.normal(0, 20, 2)
        mix(image, 0.6 * spot(place, rng.uniform(0.03, 0.07)).clip(0, 1), middle * 0.45)


def _scalp(image: np.ndarray, subject: Subject, rng: np.random.Generator) -> None:
    """Darken the scalp under the hair, so that no skin shows between strands; a shaved head keeps a shadow."""
    t = subject.traits
    style = hair.STYLES[t.hair_style]
    angle = (np.arange(WIDTH) / WIDTH - 0.5) * SPAN
    line = (11.5 - hair.hairline(angle, style.recede if style else 1.0)) / 25 * HEIGHT
    above = line[None] - np.arange(HEIGHT)[:, None]
    soft = 5 if style else 16
    mask = (1 / (1 + np.exp(-(above - 4) / soft))).astype(np.float32)
    mix(image, mask * (0.85 if style else 0.12), t.hair_colour)
    if style is not None:
        mix(image, _hairline(line, rng) * 0.85, t.hair_colour)


def _hairline(line: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the mask of single hairs that leave the skin along the hairline and lie back, (HEIGHT, WIDTH) in [0, 1].

    Args:
        line: row of the hairline in each column, (WIDTH,).
        rng: for the hairs.
    """
    n, hairs = 1500, np.zeros((2 * HEIGHT, 2 * WIDTH), np.uint8)
    column = rng.uniform(0.14, 0.86, n) * WIDTH
    row = np.interp(column, np.arange(WIDTH), line) + rng.normal(-1, 4.5, n)
    angle = np.pi / 2 - 0.9 * (column / WIDTH - 0.5) + rng.normal(0, 0.3, n)
    _draw_hairs(hairs, np.stack([column, row], axis=1), angle, rng.uniform(9, 22, n))
    return cv2.resize(hairs, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def _make_up(image: np.ndarray, gloss: np.ndarray, subject: Subject, rng: np.random.Generator) -> None:
    strength, at = subject.traits.make_up, coordinates()
    if not strength:
        return
    shadow = np.array([(120, 84, 96), (104, 92, 124), (128, 96, 72), (88, 76, 72)][int(rng.integers(4))])
    for vertex in (27, 257):
        mix(image, 0.40 * strength * spot(at[vertex] + (0, 3), 0.55), shadow * (0.5 + image.mean() / 350))
    for vertex in (50, 280):
        image *= 1 + spot(at[vertex], 1.2)[..., None] * np.array([0.03, -0.09, -0.06], np.float32) * strength
    gloss -= 0.06 * strength


def _lips(image: np.ndarray, gloss: np.ndarray, subject: Subject, rng: np.random.Generator) -> None:
    t = subject.traits
    skin = tone(image)
    natural = skin * np.array([0.92, 0.70, 0.70]) if t.skin_tone < 5 else skin * np.array([0.90, 0.78, 0.80])
    stick = np.array([(176, 52, 60), (168, 66, 84), (190, 92, 88), (128, 40, 52)][int(rng.integers(4))])
    colour = natural + (stick - natural) * t.make_up * 0.75
    mask = area(mesh.LIP_OUTLINE, 2.2)
    lines = cv2.GaussianBlur(noise(rng, 2), (0, 0), sigmaX=0.8, sigmaY=5)
    mix(image, mask * 0.92, colour * 1.0)
    image *= 1 + (mask * lines * 0.06)[..., None]
    gloss += mask * (0.10 + 0.25 * t.make_up)
    seam = np.zeros((HEIGHT, WIDTH), np.uint8)
    middle = (coordinates()[[78, *mesh.UPPER_LIP, 308]] + coordinates()[[78, *mesh.LOWER_LIP, 308]]) / 2
    cv2.polylines(seam, [np.round(middle * 16).astype(np.int32)], False, 255, 3, cv2.LINE_AA, 4)
    mix(image, cv2.GaussianBlur(seam.astype(np.float32) / 255, (0, 0), 1.5) * 0.55, colour * 0.4)


_CHEEK_LINE = (234, 147, 192, 216, 92, 165, 167, 164)


def _beard_area(kind: str) -> np.ndarray:
    """Return where a beard grows, 0 to 1."""
    at, mirror = coordinates(), mesh.surface().mirror
    both = lambda line: [*line, *[int(mirror[v]) for v in line[::-1]]]  # noqa: E731
    moustache = area(both((57, 186, 92, 165, 97, 2)), 5)
    if kind == "moustache":
        full = moustache
    elif kind == "goatee":
        chin = area(both((61, 43, 202, 210, 170, 176, 152)), 5)
        full = np.maximum(moustache * 0.95, chin)
    else:
        upper = at[both(_CHEEK_LINE)]
        full = area([], 11, np.concatenate([upper, [(WIDTH * 0.86, HEIGHT), (WIDTH * 0.14, HEIGHT)]]))
    bare = np.maximum(area(mesh.LIP_OUTLINE, 2), 0.5 * area([91, 181, 84, 17, 314, 405, 321, 313, 18, 83], 4))
    return full * (1 - bare).clip(0, 1)


_beard_area_of = lru_cache(maxsize=5)(_beard_area)


def _shaved(image: np.ndarray, subject: Subject, rng: np.random.Generator) -> None:
    """Leave the grey shadow of shaved hair on the faces that grow some, stronger where hair is dark."""
    t = subject.traits
    strength = rng.uniform(0.2, 1.0) * (t.build > 0.5) * (1 - min(sum(t.hair_colour), 400) / 500)
    shadow = _beard_area_of("beard") * (0.9 + 0.07 * noise(rng, 14) + 0.28 * noise(rng, 1.6)).clip(0, 1.6) * strength
    image *= 1 - shadow[..., None] * np.array([0.20, 0.15, 0.10], np.float32)


def _beard(
    image: np.ndarray, gloss: np.ndarray, relief: np.ndarray, subject: Subject, rng: np.random.Generator
) -> None:
    """Grow facial hair as single hairs that point down and away from the middle; stubble is short and sparse."""
    kind = subject.traits.facial_hair
    if kind == "none":
        return
    mask = _beard_area_of("beard" if kind == "stubble" else kind)
    mask = (mask * (1.15 + 0.22 * noise(rng, 7) + 0.15 * noise(rng, 20)) - 0.08).clip(0, 1)
    number, long, under = (2600, 2.5, 0.22) if kind == "stubble" else (int(26 * np.sqrt(mask.sum())), 15, 0.62)
    likely = cv2.resize(mask, (WIDTH // 4, HEIGHT // 4), interpolation=cv2.INTER_AREA).ravel()
    cells = rng.choice(likely.size, number, p=likely / likely.sum())
    root = (np.stack([cells % (WIDTH // 4), cells // (WIDTH // 4)], axis=1) + rng.uniform(0, 1, (number, 2))) * 4
    aside = (root[:, 0] - WIDTH / 2) / 160
    angle = -np.pi / 2 + 0.8 * np.tanh(aside * (3 if kind == "moustache" else 1)) + rng.normal(0, 0.25, number)
    hairs = np.zeros((2 * HEIGHT, 2 * WIDTH), np.uint8)
    _draw_hairs(hairs, root, angle, long * rng.uniform(0.6, 1.3, number))
    hairs = cv2.resize(hairs, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    colour = np.array(subject.traits.hair_colour)
    mix(image, mask * under, colour * 0.6 + 0.15 * tone(image))
    mix(image, (hairs * 1.1).clip(0, 0.85), colour * rng.uniform(0.75, 1.0))
    if kind != "stubble":
        relief += hairs * 0.02 + mask * 0.10
    gloss *= 1 - 0.7 * mask


_BROW_ABOVE, _BROW_BELOW = (107, 66, 105, 63, 70), (55, 65, 52, 53, 46)  # from the inner end outwards


def _brows(image: np.ndarray, relief: np.ndarray, subject: Subject, rng: np.random.Generator) -> None:
    """Draw each brow as single hairs: upright and sparse at the inner end, then swept outwards onto one another."""
    t, hairs = subject.traits, np.zeros((2 * HEIGHT, 2 * WIDTH), np.uint8)
    arch, lift, thick = rng.uniform(0.1, 0.5), rng.normal(0, 1.2), t.brow * rng.uniform(0.85, 1.15)
    for side in (0, 1):
        root, angle, length = _brow_roots(rng, int(430 * min(t.brow, 1.3)), thick)
        _draw_hairs(hairs, _on_brow(root, side, arch, lift), np.pi - angle if side == 0 else angle, length)
    hairs = cv2.resize(hairs, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    shadow = cv2.GaussianBlur(hairs, (0, 0), 2.2)
    cover = (1.15 * hairs + 0.55 * shadow).clip(0, 0.94)
    mix(image, cover * 0.92, np.array(t.hair_colour) * 0.62)
    relief += cover * 0.010


def _brow_roots(rng: np.random.Generator, n: int, thick: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where hairs of a left brow begin, their angle over the horizontal in radians, their length in texels.

    Args:
        rng: for all of it.
        n: how many.
        thick: 1 is usual.

    Returns:
        The beginnings (n, 2): along the brow from 0 to 1, texels above its middle; the angles (n,); the lengths (n,).
    """
    along = rng.beta(1.25, 1.35, n)
    across = rng.normal(0, 0.5, n).clip(-1.2, 1.2)
    half = 6.0 * thick * np.interp(along, (0, 0.25, 0.6, 1), (0.75, 1, 0.8, 0.25))
    sweep = np.interp(along, (0, 0.12, 0.3, 0.6, 1), (1.35, 1.05, 0.60, 0.25, -0.45))
    angle = sweep - 0.38 * across * np.interp(along, (0.1, 0.4), (0, 1)) + rng.normal(0, 0.13, n)
    length = np.interp(along, (0, 0.2, 0.6, 1), (9, 16, 19, 10)) * rng.uniform(0.7, 1.2, n)
    return np.stack([along, across * half], axis=1), angle, length


def _on_brow(root: np.ndarray, side: int, arch: float, lift: float) -> np.ndarray:
    """Return the texels (n, 2) of places on a brow, which is carried by the face's own vertices.

    Args:
        root: along the brow from its inner end, 0 to 1, and texels above its middle, (n, 2).
        side: 0 right, 1 left.
        arch: 0 straight to 1 as arched as the mesh.
        lift: texels above the middle of the mesh's brow.
    """
    mirror = mesh.surface().mirror
    rows = [mirror[list(line)] if side else np.array(line) for line in (_BROW_ABOVE, _BROW_BELOW)]
    middle = (coordinates()[rows[0]] + coordinates()[rows[1]]) / 2
    middle[:, 1] = middle[0, 1] + arch * (middle[:, 1] - middle[0, 1])
    at = np.stack([np.interp(root[:, 0], np.linspace(0, 1, 5), middle[:, i]) for i in (0, 1)], axis=1)
    return at - np.stack([0 * at[:, 0], root[:, 1] + lift], axis=1)


def _draw_hairs(canvas: np.ndarray, root: np.ndarray, angle: np.ndarray, length: np.ndarray) -> None:
    """Draw tapering, slightly bent hairs in place, all tips before all roots.

    Args:
        canvas: uint8 (2 HEIGHT, 2 WIDTH), twice as fine as the skin.
        root: where hairs begin, (n, 2) in texels.
        angle: of each at its root, over the horizontal to the right, (n,) in radians.
        length: of each, (n,) in texels.
    """
    bend = np.where(np.cos(angle) > 0, -0.35, 0.35)  # hairs sink towards the skin
    way = lambda turn: np.stack([np.cos(angle + turn), -np.sin(angle + turn)], axis=1) * length[:, None]  # noqa: E731
    joints = [root, root + 0.4 * way(0), root + 0.4 * way(0) + 0.3 * way(bend / 2)]
    joints.append(joints[-1] + 0.3 * way(bend))
    for a, b, dark in ((2, 3, 90), (1, 2, 170), (0, 1, 235)):
        lines = np.round(np.stack([joints[a], joints[b]], axis=1) * 2 * 16).astype(np.int32)
        cv2.polylines(canvas, list(lines), False, dark, 1, cv2.LINE_AA, 4)


def _lashes(image: np.ndarray, gloss: np.ndarray, subject: Subject, rng: np.random.Generator) -> None:
    """Paint the wet margins of the lids, the dark roots of the lashes and the hairs; more with make-up."""
    t, mirror, skin = subject.traits, mesh.surface().mirror, tone(image)
    for side in (0, 1):
        at = coordinates()[mirror] if side else coordinates()[:468]
        wet = area([], 0.8, at[list(mesh.LID_RING)])
        mix(image, wet * 0.8, skin * (0.98, 0.74, 0.70))
        gloss += 0.2 * wet
        for ring, up, strength, long in ((mesh.UPPER_LID, -1, 0.9, 7.0), (mesh.LOWER_LID, 1, 0.4, 3.0)):
            mask = _hairs(at[[33, *ring, 133]], up, long * (1 + 0.4 * t.make_up), rng)
            mix(image, mask * (strength * (0.8 + 0.2 * t.make_up)), (24, 17, 16))
            gloss *= 1 - mask


def _hairs(margin: np.ndarray, up: int, long: float, rng: np.random.Generator) -> np.ndarray:
    """Return the mask of a row of lashes, float32 (HEIGHT, WIDTH): their roots in a line, the hairs fanned out.

    Args:
        margin: (9, 2), the edge of the lid from the outer to the inner corner, (column, row).
        up: -1 for the upper, 1 for the lower lid.
        long: length of a hair in texels.
        rng: for their places.
    """
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    if up < 0:
        for rows, wide in ((slice(0, 9), 5), (slice(0, 6), 8)):
            line = np.round((margin[rows] - (0, 2.0)) * 16).astype(np.int32)
            cv2.polylines(mask, [line], False, 255, wide, cv2.LINE_AA, 4)
    place = np.sort(rng.uniform(0.02, 0.9, 34))
    root = np.stack([np.interp(place, np.linspace(0, 1, 9), margin[:, i]) for i in (0, 1)], axis=1)
    out = np.sign(margin[0, 0] - margin[-1, 0]) * (0.9 - 1.3 * place)
    tip = root + long * (1.1 - place)[:, None] * np.stack([out, np.full(34, 0.8 * up)], axis=1)
    for a, b in zip(np.round(root * 16).astype(int).tolist(), np.round(tip * 16).astype(int).tolist(), strict=True):
        cv2.line(mask, a, b, 190, 1, cv2.LINE_AA, 4)
    return cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), 0.8)
