"""Pictures that may show a single beat: whether their one trace is shaped like a heartbeat."""

from ecg.page.page import Page
from ecg.reason import Reason
from model_registry.errors import WeightsError
from twelvelead.inference.gate.beat_curve import COLUMNS, read_curve
from twelvelead.inference.gate.beat_shape import BeatShape, read_shape
from twelvelead.inference.gate.finding import Finding

AT_LEAST = (2 * COLUMNS, COLUMNS)  # px, width and height, that the trace is decoded with

NOT_A_BEAT = Reason(
    "not_a_beat",
    "The one curve in this picture is not shaped like a heartbeat: send the trace of a single beat, cut "
    "about 0.27 s before and after its peak, or a page with twelve leads.",
)


def unfamiliar(percentile: float) -> Reason:
    """percentile: the share of known beats, in %, that are less odd."""
    return Reason(
        "unfamiliar_beat",
        f"The curve in this picture is odder than {percentile:.1f} % of the heartbeats that it was "
        "compared with: no answer about it is more than uncertain.",
    )


def look_at_beat(page: Page, shape: BeatShape | None = None) -> Finding:
    """What its shape tells of a picture in which a single trace was found (`page.beat`).

    Nothing is let through where the network's file is damaged. Raises UnreadablePicture where the
    picture turns out to be damaged.
    """
    curve = read_curve(page.trace(AT_LEAST, "grey"))
    if curve is None:
        return Finding((NOT_A_BEAT,))
    try:
        shape = shape or read_shape()
    except WeightsError as error:
        return Finding((Reason("gate_damaged", f"No picture can be let in: {error}"),))
    score = shape.score(curve)
    percentile = shape.percentile(score)
    measures = {"beat_score": round(score, 3), "beat_percentile": round(percentile, 2)}
    if score > shape.refusal:
        return Finding((NOT_A_BEAT,), measures=measures)
    if score > shape.doubt:
        return Finding(doubts=(unfamiliar(percentile),), measures=measures)
    return Finding(measures=measures)
