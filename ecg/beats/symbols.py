"""Which WFDB annotation symbols are beats."""

import numpy as np

from ecg.signal.signal import Annotations

BEATS = frozenset("NLReAaJSVEFjf/Q")  # those that AAMI EC57 puts into N, S, V, F and Q
FLUTTER = frozenset("[!]")  # start, waves and end of ventricular flutter: no beats, yet a rhythm


def only_beats(annotations: Annotations) -> Annotations:
    """Those annotations that mark a beat, flutter waves left out."""
    kept = [place for place, symbol in enumerate(annotations.symbols) if symbol in BEATS]
    return Annotations(
        annotations.samples[np.array(kept, dtype=np.intp)],
        tuple(annotations.symbols[place] for place in kept),
    )
