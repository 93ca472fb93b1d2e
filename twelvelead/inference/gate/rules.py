"""From what was seen and measured to reasons: what refuses a picture, and what only casts doubt on answers.

Refused is what has no class to give: no ECG, another kind of ECG, paper without a trace, and what nobody
could read. All else is doubt: an answer is shown, as uncertain.
"""

from dataclasses import dataclass

from ecg.reason import Reason
from twelvelead.inference.gate.kinds import ECG_KINDS
from twelvelead.inference.gate.measures import PageMeasures
from twelvelead.inference.gate.network import Bounds, Seen

NO_ECG = Reason(
    "no_ecg", "No ECG is seen in this picture: send a picture or a scan of a 12-lead ECG page."
)
NOT_12_LEAD = Reason(
    "not_12_lead",
    "This looks like an ECG, but not like a page with twelve leads: a rhythm strip, a monitor or a few "
    "leads. The models here read whole 12-lead pages; give a recording's file on the page /signals.",
)
SINGLE_BEAT = Reason(
    "not_12_lead",
    "This looks like a single beat, not like a page with twelve leads: send the beat's trace alone, "
    "without grid and words, to the models of beats, or the recording on the page /signals.",
)
EMPTY_GRID = Reason(
    "empty_grid",
    "This looks like ECG paper without a trace: send a picture on which the traces can be seen.",
)
TOO_BLURRED = Reason(
    "too_blurred",
    "The picture is too blurred to follow its traces: take it again, in focus and from nearer.",
)
UNCLEAR = Reason(
    "unclear",
    "It can't be told that this is a 12-lead ECG page: send a scan, or a straight and sharp photograph of "
    "the whole page.",
)
GRID_NOT_FOUND = Reason(
    "grid_not_found",
    "No grid is found behind the traces, which tells time and voltage: send the page with its grid.",
)
CUT_OFF = Reason(
    "cut_off",
    "The traces run over the side of the picture: send the whole page, with some margin around it.",
)
UNLIKE = Reason(
    "unknown_layout",
    "This may be an ECG page, but it is unlike all that the gate knows: no answer can be relied on.",
)


ROWS, WHOLE = 4, 0.95  # bands of ink, and share of the columns with some, of a page that is whole
ALIGNED = 0.4  # correlation of upright strokes above and below
MAYBE = (
    0.1  # probability of an ECG above which its absence is not told where something else may be it
)


@dataclass(frozen=True)
class Reasons:
    """What refuses a picture, and what casts doubt on answers about it."""

    refusals: tuple[Reason, ...] = ()
    doubts: tuple[Reason, ...] = ()


def reasons_of_page(seen: Seen, measures: PageMeasures, framed: bool, bounds: Bounds) -> Reasons:
    """Of a picture that is no single beat; framed: whether its trace frame was found."""
    backed = framed and _looks_like_page(measures)
    refusal = _unreadable(measures, bounds) or _other_thing(seen, measures, (backed, bounds))
    if refusal:
        return Reasons(refusals=(refusal,))
    doubts = []
    page = seen.kinds["page"]
    sure = page == max(seen.kinds.values()) if backed else page >= bounds.sure
    if seen.distance > bounds.far or not sure:
        doubts.append(UNLIKE)
    if not framed and not measures.grid.is_seen:
        doubts.append(GRID_NOT_FOUND)
    if not framed and measures.running_over > 1:
        doubts.append(CUT_OFF)
    return Reasons(doubts=tuple(doubts))


def _looks_like_page(measures: PageMeasures) -> bool:
    """Whether there are a grid, and rows of traces whose upright strokes stand above each other."""
    whole = measures.rows >= ROWS and measures.covered > WHOLE
    return whole and measures.grid.is_seen and measures.aligned > ALIGNED


def _unreadable(measures: PageMeasures, bounds: Bounds) -> Reason | None:
    """Why nobody could read it."""
    width, height = measures.size
    if max(width, height) < bounds.least_side:
        return Reason(
            "too_small",
            f"The picture is {width} x {height} pixels, too small to follow twelve traces: "
            f"send one of at least {bounds.least_side * 4} pixels.",
        )
    if measures.brightness < bounds.dark:
        return Reason(
            "too_dark",
            f"The picture is too dark: its paper has {100 * measures.brightness / 255:.0f} % of full "
            "brightness. Take it again in more light.",
        )
    return None


def _other_thing(seen: Seen, measures: PageMeasures, trust: tuple[bool, Bounds]) -> Reason | None:
    """What else than a 12-lead page it is. trust: whether its measures are those of a page, and bounds."""
    backed, bounds = trust
    kinds = seen.kinds
    blurred = 0 < measures.sharpness < bounds.sharp
    if backed and kinds["page"] >= bounds.backed and seen.distance <= bounds.very_far:
        return TOO_BLURRED if blurred else None
    if kinds["none"] >= bounds.none or seen.distance > bounds.very_far:
        return _no_ecg(seen, blurred, bounds)
    if kinds["empty"] + kinds["none"] >= bounds.empty:
        return EMPTY_GRID
    if blurred:
        return TOO_BLURRED
    if kinds["strip"] + kinds["beat"] >= bounds.other:
        return SINGLE_BEAT if kinds["beat"] > kinds["strip"] else NOT_12_LEAD
    return UNCLEAR if kinds["page"] < bounds.page else None


def _no_ecg(seen: Seen, blurred: bool, bounds: Bounds) -> Reason:
    """That there is none, or that this can't be told."""
    if sum(seen.kinds[kind] for kind in ECG_KINDS) <= MAYBE or seen.distance > bounds.very_far:
        return NO_ECG
    if blurred:
        return TOO_BLURRED
    return UNCLEAR if seen.kinds["none"] < bounds.certain else NO_ECG
