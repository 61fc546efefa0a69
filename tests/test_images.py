"""Image files: what is read how, and how what cannot be used is refused."""

import errno
import os
import re
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from lib import images, paths


@pytest.fixture
def picture() -> np.ndarray:
    """A smooth colour picture, 40 rows and 60 columns; red grows to the right, green downwards."""
    rows, columns = np.mgrid[0:40, 0:60]
    return np.stack([columns * 4, rows * 6, np.full_like(rows, 30)], axis=2).astype(np.uint8)


@pytest.mark.parametrize("ending", ["png", "bmp", "tiff", "ppm"])
def test_what_is_written_without_loss_is_read_back(picture, tmp_path, ending):
    path = tmp_path / f"a.{ending}"
    images.write(path, picture)
    np.testing.assert_array_equal(images.read(path), picture)


def test_a_jpeg_keeps_red_red(picture, tmp_path):
    images.write(tmp_path / "a.jpg", picture)
    assert np.abs(images.read(tmp_path / "a.jpg").astype(int) - picture).mean() < 3


def test_a_grey_file_is_read_as_grey(picture, tmp_path):
    images.write(tmp_path / "a.tiff", images.to_grey(picture))
    np.testing.assert_array_equal(images.read(tmp_path / "a.tiff"), images.to_grey(picture))


def test_a_name_with_spaces_and_non_latin_letters_is_read(picture, tmp_path):
    path = tmp_path / "лицо 顔 visage é.png"
    images.write(path, picture)
    np.testing.assert_array_equal(images.read(path), picture)


def test_sixteen_bits_become_eight(tmp_path):
    Image.fromarray(np.array([[0, 257, 32896, 65535]], dtype=np.uint16)).save(tmp_path / "a.png")
    np.testing.assert_array_equal(images.read(tmp_path / "a.png"), [[0, 1, 128, 255]])


def test_cmyk_becomes_rgb(picture, tmp_path):
    Image.fromarray(picture).convert("CMYK").save(tmp_path / "a.jpg", quality=100)
    assert np.abs(images.read(tmp_path / "a.jpg").astype(int) - picture).mean() < 3


def test_what_is_transparent_is_white(tmp_path):
    colour = np.zeros((4, 4, 4), np.uint8)
    colour[:2] = (200, 10, 20, 255)
    Image.fromarray(colour).save(tmp_path / "a.png")
    image = images.read(tmp_path / "a.png")
    assert image.shape == (4, 4, 3)
    assert (image[:2] == (200, 10, 20)).all()
    assert (image[2:] == 255).all()


def test_grey_with_transparency_stays_grey(tmp_path):
    Image.fromarray(np.dstack([np.full((4, 4), 90), np.full((4, 4), 255)]).astype(np.uint8)).save(tmp_path / "a.png")
    np.testing.assert_array_equal(images.read(tmp_path / "a.png"), np.full((4, 4), 90))


def test_a_palette_and_a_bilevel_picture_are_read(picture, tmp_path):
    Image.fromarray(picture).quantize(16).save(tmp_path / "a.gif")
    Image.fromarray(picture).convert("1").save(tmp_path / "b.png")
    assert images.read(tmp_path / "a.gif").shape == (40, 60, 3)
    assert set(np.unique(images.read(tmp_path / "b.png"))) == {0, 255}


def test_the_rotation_that_the_camera_noted_is_applied(picture, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees clockwise to see it upright
    Image.fromarray(picture).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(images.read(tmp_path / "a.png"), np.rot90(picture, -1))


def reason(path) -> str:
    """Return why `path` cannot be used; its message names the file."""
    with pytest.raises(images.ImageError, match=str(path)) as caught:
        images.read(path)
    return caught.value.reason


def test_a_missing_file_is_missing(tmp_path):
    assert reason(tmp_path / "nothing.png") == "missing"
    assert reason(tmp_path) == "missing"


def test_an_empty_file_is_zero_byte(tmp_path):
    (tmp_path / "a.png").touch()
    assert reason(tmp_path / "a.png") == "zero-byte"


@pytest.mark.parametrize("ending", ["png", "jpg", "tiff", "bmp", "gif", "webp"])
def test_a_file_cut_short_is_truncated(tmp_path, ending):
    noise = np.random.default_rng(0).integers(0, 256, (80, 80, 3), dtype=np.uint8)
    path = tmp_path / f"a.{ending}"
    Image.fromarray(noise).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    assert reason(path) in ("truncated", "unreadable")
    assert ending in ("tiff", "webp") or reason(path) == "truncated"  # these two keep their index at the end


def test_text_is_unreadable(tmp_path):
    (tmp_path / "a.jpg").write_text("this is not a picture")
    assert reason(tmp_path / "a.jpg") == "unreadable"


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_a_picture_of_20_000_by_20_000_is_too_large_and_never_decoded(tmp_path, ending):
    path = tmp_path / f"a.{ending}"
    header = Image.new("L", (20_000, 1))
    header.save(path)
    content = bytearray(path.read_bytes())
    if ending == "png":
        content[20:24] = (20_000).to_bytes(4, "big")
        content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    else:
        start = content.index(b"\xff\xc0") + 5
        content[start : start + 2] = (20_000).to_bytes(2, "big")
    path.write_bytes(content)
    assert reason(path) == "too large"


@pytest.mark.parametrize("ending", ["gif", "png", "webp", "tiff"])
def test_several_frames_are_animated(picture, tmp_path, ending):
    path = tmp_path / f"a.{ending}"
    frames = [Image.fromarray(np.roll(picture, 9 * shift, axis=1)) for shift in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    assert reason(path) == "animated"


def test_floating_point_pixels_are_refused(tmp_path):
    Image.fromarray(np.ones((4, 4), np.float32)).save(tmp_path / "a.tiff")
    assert reason(tmp_path / "a.tiff") == "unreadable"


def test_a_file_without_permission_says_so(picture, tmp_path):
    path = tmp_path / "a.png"
    images.write(path, picture)
    path.chmod(0)
    user = os.geteuid()
    os.seteuid(65534 if user == 0 else user)  # root may read everything, so become nobody for a moment
    try:
        assert reason(path) == "no permission"
    finally:
        os.seteuid(user)


def test_a_place_that_cannot_be_written_is_an_error(picture, tmp_path):
    with pytest.raises(OSError, match="could not write"):
        images.write(tmp_path / "no folder" / "a.png", picture)


@pytest.mark.parametrize("ending", [".tif", ".png", ".jpg"])
def test_an_image_that_cannot_be_written_to_its_end_is_an_error_and_the_one_before_stays(picture, ending, tmp_path):
    code = """
import resource, sys
import numpy as np
from lib import images
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))  # as on a full disk, a write beyond fails
images.write(sys.argv[1], np.random.default_rng(0).integers(0, 255, (240, 320, 3), dtype=np.uint8))
"""
    path = tmp_path / f"a{ending}"
    images.write(path, picture)
    before = path.read_bytes()
    command = [sys.executable, "-c", code, path]
    done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=False)
    assert f"could not write the image {path}: " in done.stderr
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_grey_and_back_keeps_the_brightness(picture):
    grey = images.to_grey(picture)
    assert grey.shape == (40, 60)
    np.testing.assert_array_equal(images.to_grey(images.to_rgb(grey)), grey)
    assert images.to_rgb(picture) is picture


@pytest.mark.parametrize(
    "bad", [np.zeros((4, 4)), np.zeros((0, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), "a.png", None]
)
def test_only_uint8_pictures_pass_the_check(bad):
    with pytest.raises(ValueError, match="expected"):
        images.check(bad)


@pytest.mark.parametrize("code", [errno.EMFILE, errno.EIO, errno.ENOMEM])
def test_a_passing_fault_of_the_system_is_no_verdict_on_the_image(code, picture, tmp_path, monkeypatch):
    images.write(tmp_path / "a.png", picture)

    def fail(*_, **__):
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(Image, "open", fail)
        with pytest.raises(OSError, match=re.escape(os.strerror(code))):
            images.read(tmp_path / "a.png")
    np.testing.assert_array_equal(images.read(tmp_path / "a.png"), picture)


@pytest.mark.parametrize("error", [TypeError, OverflowError, KeyError, IndexError])
def test_whatever_a_decoder_raises_is_an_image_error_with_the_name(error, picture, tmp_path, monkeypatch):
    def fail(_):
        raise error("inside")

    images.write(tmp_path / "a.png", picture)
    monkeypatch.setattr(Image.Image, "load", fail)
    assert reason(tmp_path / "a.png") == "truncated"


def test_what_is_encoded_is_decoded(picture):
    np.testing.assert_array_equal(images.decode(images.encode(picture)), picture)
    assert np.abs(images.decode(images.encode(picture, ".jpg", quality=90)).astype(int) - picture).mean() < 5


@pytest.mark.parametrize("name", ["a.xyz", "a", "a.mp4"])
def test_a_name_of_no_image_format_is_refused(name, picture, tmp_path):
    with pytest.raises(ValueError, match=r"ends in \.png"):
        images.write(tmp_path / name, picture)


def test_a_clip_of_an_unknown_kind_is_refused_before_a_frame_is_drawn(tmp_path):
    with pytest.raises(ValueError, match="mp4"):
        images.write_frames(tmp_path / "clip.gif", (1 / 0 for _ in range(3)))


def test_a_video_that_cannot_be_written_to_its_end_is_an_error_and_the_one_before_stays(tmp_path):
    code = """
import resource, sys
import numpy as np
from lib import images
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))  # as on a full disk, a write beyond fails
noise = np.random.default_rng(0).integers(0, 255, (60, 240, 320, 3), dtype=np.uint8)
images.write_frames(sys.argv[1], noise)
"""
    for name in ("clip.mp4", "clip.avi"):
        images.write_frames(tmp_path / name, [np.zeros((48, 64, 3), np.uint8)] * 5)
        command = [sys.executable, "-c", code, tmp_path / name]
        done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=False)
        assert "60 frames were written; is the disk full?" in done.stderr
        assert sum(1 for _ in images.frames(tmp_path / name)) == 5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.avi", "clip.mp4"]


def test_a_video_keeps_the_frames_before_an_error(tmp_path):
    def frames():
        yield from [np.zeros((48, 64, 3), np.uint8)] * 5
        raise ValueError("unplugged")

    with pytest.raises(ValueError, match="unplugged"):
        images.write_frames(tmp_path / "clip.mp4", frames())
    assert images.announced(tmp_path / "clip.mp4")[0] == 5
    with pytest.raises(ValueError, match="there is no folder"):
        images.write_frames(tmp_path / "none" / "clip.mp4", frames())


def test_an_image_under_the_name_of_a_video_is_refused(picture, tmp_path):
    images.write(tmp_path / "a.png", picture)
    (tmp_path / "a.png").rename(tmp_path / "a.mp4")
    with pytest.raises(images.ImageError, match="is not a video"):
        list(images.frames(tmp_path / "a.mp4"))


def test_sixteen_bits_are_read_alike_whichever_end_is_white(tmp_path):
    values = np.arange(0, 65536, 256, dtype=np.uint16).reshape(16, 16)
    for name, pixels, zero in (("black", values, 1), ("white", 65535 - values, 0)):
        Image.fromarray(pixels).save(tmp_path / f"{name}.tif", tiffinfo={262: zero})
    black, white = (images.read(tmp_path / f"{name}.tif") for name in ("black", "white"))
    assert np.abs(black.astype(int) - white).max() <= 1
    assert black[0, 0] == 0


def test_a_side_that_opencv_cannot_warp_is_too_large(tmp_path):
    Image.new("L", (images.MAX_SIDE + 1, 8)).save(tmp_path / "long.png")
    with pytest.raises(images.ImageError, match="32,766 a side") as raised:
        images.read(tmp_path / "long.png")
    assert raised.value.reason == "too large"


def test_a_rotated_phone_video_comes_upright(tmp_path):
    upright = np.zeros((48, 64, 3), np.uint8)
    upright[:, :32] = (255, 0, 0)  # left half red
    images.write_frames(tmp_path / "phone.mp4", [upright] * 5)
    content = bytearray((tmp_path / "phone.mp4").read_bytes())
    matrix = content.index(b"tkhd") + 4 + 4 + 36  # version and flags, 36 bytes of times, layer and volume
    turn = (0, 1 << 16, 0, -(1 << 16), 0, 0, 48 << 16, 0, 1 << 30)  # a quarter, clockwise
    content[matrix : matrix + 36] = struct.pack(">9i", *turn)
    (tmp_path / "phone.mp4").write_bytes(content)
    _, frame = next(images.frames(tmp_path / "phone.mp4"))
    assert frame.shape == (64, 48, 3)
    assert frame[:28, :, 0].min() > 200  # left became top
    assert frame[36:, :, 0].max() < 60


def test_channels_are_swapped_only_where_opencv_hands_frames_over_and_for_the_networks_that_learned_them_so():
    swaps = re.compile(r"\.\.\., ::-1|BGR")
    swapping = [path.name for path in (paths.ROOT / "lib").rglob("*.py") if swaps.search(path.read_text("utf-8"))]
    assert sorted(swapping) == ["images.py", "resnet.py"]
