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


@dataclass(frozen=True)
class Reasons:
    """What refuses a picture, and what casts doubt on answers about it."""

    refusals: tuple[Reason, ...] = ()
    doubts: tuple[Reason, ...] = ()


def reasons_of_page(seen: Seen, measures: PageMeasures, framed: bool, bounds: Bounds) -> Reasons:
    """Of a picture that is no single beat; framed: whether its trace frame was found."""
    refusal = _unreadable(measures, bounds) or _other_thing(seen, measures, bounds)
    if refusal:
        return Reasons(refusals=(refusal,))
    doubts = []
    if seen.distance > bounds.far:
        doubts.append(UNLIKE)
    if not framed and not measures.grid.is_seen:
        doubts.append(GRID_NOT_FOUND)
    if not framed and measures.running_over > 1:
        doubts.append(CUT_OFF)
    return Reasons(doubts=tuple(doubts))


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


def _other_thing(seen: Seen, measures: PageMeasures, bounds: Bounds) -> Reason | None:
    """What else than a 12-lead page it is."""
    kinds = seen.kinds
    ecg = sum(kinds[kind] for kind in ECG_KINDS)
    blurred = 0 < measures.sharpness < bounds.sharp
    if kinds["none"] >= bounds.none or seen.distance > bounds.very_far:
        return TOO_BLURRED if blurred and ecg > 0.1 else NO_ECG
    if kinds["empty"] + kinds["none"] >= bounds.empty:
        return EMPTY_GRID
    if blurred:
        return TOO_BLURRED
    if kinds["page"] < 1 - bounds.other:
        return SINGLE_BEAT if kinds["beat"] > kinds["strip"] else NOT_12_LEAD
    return None
