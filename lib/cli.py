"""One command line over the study: `python -m lib.cli COMMAND`; `--help` lists the commands.

Each command is a function whose signature declares its arguments. What is heavy to import is imported inside it, so
that `--help` and a first answer come at once.
"""

import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from lib import machine

WELL, SOME_FAILED, REFUSED = 0, 1, 2  # exit codes
QUIET = {"OPENCV_LOG_LEVEL": "SILENT", "OPENCV_FFMPEG_LOGLEVEL": "-8"}  # a bad file is answered by a sentence of ours
HELP = """Tools of the facial emotion study.

Exit codes: 0 well, 1 some files could not be used or something is missing, 2 a bad request."""
app = typer.Typer(
    help=HELP, no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)


def number(kind: type, least: float, most: float) -> Callable[[object], float]:
    """Return a function that reads a number of `kind` (int or float) from `least` to `most` from the command line."""

    def read(text: object) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            word = "whole number" if kind is int else "number"
            raise typer.BadParameter(f"{text!r}; expected a {word} from {least:,} to {most:,}")
        return value

    return read


def one_of(*words: str) -> Callable[[str], str]:
    """Return a function that reads one of some words from the command line."""

    def read(text: str) -> str:
        if text not in words:
            raise typer.BadParameter(f"{text!r}; expected {' or '.join(words)}")
        return text

    return read


def named(text: object) -> Path:
    """Return a path from the command line, where one is given: an empty name would be the current folder."""
    if not str(text).strip():
        raise typer.BadParameter(f"{str(text)!r}; expected the name of a file or a folder")
    return Path(str(text))


@app.command(
    epilog="Examples: python -m lib.cli predict photo.jpg; python -m lib.cli predict folder --csv > answers.csv"
)
def predict(
    source: Annotated[Path, Argument(parser=named, help="an image, a folder of images and videos, or a video")],
    csv: Annotated[bool, Option("--csv", help="a table, one row per face")] = False,
    json: Annotated[bool, Option("--json", help="a line of JSON per image, with landmarks")] = False,
    network: Annotated[str, Option(help="a network of the study, or a file that `export` wrote")] = "real_faces",
    intensity: Annotated[
        str | None, Option(help="a second network, which gives intensities; `real_faces` brings one")
    ] = None,
    small: Annotated[
        bool | None, Option("--small/--no-small", help="look for small faces; default: where an image is large")
    ] = None,
) -> None:
    """Say which emotion every face shows in an image, a folder or a video; a bad file does not stop a folder."""
    from lib import progress
    from lib.predict import Predictor, answers

    if csv and json:
        raise typer.BadParameter("--csv and --json; expected one of them")
    files, left_out = answers.files(source)
    predictor = Predictor.load(network, intensity)
    writer = answers.table(predictor.emotions, predictor.regressor is not None, sys.stdout) if csv else None
    failed = len(left_out)
    given = answers.every(predictor, files, small)
    for file in progress.bar(given, "predicting", "files", len(files)) if len(files) > 1 else given:
        for answer in file:
            failed += bool(answer.problem)
            if writer:
                writer.writerows(answer.as_rows(predictor.emotions))
            else:
                print(answer.as_json(predictor.emotions) if json else answer.in_words())
    if failed:
        left_out.append(f"{failed} of {len(files) + len(left_out)} files could not be used")
        print("\n".join(left_out), file=sys.stderr)
        raise typer.Exit(SOME_FAILED)


@app.command(epilog="Example: python -m lib.cli card real_faces")
def card(network: Annotated[str, Argument(help="a network of the study, or a file that `export` wrote")]) -> None:
    """Say what a network was trained on, how good it is, and what it is not for."""
    from lib.predict.network import load

    print(load(network).contract.in_words())


@app.command(epilog="Example: python -m lib.cli export fer2013 --out small.tflite --form int8")
def export(
    source: Annotated[Path, Argument(parser=named, help="weights of the study (fer2013), or the folder of a fit")],
    out: Annotated[Path, Option(parser=named, help="file, .tflite or .onnx")],
    form: Annotated[str, Option(help="float32, float16, dynamic range, int8 or onnx")] = "dynamic range",
    origin: Annotated[str, Option(help="of a fit's training images: real, stand-in or mixed")] = "",
    data_set: Annotated[
        str, Option(help="with the faces that check the file; $FACE_DATA, else the stand-in")
    ] = "fer2013",
    scale: Annotated[str, Option(help="of that stand-in: smoke, standard or paper")] = "smoke",
) -> None:
    """Write a trained network as a file for small devices, checked on faces; a file that fails is not left."""
    from lib import paths

    with machine.quiet():
        from lib.predict import export as exports

    exports.check(out, form)
    model, facts = exports.trained(source, origin)
    faces = exports.held_out(data_set, scale, model.input_shape[1], paths.data(scale))
    row = exports.export(model, facts, form, out, faces)
    print(f"{out}, checked on {row['n']} faces ({faces.origin}):")
    for name, value in row.items():
        print(f"  {name:<16} {value}")


@app.command(epilog="Example: python -m lib.cli train mug --epochs 10 --out mug.tflite")
def train(
    data_set: Annotated[str, Argument(help="mug, own, fer2013, ...; from $FACE_DATA, else the stand-in")],
    out: Annotated[Path, Option(parser=named, help="file for `predict --network`, .tflite")],
    epochs: Annotated[int, Option(parser=number(int, 1, 10_000), help="passes over the training images")] = 20,
    size: Annotated[int, Option(parser=number(int, 41, 512), help="side of a crop in pixels")] = 48,
    seed: Annotated[int, Option(parser=number(int, 0, 10**9), help="of split, weights and batches")] = 0,
    scale: Annotated[str, Option(help="stand-ins: smoke, standard or paper")] = "standard",
) -> None:
    """Train the modern compact network on a data set, test it on other people of it where they are named, export it."""
    with machine.quiet():
        from lib.predict import training

    for line in training.train(data_set, out, epochs, size, seed, scale):
        print(line)


@app.command(epilog="Example: python -m lib.cli intensities --out faces.tflite, with $FACE_DATA/fer2013")
def intensities(
    out: Annotated[Path, Option(parser=named, help="file for `predict --intensity`, .tflite")],
    images: Annotated[int, Option(parser=number(int, 10, 10**6), help="training images, drawn")] = 9_000,
    seed: Annotated[int, Option(parser=number(int, 0, 10**9), help="of the draw")] = 0,
    scale: Annotated[str, Option(help="stand-in: smoke, standard or paper")] = "standard",
) -> None:
    """Fit what gives intensities on real faces to the votes of FER+ on FER-2013, test it, and export it."""
    with machine.quiet():
        from lib.predict import intensities as heads

    for line in heads.fit(out, images, seed, scale):
        print(line)


@app.command(epilog="Example: python -m lib.cli evaluate real_faces jaffe")
def evaluate(
    network: Annotated[str, Argument(help="a network of the study, or a file that `export` or `train` wrote")],
    data_set: Annotated[str, Argument(help="mug, own, fer2013, ...; from $FACE_DATA, else the stand-in")],
    scale: Annotated[str, Option(help="stand-ins: smoke, standard or paper")] = "standard",
) -> None:
    """Say how often a network is right on a data set, with 95 % intervals; its training images must not be in it."""
    with machine.quiet():
        from lib.predict import training
    from lib.predict.network import load

    scores = training.evaluate_on(load(network), data_set, scale)
    print(scores[["metric", "of", "value", "low", "high", "n"]].round(3).to_string(index=False))


@app.command(epilog="Example: python -m lib.cli doctor")
def doctor() -> None:
    """Say whether packages and machine are as the study needs them, and which data sets are real."""
    from lib.runner import start

    packages = start.packages()
    wrong = packages[packages["what to do"] != "OK"]
    machine = start.this_machine(memory_gb=8, disk_gb=4)
    print(f"{len(packages) - len(wrong)} of {len(packages)} packages as pinned")
    for table in (wrong, machine, start.data_sets()):
        if len(table):
            print("\n" + table.to_string(index=False))
    if len(wrong) or (machine["what to do"] != "OK").any():
        raise typer.Exit(SOME_FAILED)


@app.command(epilog="Example: python -m lib.cli label photographs --annotator ada")
def label(
    folder: Annotated[
        Path, Argument(parser=named, help="images, at any depth; labels.csv is written into it after every answer")
    ],
    annotator: Annotated[str, Option(help="whose answers these are; others' are kept and not shown")] = "",
    no_levels: Annotated[bool, Option("--no-levels", help="ask for the emotion only")] = False,
) -> None:
    """Label the images of a folder by hand: emotion and level."""
    from lib.labelling import Session
    from lib.labelling.window import Window

    session = Session(folder, annotator, levels=not no_levels)
    Window(session).run()
    print(session.status)


@app.command(epilog="Example: python -m lib.cli frames clip.mp4 --every 1")
def frames(
    video: Annotated[Path, Argument(parser=named, help="a video")],
    out: Annotated[
        Path | None, Option(parser=named, help="folder for the frames; default: beside the video, under its name")
    ] = None,
    every: Annotated[float, Option(help="seconds per frame, at least 0.01")] = 0.5,
) -> None:
    """Pick the sharpest frame with a face of every half-second of a video."""
    from lib.labelling import recordings

    folder = out or video.with_suffix("")
    picked = recordings.pick(video, folder, every)
    print(f"{len(picked.files)} frames in {folder}" if picked.files else f"no face in any frame of {video}")
    if picked.lost:
        lost = f"{picked.lost} of its {picked.announced} frames could not be read"
        print(f"{video} is cut or damaged: {lost}", file=sys.stderr)
        raise typer.Exit(SOME_FAILED)


@app.command(epilog="Example: python -m lib.cli prepare mug jaffe --scale smoke --size 48")
def prepare(
    data_set: Annotated[list[str], Argument(help="mug, ck_plus, jaffe, ...; from $FACE_DATA, else the stand-in")],
    scale: Annotated[str, Option(help="stand-ins: smoke, standard or paper")] = "standard",
    how: Annotated[str, Option(help="alignment: proposed, traditional, box or eyes")] = "proposed",
    size: Annotated[int, Option(parser=number(int, 16, 2048), help="side of a crop in pixels")] = 128,
    scheduler: Annotated[
        str | None, Option(help="a Dask scheduler, tcp://HOST:8786; default: this machine's cores")
    ] = None,
) -> None:
    """Find and crop the faces of whole data sets, here or on a cluster."""
    from lib import datasets, faces, paths
    from lib.runner import machines

    machines.use(scheduler, devices=None)
    for name in data_set:
        table = datasets.load(name, scale=scale)
        crops = faces.crop_faces(table, paths.data(scale), how, size)
        counts = crops.table["status"].value_counts()
        print(f"{name}: " + ", ".join(f"{count} {status}" for status, count in counts.items()))


@app.command(epilog="Example: python -m lib.cli faces --subjects 3 --video --out clip.mp4")
def faces(
    subjects: Annotated[int, Option(parser=number(int, 1, 100), help="how many people, 1 to 100")] = 6,
    first: Annotated[int, Option(parser=number(int, 0, 10**9), help="seed of the first of them")] = 0,
    scene: Annotated[str, Option(parser=one_of("lab", "wild"), help="lab or wild")] = "lab",
    intensity: Annotated[float, Option(parser=number(float, 0, 1), help="of every emotion on the sheet, 0 to 1")] = 1.0,
    out: Annotated[Path, Option(parser=named, help="image; with --video .mp4 or .avi")] = Path("faces.png"),
    video: Annotated[bool, Option("--video", help="a clip: neutral, emotion, neutral, for all emotions")] = False,
) -> None:
    """Draw rendered people: a contact sheet, or a clip."""
    from lib import images
    from lib.synthetic import Subject, show

    people = [Subject(first + k) for k in range(subjects)]
    if video:
        out = out.with_suffix(".mp4") if out.suffix == ".png" else out
        print(f"{images.write_frames(out, show.frames(people, scene))} frames in {out}")
    else:
        images.check_ending(out)  # before minutes of drawing
        images.write(out, show.contact_sheet(people, scene, intensity))
        print(f"{subjects} people in {out}")


NETWORK = Annotated[str, Option("--network", help="a network of the study, or a file that `export` wrote")]
INTENSITY = Annotated[
    str | None, Option("--intensity", help="a second network, which gives intensities; `real_faces` brings one")
]


@app.command(
    epilog="Examples: python -m lib.cli live clip.mp4; python -m lib.cli live clip.mp4 --out answers.mp4; "
    "python -m lib.cli live --camera 0"
)
def live(
    video: Annotated[Path | None, Argument(parser=named, help="a video; or give a camera")] = None,
    camera: Annotated[int | None, Option(parser=number(int, 0, 99), help="number of a camera; the first is 0")] = None,
    out: Annotated[
        Path | None, Option(parser=named, help="a file for the frames and answers, .mp4 or .avi; default: a window")
    ] = None,
    network: NETWORK = "real_faces",
    intensity: INTENSITY = None,
    smoothing: Annotated[str | None, Option(help="none, exponential, median or one-euro")] = None,
) -> None:
    """Read a video or a camera, frame by frame. Nothing is recorded without --out, no camera is used unless asked."""
    from lib.live import play, smooth
    from lib.predict import Predictor

    if (video is None) == (camera is None):
        raise typer.BadParameter("expected a video, or --camera with a number")
    source, smoothing = str(video) if camera is None else camera, smoothing or smooth.DEFAULT
    smooth.smoothing(smoothing)
    if out is None:
        from lib.live.window import Window

        Window(network, source, intensity, smoothing).run()
        return
    played = play.record(source, out, Predictor.load(network, intensity), smoothing)
    print(f"{played.written} frames in {out}")
    if played.problem:
        print(played.problem, file=sys.stderr)
        raise typer.Exit(SOME_FAILED)


@app.command(epilog="Examples: python -m lib.cli window; python -m lib.cli window photograph.jpg")
def window(
    source: Annotated[Path | None, Argument(parser=named, help="an image or a video to begin with")] = None,
    network: NETWORK = "real_faces",
    intensity: INTENSITY = None,
) -> None:
    """Open the window: an image, a video or the camera, its faces and their emotions."""
    from lib.live.window import Window

    Window(network, None if source is None else str(source), intensity).run()


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit code: 0 well, 1 some files failed, 2 a bad request."""
    arguments = sys.argv[1:] if arguments is None else arguments
    os.environ |= QUIET
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow logs what it lacks as errors
    machine.stop_like_ctrl_c()
    try:
        app(arguments, prog_name="python -m lib.cli")
    except SystemExit as stopped:
        return int(stopped.code or WELL)
    except (ValueError, OSError, ImportError) as error:
        print(f"{arguments[0]}: {error}", file=sys.stderr)
        return REFUSED
    return WELL


if __name__ == "__main__":
    sys.exit(main())
