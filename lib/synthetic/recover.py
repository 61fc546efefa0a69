"""Where `face.npz` comes from: the 468-point face inside MediaPipe's landmark network, recovered from the wheel.

The wheel holds no face mesh. But a landmark network that is shown something without a face answers with the face it
expects, in three dimensions. The mean answer over noise, made symmetric, is our template. Run once:

    python -m lib.synthetic.recover
"""

from pathlib import Path

import cv2
import numpy as np
from scipy.optimize import linear_sum_assignment

FILE = Path(__file__).with_name("face.npz")
MID_LINE = (
    0,
    1,
    2,
    4,
    5,
    6,
    8,
    9,
    10,
    11,
    12,
    13,
    14,
    15,
    16,
    17,
    18,
    19,
    94,
    151,
    152,
    164,
    168,
    175,
    195,
    197,
    199,
    200,
)
PAIRS = (  # right, left of the subject: corners of eyes, brows, nose, mouth, jaw
    (33, 263), (133, 362), (159, 386), (145, 374), (70, 300), (55, 285), (105, 334), (46, 276),
    (129, 358), (98, 327), (61, 291), (78, 308), (50, 280), (234, 454), (172, 397), (127, 356),
)  # fmt: skip


def triangles() -> np.ndarray:
    """Return MediaPipe's tessellation as int32 (852, 3): three consecutive edges of its list are one triangle."""
    from mediapipe.tasks.python.vision import FaceLandmarksConnections

    edges = [(edge.start, edge.end) for edge in FaceLandmarksConnections.FACE_LANDMARKS_TESSELATION]
    return np.array([[edges[i][0], edges[i + 1][0], edges[i + 2][0]] for i in range(0, len(edges), 3)], np.int32)


def expected_faces(count: int = 60) -> np.ndarray:
    """Return the network's answers to `count` inputs without a face, float64 (count, 468, 3), y up, z to the viewer."""
    import mediapipe
    import tensorflow as tf

    folder = Path(mediapipe.__file__).parent / "modules" / "face_landmark"
    network = tf.lite.Interpreter(str(folder / "face_landmark.tflite"), num_threads=1)
    network.allocate_tensors()
    source, *_ = network.get_input_details()
    answer = next(out["index"] for out in network.get_output_details() if np.prod(out["shape"]) == 468 * 3)
    rng, faces = np.random.default_rng(0), []
    for i in range(count):
        noise = cv2.GaussianBlur(rng.uniform(0, 1, (192, 192, 3)).astype(np.float32), (0, 0), 2 + i % 20)
        network.set_tensor(source["index"], (0.5 + (noise - noise.mean()) * (i % 7))[None].clip(0, 1))
        network.invoke()
        faces.append(network.get_tensor(answer).reshape(468, 3) * (1, -1, -1))
    return np.array(faces, np.float64)


def fit(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return A (3, 3), b (3,) of the similarity (or mirroring) with `source @ A + b` nearest to `target`.

    Args:
        source: points (N, 3).
        target: their partners (N, 3).
    """
    centred, goal = source - source.mean(0), target - target.mean(0)
    u, s, vt = np.linalg.svd(centred.T @ goal)
    a = u @ vt * s.sum() / (centred**2).sum()
    return a, target.mean(0) - source.mean(0) @ a


def procrustes_mean(faces: np.ndarray, rounds: int = 5) -> np.ndarray:
    """Return the mean (P, 3) of faces after removing position, size and rotation from each.

    Args:
        faces: (N, P, 3).
        rounds: of fitting every face to the mean.
    """
    mean = faces[0]
    for _ in range(rounds):
        mean = np.mean([face @ a + b for face in faces for a, b in [fit(face, mean)]], axis=0)
    return mean


def mirror_map(points: np.ndarray) -> np.ndarray:
    """Return int32 (468,): the index of each point's mirror image, itself on the mid-line.

    Seeded with known points; nearest neighbours without them give a wrong map that looks like a right one.
    """
    anchors = [(i, i) for i in MID_LINE] + [pair for p in PAIRS for pair in (p, p[::-1])]
    here, there = np.array(anchors).T
    a, b = fit(points[here] * (-1, 1, 1), points[there])
    cost = np.linalg.norm((points * (-1, 1, 1) @ a + b)[:, None] - points[None], axis=2)
    cost[here], cost[:, there] = 1e6, 1e6
    cost[here, there] = 0
    mirror = linear_sum_assignment(cost + cost.T)[1]
    if not np.array_equal(mirror[mirror], np.arange(len(points))):
        raise RuntimeError(
            "the mirror map is not its own inverse; the installed mediapipe has another mesh than 0.10.21"
        )
    return mirror.astype(np.int32)


def recover() -> dict[str, np.ndarray]:
    """Return points float32 (468, 3) in units of the inter-ocular distance, triangles (852, 3), mirror (468,).

    x to the subject's left, y up, z to the viewer, origin midway between the outer corners of the eyes.
    """
    points = procrustes_mean(expected_faces())
    mirror = mirror_map(points)
    middle, across = (points[33] + points[263]) / 2, points[263] - points[33]
    across = across / np.linalg.norm(across)
    up = points[10] - points[152]
    up = up - across * (up @ across)
    up /= np.linalg.norm(up)
    points = (points - middle) @ np.stack([across, up, np.cross(across, up)], axis=1)
    points = (points + points[mirror] * (-1, 1, 1)) / 2
    eyes = np.abs(points[[33, 133], 0]).mean() * 2
    return {"points": (points / eyes).astype(np.float32), "triangles": triangles(), "mirror": mirror}


if __name__ == "__main__":
    np.savez_compressed(FILE, **recover())
