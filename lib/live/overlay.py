"""What is drawn on a frame: emotion and intensity in the upper left corner (paper A, Figure 13), bars, boxes, rate."""

import cv2
import numpy as np
from PIL import ImageColor

from lib.emotions import COLOURS
from lib.live.reader import Answer, Read

HEIGHT = 480  # pixels of a frame on which everything is drawn at its own size
FONT = cv2.FONT_HERSHEY_SIMPLEX
WHITE, DARK = (255, 255, 255), (20, 20, 30)


def draw(read: Read) -> np.ndarray:
    """Return a frame, uint8 RGB (H, W, 3), with what was read: the largest face in the corner, all faces boxed."""
    image, scale = read.image.copy(), min(read.image.shape[:2]) / HEIGHT
    for answer in read.answers:
        boxed(image, answer, scale)
    if read.answers:
        _panel(image, read, scale)
    else:
        _line(image, "no face", (14, 34), 0.9, scale)
    if read.rate:
        _line(image, f"{read.rate:.0f} frames/s", (14, image.shape[0] / scale - 14), 0.5, scale)
    return image


def boxed(image: np.ndarray, answer: Answer, scale: float) -> None:
    """Draw the box of a face and its number into an image.

    Args:
        image: uint8 RGB (H, W, 3); changed.
        answer: of the face.
        scale: of lines and letters.
    """
    colour = ImageColor.getrgb(COLOURS[answer.emotion])
    x, y, width, height = np.round(answer.box).astype(int)
    cv2.rectangle(image, (x, y), (x + width, y + height), colour, max(1, round(2 * scale)), cv2.LINE_AA)
    _line(image, f"{answer.number} {answer.emotion}", (x / scale + 3, (y + height) / scale - 6), 0.5, scale)


def in_words(answer: Answer, emotions: tuple[str, ...]) -> str:
    """Return the emotion of a face with its intensity, or with its probability where there is no intensity."""
    place = emotions.index(answer.emotion)
    if answer.intensities is None:
        return f"{answer.emotion}, probability {answer.probabilities[place]:.0%}"
    return answer.emotion if answer.emotion == "neutral" else f"{answer.emotion} {answer.intensities[place]:.0%}"


def _panel(image: np.ndarray, read: Read, scale: float) -> None:
    """Draw the largest face's emotion and a bar per class into the upper left corner."""
    largest, row = read.answers[0], 17
    corner = image[: round((50 + row * len(read.emotions)) * scale), : round(236 * scale)]
    corner[:] = (0.45 * corner + 0.55 * np.array(DARK)).astype(np.uint8)
    words = in_words(largest, read.emotions)
    _line(image, words, (12, 30), 0.55 if largest.intensities is None else 0.8, scale)
    for place, (emotion, value) in enumerate(zip(read.emotions, largest.bars, strict=True)):
        y = 46 + row * place
        start, end = (96, y), (96 + round(128 * float(np.clip(value, 0, 1))), y + row - 5)
        corners = [tuple(round(scale * part) for part in point) for point in (start, end)]
        cv2.rectangle(image, *corners, ImageColor.getrgb(COLOURS[emotion]), -1)
        _line(image, emotion, (12, y + 11), 0.42, scale)


def _line(image: np.ndarray, text: str, place: tuple[float, float], size: float, scale: float) -> None:
    """Write white letters with a dark edge, readable on any picture; `place` and `size` are those on `HEIGHT`."""
    corner = tuple(round(scale * part) for part in place)
    thick = max(1, round(1.4 * size * scale))
    cv2.putText(image, text, corner, FONT, size * scale, DARK, thick + max(1, round(2 * scale * size)), cv2.LINE_AA)
    cv2.putText(image, text, corner, FONT, size * scale, WHITE, thick, cv2.LINE_AA)
