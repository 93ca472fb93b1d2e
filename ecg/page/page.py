"""Reading a page: bytes in, the part of it that a model may see out. The same in training and serving.

A page is decoded straight to grey or RGB, scaled down inside the decoder (`Image.draft`; a box
filter for formats without it), by the largest of 1, 2, 4, 8 that leaves the trace at least as large
as was asked for. Which other models are asked does not change what one model sees.
"""

from dataclasses import dataclass

from ecg.errors import EmptyFile, FileTooLarge, UnreadablePicture
from ecg.page.frame import Box, find_frame
from ecg.page.single_beat import find_beat, may_be_beat
from ecg.page.straighten.straightening import Straightening
from ecg.picture.encoded import EncodedPicture, PickedPage
from ecg.picture.formats import (
    FORMATS,
    FORMATS_IN_WORDS,
    MAX_PIXELS,
    Colour,
    Pixels,
)
from ecg.picture.tone import TURNED, is_light_on_dark

__all__ = [
    "FORMATS",
    "FORMATS_IN_WORDS",
    "MAX_BYTES",
    "MAX_PIXELS",
    "Colour",
    "Look",
    "Page",
    "Pixels",
    "read_page",
]

MAX_BYTES = 10_000_000
MIN_SIDE = 100  # px
MIN_BEAT_SIDE = 48  # px: of a picture of a single beat
MAX_ASPECT = 10.0  # long side / short side
FRAME_WIDTH = 1000  # px: the frame is looked for on a page at least this wide
SCALES = (8, 4, 2, 1)
KEPT_BYTES = 32_000_000  # of decoded pixels that a page holds, beside the latest


@dataclass(frozen=True)
class Look:
    """What is seen in a picture: found once, and kept for when it is sent again.

    frame: the inside of the trace frame in upright full-size pixels, None where none was found. beat:
    the same of the single beat, where the picture shows one instead of a page. negative: whether it is
    light on dark, and read the other way round. straightened: how the flat page comes out of a picture
    that isn't flat and upright; `frame` is then in the flat page's pixels. notes: what was done to it
    before it was read, in sentences.
    """

    frame: Box | None
    beat: Box | None
    negative: bool = False
    notes: tuple[str, ...] = ()
    straightened: Straightening | None = None


class Page:
    """One picture of an ECG, its header checked, decoded when pixels are asked for.

    `size` is (width, height) in pixels, upright; `sha256` is that of the bytes as given; `look` holds
    what was found in it.
    """

    def __init__(self, data: bytes | EncodedPicture, look: Look | None = None) -> None:
        """For bytes that `read_page` checked. look: as found then, else it is looked at."""
        self._picture = EncodedPicture(data) if isinstance(data, bytes) else data
        width, height = self._picture.size
        self.size = (height, width) if self._picture.is_sideways else (width, height)
        self.sha256 = self._picture.sha256
        self._decoded: dict[tuple[int, Colour], Pixels] = {}
        self._negative = bool(look and look.negative)
        self.look = look or self._look()

    @property
    def frame(self) -> Box | None:
        """The inside of the trace frame on the flat page, None where none was found."""
        return self.look.frame

    @property
    def straightened(self) -> Straightening | None:
        """What was done to make a flat, upright page of the picture; None where it is one."""
        return self.look.straightened

    @property
    def flat_size(self) -> tuple[int, int]:
        """(width, height) of the flat page in full size; that of the picture where it is flat."""
        return self.straightened.size if self.straightened else self.size

    @property
    def beat(self) -> Box | None:
        """Where the picture shows a single beat, None where it is a page."""
        return self.look.beat

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to the picture before it was read, in sentences; empty where it was sent so."""
        return self.look.notes

    @property
    def area(self) -> Box:
        """What is read: the beat, the trace frame, or the whole picture where neither was found."""
        if self.beat:
            return self.beat
        return self.frame or Box(0, 0, *self.flat_size)

    def trace(self, at_least: tuple[int, int], colour: Colour = "grey") -> Pixels:
        """The area that is read: uint8 (height, width) in grey, (height, width, 3) in RGB.

        Cut out of the flat page, in even light, where the picture had to be straightened. Scaled down
        in the decoder as far as its width and height stay `at_least` that many pixels; a page that is
        smaller than that comes in full size.

        Raises UnreadablePicture where the bytes turn out to be truncated or damaged.
        """
        scale = _largest_scale((self.area.width, self.area.height), at_least)
        return self._cut(self.area, scale, colour)

    def whole(self, at_least: tuple[int, int], colour: Colour = "rgb") -> Pixels:
        """The whole picture as it came, for showing it, never for a model; sized as in `trace`."""
        return self._decode(_largest_scale(self.size, at_least), colour)

    def flat(self, at_least: tuple[int, int], colour: Colour = "rgb") -> Pixels:
        """The whole flat page, straightened where it had to be; sized as in `trace`."""
        scale = _largest_scale(self.flat_size, at_least)
        return self._cut(Box(0, 0, *self.flat_size), scale, colour)

    def _cut(self, area: Box, scale: int, colour: Colour) -> Pixels:
        """A part of the flat page at 1/scale of its full size."""
        pixels = self._decode(scale, colour)
        if self.straightened is None:
            box = area.times(1 / scale)
            return pixels[box.top : box.bottom, box.left : box.right]
        from ecg.page.straighten.warp import cut_flat, even_light

        flat = cut_flat(pixels, self.straightened.homography, area, scale)
        return even_light(flat) if self.straightened.is_warped else flat

    def _look(self) -> Look:
        scale = _largest_scale(self.size, (FRAME_WIDTH, 1))
        grey = self._decode(scale, "grey")
        self._negative = is_light_on_dark(grey) and not self._shows_page(grey, scale)
        if self._negative:
            self._decoded.clear()
            grey = self._decode(scale, "grey")
        found = find_frame(grey)
        frame = found.times(scale) if found else None
        beat = self._find_beat(frame)
        straightened = None if beat else self._straighten(grey, found, scale)
        notes = (*self._picture.notes, *((TURNED,) if self._negative else ()))
        if straightened:
            frame, notes = straightened.frame, (*notes, *straightened.notes)
        return Look(frame, beat, self._negative, notes, straightened)

    def _shows_page(self, grey: Pixels, scale: int) -> bool:
        """Whether a dark picture holds a sheet with a frame, dark on light: the table is what is dark."""
        return self._straighten(grey, None, scale) is not None

    def _straighten(self, grey: Pixels, frame: Box | None, scale: int) -> Straightening | None:
        """What brings the picture upright and flat; a frame that was found is not warped, at most turned."""
        from ecg.page.straighten.straighten import straighten, turn_upright

        if frame:
            return turn_upright(grey, frame, scale)
        return straighten(grey, scale, self.size)

    def _find_beat(self, frame: Box | None) -> Box | None:
        """The single beat, inside drawn axes where there are any."""
        if not may_be_beat(self.size):
            return None
        inside = frame or Box(0, 0, *self.size)
        grey = self._decode(1, "grey")[inside.top : inside.bottom, inside.left : inside.right]
        found = find_beat(grey)
        return found.moved(inside.left, inside.top) if found else None

    def _decode(self, scale: int, colour: Colour) -> Pixels:
        """Decoded once as long as it is kept: the latest, and earlier ones as far as they are small."""
        wanted = scale, colour
        pixels = self._decoded.pop(wanted, None)
        if pixels is None:
            pixels = self._picture.decode(scale, colour)
            pixels = 255 - pixels if self._negative else pixels
        self._decoded[wanted] = pixels
        while len(self._decoded) > 1 and sum(p.nbytes for p in self._decoded.values()) > KEPT_BYTES:
            del self._decoded[next(iter(self._decoded))]
        return pixels


def read_page(given: bytes | PickedPage, sha256: str = "") -> Page:
    """Checks the bytes of a picture and finds its trace frame. sha256: of what is given, where it is known.

    Raises EmptyFile, FileTooLarge (over 10 MB), NotAPicture (of no format that is read) and
    UnreadablePicture (too many pixels for its format, a side under 100 px or under 48 px where a single
    beat is shown, ten times as long as wide, truncated or damaged), each with a sentence for people.
    """
    data = given if isinstance(given, bytes) else given.data
    if not data:
        raise EmptyFile("The file is empty: send a picture of an ECG page.")
    if len(data) > MAX_BYTES:
        raise FileTooLarge(
            f"The file has {len(data):,} bytes; at most {MAX_BYTES:,} are read: "
            "save it smaller, or as JPEG."
        )
    picture = EncodedPicture(given, sha256)
    size = picture.size
    _check_size(*size)
    page = Page(picture)
    if page.beat is None:
        _check_sides(*size, MIN_SIDE)
    return page


def _check_size(width: int, height: int) -> None:
    _check_sides(width, height, MIN_BEAT_SIDE)
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise UnreadablePicture(
            f"The picture is {width} x {height} pixels; "
            f"one side may be at most {MAX_ASPECT:.0f} times the other."
        )


def _check_sides(width: int, height: int, least: int) -> None:
    if min(width, height) < least:
        raise UnreadablePicture(
            f"The picture is {width} x {height} pixels; each side needs at least {MIN_SIDE}."
        )


def _largest_scale(size: tuple[int, int], at_least: tuple[int, int]) -> int:
    """The largest of 8, 4, 2, 1 that leaves `size` divided by it no smaller than `at_least`."""
    for scale in SCALES:
        if size[0] // scale >= at_least[0] and size[1] // scale >= at_least[1]:
            return scale
    return 1
