"""The window, driven by real keys and clicks on a virtual screen."""

import contextlib
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest
from screen import NEEDS_SCREEN, virtual_screen, wait_for, xdotool

from lib import images, paths, synthetic
from lib.live import window as windows
from lib.predict import Predictor, network

pytestmark = NEEDS_SCREEN
CLOSED = []  # Tk must not be collected in another thread than its own, so that closed windows are kept


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Images of every kind, and films."""
    place, rng = tmp_path_factory.mktemp("images"), np.random.default_rng(0)
    faces = [synthetic.render(synthetic.Subject(seed), "happy", 1.0, rng, size=240)[0] for seed in (3, 4)]
    scenery = cv2.GaussianBlur(rng.integers(0, 255, (240, 320, 3), dtype=np.uint8), (0, 0), 8)
    images.write(place / "one face.png", faces[0])
    images.write(place / "two.png", np.hstack(faces))
    images.write(place / "scenery.png", scenery)
    (place / "text.png").write_text("no image")
    (place / "text.mp4").write_text("no video")
    (place / "cut.png").write_bytes((place / "two.png").read_bytes()[:20_000])
    images.write_frames(place / "film.mp4", [faces[0]] * 30, 25)
    return place


@pytest.fixture(scope="module")
def display():
    with virtual_screen() as name:
        yield name


@pytest.fixture
def window(display, monkeypatch):
    monkeypatch.setenv("DISPLAY", display)
    window = windows.Window()
    window.root.focus_force()  # as a desktop does when a window opens; there is none on this screen
    window.root.update()
    window.main.show()
    yield window
    close(window)


def close(window):
    CLOSED.append(window)
    if alive(window):
        window.leave()


def alive(window):
    try:
        return bool(window.root.winfo_exists())
    except windows.tkinter.TclError:
        return False


def until(window, condition):
    """Let the window live until a condition holds."""
    wait_for(condition, 30, lambda: alive(window) and window.root.update())


def press(window, *keys):
    for key in keys:
        xdotool("key", key)
        end = time.monotonic() + 0.15
        while time.monotonic() < end and alive(window):
            window.root.update()
            time.sleep(0.01)


def click(window, widget, x=None, y=None):
    window.root.update()
    middle = (widget.winfo_width() // 2, widget.winfo_height() // 2)
    place = (
        widget.winfo_rootx() + (middle[0] if x is None else x),
        widget.winfo_rooty() + (middle[1] if y is None else y),
    )
    xdotool("mousemove", *map(int, place), "click", 1)


def words(window):
    return window.page._words.get()


def show(window, path):
    """Open an image and wait until the window has answered."""
    until(window, lambda: "is loaded" in words(window))
    window.open(str(path))
    until(window, lambda: not words(window).startswith("Opening"))


def button(window, text):
    frames = [window.main, window.page]
    for frame in frames:
        for child in [*frame.winfo_children(), *[c for f in frame.winfo_children() for c in f.winfo_children()]]:
            if child.winfo_class() == "TButton" and child.cget("text") == text:
                return child
    raise LookupError(text)


def test_an_image_is_opened_detected_and_left_by_keys_alone(window, folder):
    until(window, lambda: "is loaded" in words(window))
    press(window, "Return")
    until(window, window.page.winfo_ismapped)
    assert not window.main.winfo_ismapped()
    xdotool("type", "--delay", "1", str(folder / "one face.png"))
    press(window, "Return")
    until(window, lambda: "1 face detected" in words(window))
    assert not window.page._bars.find_all()
    press(window, "Return")
    until(window, lambda: words(window).startswith("1: "))
    assert len(window.page._bars.find_all()) > 3 * 7
    press(window, "Escape")
    until(window, window.main.winfo_ismapped)
    press(window, "Tab", "Return")
    until(window, lambda: not alive(window))


def test_the_buttons_can_be_clicked(window, folder):
    until(window, lambda: "is loaded" in words(window))
    click(window, button(window, "Emotion detection"))
    until(window, window.page.winfo_ismapped)
    window.page.path.set(str(folder / "two.png"))
    click(window, button(window, "Show"))
    until(window, lambda: "2 faces detected" in words(window))
    click(window, button(window, "Detect emotion"))
    until(window, lambda: words(window).startswith("1: "))
    click(window, button(window, "Back"))
    until(window, window.main.winfo_ismapped)
    click(window, button(window, "Exit"))
    until(window, lambda: not alive(window))


def test_the_dialog_opens_what_is_chosen(window, folder, monkeypatch):
    monkeypatch.setattr(windows.filedialog, "askopenfilename", lambda **_: str(folder / "one face.png"))
    until(window, lambda: "is loaded" in words(window))
    press(window, "ctrl+o")
    until(window, lambda: "1 face detected" in words(window))
    assert window.page.path.get().endswith("one face.png")


def test_a_cancelled_dialog_changes_nothing(window, monkeypatch):
    monkeypatch.setattr(windows.filedialog, "askopenfilename", lambda **_: "")
    until(window, lambda: "is loaded" in words(window))
    press(window, "ctrl+o")
    assert window.page.read is None


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("scenery.png", "no face in this image"),
        ("text.png", "is not an image in JPEG"),
        ("text.mp4", "is not a video that can be decoded"),
        ("cut.png", "cannot be decoded to its end"),
        ("missing.png", "no file at"),
        ("", "Type the path"),
    ],
)
def test_what_cannot_be_shown_gives_a_sentence(window, folder, name, sentence):
    show(window, folder / name if name else "")
    until(window, lambda: sentence in words(window))


def test_a_huge_image_gives_a_sentence(window, folder, monkeypatch):
    monkeypatch.setattr(images, "MAX_PIXELS", 1000)
    show(window, folder / "two.png")
    assert "expected at most 1,000 pixels" in words(window)


def test_a_large_image_is_kept_small_and_its_boxes_fit(window, folder, monkeypatch):
    monkeypatch.setattr(windows, "SHOWN", 120)
    show(window, folder / "two.png")
    assert window.page.read.image.shape == (60, 120, 3)
    boxes = sorted(one.box[0] for one in window.page.read.answers)
    assert 0 < boxes[0] < 60 < boxes[1] < 120


class Camera:
    """A camera that is unplugged after some frames."""

    def __init__(self, number, count=5):
        self.left, self.on = count, True
        Camera.last = self

    def isOpened(self):
        return self.left > 0

    def read(self):
        time.sleep(0.01)
        self.left -= 1
        return (True, np.zeros((48, 64, 3), np.uint8)) if self.left >= 0 else (False, None)

    def release(self):
        self.on = False


@pytest.mark.parametrize(("count", "sentence"), [(0, "there is no camera 0"), (5, "camera 0 gives no more frames")])
def test_a_camera_that_is_missing_or_unplugged_gives_a_sentence(window, monkeypatch, count, sentence):
    monkeypatch.setattr(cv2, "VideoCapture", lambda number: Camera(number, count))
    show(window, "")
    window.enter()
    click(window, button(window, "Camera"))
    until(window, lambda: sentence in words(window))


def test_the_camera_is_off_until_asked_for_and_after_escape(window, monkeypatch):
    opened = []
    monkeypatch.setattr(cv2, "VideoCapture", lambda number: opened.append(number) or Camera(number, 10**9))
    show(window, "")
    assert opened == []
    window.open(0)
    until(window, lambda: window.page.read is not None)
    press(window, "Escape")
    until(window, lambda: not Camera.last.on)
    assert opened == [0]


def test_a_camera_that_waits_for_the_model_stays_off_after_escape(window, monkeypatch):
    opened = []
    monkeypatch.setattr(cv2, "VideoCapture", lambda number: opened.append(number) or Camera(number, 10**9))
    window.open(0)
    window.back()
    until(window, lambda: "is loaded" in words(window))
    show(window, "")
    assert opened == []


def test_another_model_after_the_camera_opens_nothing(window, monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", lambda number: Camera(number, 100))
    show(window, "")
    window.open(0)
    until(window, lambda: window.page.read is not None)
    until(window, lambda: "no more frames" in words(window))
    window.load("real_faces")
    until(window, lambda: "is loaded" in words(window))
    assert "Type the path" not in words(window)


def test_another_model_that_comes_after_escape_does_not_leave_the_main_page(window, folder):
    show(window, folder / "one face.png")
    window.load("real_faces")
    window.back()
    until(window, lambda: "is loaded" in words(window))
    assert not window.page.winfo_manager()


def test_a_film_that_is_left_early_is_not_called_cut(window, folder):
    show(window, folder / "film.mp4")
    until(window, lambda: window.page.read is not None and window.page.read.seconds > 0)
    window.back()
    for thread in list(window._jobs._threads[1:]):
        until(window, lambda thread=thread: not thread.is_alive())
    until(window, window._jobs._ended.empty)
    assert words(window) == "Stopped."


def test_a_film_is_played_to_its_end_with_its_answers(window, folder):
    show(window, folder / "film.mp4")
    until(window, lambda: "ended" in words(window))
    assert window.page.path.get().endswith("film.mp4")
    assert window.page.read.answers[0].number == 1
    assert window.page._bars.find_all()


def test_a_damaged_model_gives_a_sentence_and_the_one_before_stays(window, folder, tmp_path):
    content = bytearray((network.FOLDER / "real_faces.tflite").read_bytes())
    content[500_000] ^= 1
    (tmp_path / "damaged.tflite").write_bytes(content)
    show(window, folder / "one face.png")
    window.load(str(tmp_path / "damaged.tflite"))
    until(window, lambda: "is damaged" in words(window))
    assert ". The model before stays" in words(window)
    window.detect()
    assert words(window).startswith("1: ")


def test_without_a_model_an_image_gives_a_sentence(display, monkeypatch, folder, tmp_path):
    monkeypatch.setenv("DISPLAY", display)
    window = windows.Window(str(tmp_path / "none.tflite"), str(folder / "two.png"))
    until(window, lambda: "There is no model" in words(window))
    close(window)


@pytest.mark.parametrize(("name", "sentence"), [("two.png", "2 faces detected"), ("film.mp4", "Playing")])
def test_what_the_command_names_is_opened_as_soon_as_the_model_is_loaded(display, monkeypatch, folder, name, sentence):
    monkeypatch.setenv("DISPLAY", display)
    window = windows.Window(source=str(folder / name))
    until(window, lambda: sentence in words(window))
    close(window)


def test_the_window_lives_while_it_works_and_a_late_answer_is_dropped(window, folder, monkeypatch):
    until(window, lambda: "is loaded" in words(window))
    slow, ticks = Predictor.predict, []
    monkeypatch.setattr(Predictor, "predict", lambda self, image: time.sleep(0.7) or slow(self, image))
    window.root.after(10, lambda: ticks.append(0))
    start = time.monotonic()
    window.open(str(folder / "one face.png"))
    window.open(str(folder / "two.png"))
    assert time.monotonic() - start < 0.5
    until(window, lambda: ticks or time.monotonic() > start + 0.6)
    assert ticks
    until(window, lambda: window.page.read is not None)
    assert len(window.page.read.answers) == 2
    assert window.page.path.get().endswith("two.png")


def test_keys_and_clicks_choose_among_faces(window, folder):
    show(window, folder / "two.png")
    window.detect()
    press(window, "Right")
    until(window, lambda: window.page._chosen == 1)
    press(window, "Right")
    until(window, lambda: window.page._chosen == 0)
    box = np.array(window.page.read.answers[1].box)
    x, y = window.page._corner + window.page._share * (box[:2] + box[2:] / 2)
    click(window, window.page._canvas, x, y)
    until(window, lambda: window.page._chosen == 1)


def test_the_image_grows_with_the_window(window, folder):
    show(window, folder / "one face.png")
    before = window.page._photo.width()
    window.root.geometry("880x780")
    until(window, lambda: window.page._photo.width() > before)


def test_everything_fits_on_a_screen_of_twice_the_resolution(monkeypatch, folder):
    with virtual_screen("1600x1200", 192) as display:
        monkeypatch.setenv("DISPLAY", display)
        window = windows.Window()
        show(window, folder / "two.png")
        window.detect()
        window.root.update()
        high = windows.tkinter.font.nametofont("TkDefaultFont").metrics("linespace")
        assert high >= 30
        for name in ("Back", "Model", "Show", "Detect emotion"):
            one = button(window, name)
            assert one.winfo_width() >= one.winfo_reqwidth()
            assert one.winfo_rootx() + one.winfo_width() <= 1600
        left, _, right, bottom = window.page._bars.bbox("all")
        assert right - left <= window.page._bars.winfo_width() + 4
        assert bottom <= window.page._bars.winfo_height()
        close(window)


def test_the_command_opens_the_window_and_ends_well(display, folder, monkeypatch):
    monkeypatch.setenv("DISPLAY", display)
    command = [sys.executable, "-m", "lib.cli", "window", str(folder / "one face.png")]
    with subprocess.Popen(command, cwd=paths.ROOT) as process:
        search = ["xdotool", "search", "--onlyvisible", "--name", "Emotion detection"]
        wait_for(lambda: subprocess.run(search, capture_output=True).returncode == 0)
        xdotool(*search[1:], "windowfocus", "--sync")
        xdotool("key", "ctrl+q")
        assert process.wait(20) == 0


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(("words", "title"), [(["window"], "Emotion detection"), (["label"], "Label emotions")])
def test_an_interruption_and_a_kill_close_the_window(display, folder, monkeypatch, words, title, how, tmp_path):
    monkeypatch.setenv("DISPLAY", display)
    images.write(tmp_path / "a.png", images.read(folder / "one face.png"))
    source = folder / "film.mp4" if words == ["window"] else tmp_path
    with subprocess.Popen([sys.executable, "-m", "lib.cli", *words, str(source)], cwd=paths.ROOT) as process:
        search = ["xdotool", "search", "--onlyvisible", "--name", title]
        wait_for(lambda: subprocess.run(search, capture_output=True).returncode == 0)
        time.sleep(1)  # the loop has begun
        process.send_signal(how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
    assert process.returncode == 0
