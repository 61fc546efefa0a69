"""One command line over the study: `python -m lib.cli COMMAND`; `--help` lists the commands.

Each command is a function `add_<command>` that declares its arguments and names the function that does the work. What
is heavy to import is imported inside that function, so that `--help` answers at once.
"""

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path


def add_label(commands: argparse._SubParsersAction) -> None:
    """Declare `label`."""
    parser = commands.add_parser("label", help="label the images of a folder by hand: emotion and level")
    parser.add_argument("folder", help="images, at any depth; labels.csv is written into it after every answer")
    parser.add_argument("--annotator", default="", help="whose answers these are; others' are kept and not shown")
    parser.add_argument("--no-levels", action="store_true", help="ask for the emotion only")
    parser.set_defaults(run=_label)


def _label(options: argparse.Namespace) -> None:
    from lib.labelling import Session
    from lib.labelling.window import Window

    session = Session(options.folder, options.annotator, levels=not options.no_levels)
    Window(session).run()
    print(session.status)


def add_frames(commands: argparse._SubParsersAction) -> None:
    """Declare `frames`."""
    parser = commands.add_parser("frames", help="pick the sharpest frame with a face of every half-second of a video")
    parser.add_argument("video")
    parser.add_argument("--out", default="", help="folder for the frames; default: beside the video, under its name")
    parser.add_argument("--every", type=float, default=0.5, help="seconds per frame, at least 0.01")
    parser.set_defaults(run=_frames)


def _frames(options: argparse.Namespace) -> None:
    from lib.labelling import recordings

    folder = Path(options.out or Path(options.video).with_suffix(""))
    picked = recordings.pick(options.video, folder, options.every)
    if picked.lost:
        print(f"{options.video} is cut or damaged: {picked.lost} of its {picked.announced} frames could not be read")
    print(f"{len(picked.files)} frames in {folder}" if picked.files else f"no face in any frame of {options.video}")


def add_prepare(commands: argparse._SubParsersAction) -> None:
    """Declare `prepare`."""
    parser = commands.add_parser("prepare", help="find and crop the faces of whole data sets, here or on a cluster")
    parser.add_argument("data_set", nargs="+", help="mug, ck_plus, jaffe, ...; from $FACE_DATA, else the stand-in")
    parser.add_argument("--scale", default="standard", help="stand-ins: smoke, standard or paper")
    parser.add_argument("--how", default="proposed", help="alignment: proposed, traditional or eyes")
    parser.add_argument("--size", type=number(int, 16, 2048), default=128, help="side of a crop in pixels")
    parser.add_argument("--no-face", default="skip", help="images without a face: skip or centre")
    parser.add_argument("--scheduler", help="a Dask scheduler, tcp://HOST:8786; default: this machine's cores")
    parser.set_defaults(run=_prepare)


def _prepare(options: argparse.Namespace) -> None:
    from lib import datasets, faces, paths

    for name in options.data_set:
        table = datasets.load(name, scale=options.scale)
        crops = faces.crop_faces(
            table, paths.data(options.scale), options.how, options.size, options.no_face, options.scheduler
        )
        counts = crops.table["status"].value_counts()
        print(f"{name}: " + ", ".join(f"{count} {status}" for status, count in counts.items()))


def add_faces(commands: argparse._SubParsersAction) -> None:
    """Declare `faces`."""
    parser = commands.add_parser("faces", help="draw rendered people: a contact sheet, or a clip")
    parser.add_argument("--subjects", type=number(int, 1, 100), default=6, help="how many people, 1 to 100")
    parser.add_argument("--first", type=number(int, 0, 10**9), default=0, help="seed of the first of them")
    parser.add_argument("--scene", choices=("lab", "wild"), default="lab")
    parser.add_argument(
        "--intensity", type=number(float, 0, 1), default=1.0, help="of every emotion on the sheet, 0 to 1"
    )
    parser.add_argument("--out", type=Path, default=Path("faces.png"), help="image; with --video .mp4 or .avi")
    parser.add_argument("--video", action="store_true", help="a clip: neutral, emotion, neutral, for all emotions")
    parser.set_defaults(run=_faces)


def _faces(options: argparse.Namespace) -> None:
    from lib import images
    from lib.synthetic import Subject, show

    subjects = [Subject(options.first + k) for k in range(options.subjects)]
    if options.video:
        out = options.out.with_suffix(".mp4") if options.out.suffix == ".png" else options.out
        print(f"{images.write_frames(out, show.frames(subjects, options.scene))} frames in {out}")
    else:
        images.check_ending(options.out)  # before minutes of drawing
        images.write(options.out, show.contact_sheet(subjects, options.scene, options.intensity))
        print(f"{options.subjects} people in {options.out}")


def number(kind: type, least: float, most: float) -> Callable[[str], float]:
    """Return a function that reads a number of `kind` (int or float) from `least` to `most` from the command line."""

    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            word = "whole number" if kind is int else "number"
            raise argparse.ArgumentTypeError(f"{text!r}; expected a {word} from {least:,} to {most:,}")
        return value

    return read


COMMANDS = (add_label, add_frames, add_prepare, add_faces)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit code: 0 well, 2 a bad request."""
    parser = argparse.ArgumentParser(prog="python -m lib.cli", description="Tools of the facial emotion study.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in COMMANDS:
        add(commands)
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except (ValueError, OSError) as error:
        print(f"{options.command}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
