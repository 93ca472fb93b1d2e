"""What cards say of recipes in words, so that a card is written without importing a framework."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

MITDB = (
    "MIT-BIH Arrhythmia Database 1.0.0 (Moody & Mark 2001; Goldberger 2000; ODC-By 1.0), half-hour "
    "recordings of two leads, of which one is read: MLII where there is one."
)
MITDB_LICENCE = "ODC-By 1.0"
SAME_PATIENT = (
    "Records 201 (DS1) and 202 (DS2) are of one person; the usual split has them on both sides, and is "
    "kept so that figures can be compared."
)
ALMOST_ONE = (
    "Fusion beats (F) are nearly all of record 208 in DS1 and of 213 in DS2; supraventricular ones (S) "
    "of DS2 are mostly of record 232: figures of these classes tell of very few hearts."
)


@dataclass(frozen=True)
class CardWords:
    """For one recipe's card. schedule: how it was trained, and what of it was kept.

    Of beats also: data (what it was trained on), licence (of these, and so of the weights), notes (what
    has to be known of the data).
    """

    schedule: str = ""
    data: str = ""
    licence: str = ""
    notes: tuple[str, ...] = ()


_FINE_TUNED = CardWords(
    "A logistic regression on the ImageNet network's features is the first head; then the later layers "
    "are fine-tuned, then all, for a fixed number of epochs, and a running average of the weights is "
    "kept: with so few infarctions an inner validation set would be noise to stop early by."
)
_FROM_SCRATCH = CardWords(
    "It begins with random numbers and stops when the loss on a sixth of its training patients has not "
    "fallen for some epochs; the weights of the least loss are kept."
)
_DRAWN_ANEW = (
    "It begins with random numbers and trains for a fixed number of epochs on beats that are drawn anew "
    "each time, with other lines, margins and stretches of time; the last weights are kept."
)
_PICTURE_NOTES = (
    (
        "A picture of a beat holds no rhythm: a supraventricular ectopic beat looks like a normal one that "
        "comes early, so few of those can be found."
    ),
    SAME_PATIENT,
    ALMOST_ONE,
    (
        "DS2 was looked at while the classes' shares of an epoch were chosen (the first draw, with more "
        "fusion beats, named normal beats F, on the kept records as well), so its figures are a little "
        "kind."
    ),
    "Temperature, threshold and a bias for each class come from the four kept records, not from folds.",
)


def _picture(schedule: str) -> CardWords:
    return CardWords(schedule, MITDB, MITDB_LICENCE, _PICTURE_NOTES)


CARD_WORDS: Mapping[str, CardWords] = MappingProxyType(
    {
        "custom_cnn": _FROM_SCRATCH,
        "inceptionv3": _FINE_TUNED,
        "mobilenetv2": _FINE_TUNED,
        "resnet50": CardWords(
            "It begins with random numbers and first learns to tell the findings of simulated pages "
            "apart; then a logistic regression on its features of real pages is the head, and all "
            "layers are fine-tuned for a fixed number of epochs."
        ),
        "small_cnn": _FROM_SCRATCH,
        "vgg16": CardWords(
            "Its later blocks are fine-tuned under a new head, then all layers, for a fixed number of "
            "epochs, and a running average of the weights is kept: with so few infarctions an inner "
            "validation set would be noise to stop early by."
        ),
        "beat_infarction": CardWords(
            "Members of one network, alike but for their random numbers, each train for a fixed number "
            "of steps on batches that hold infarction as often as normal; their outputs are averaged "
            "inside the one file.",
            "PTB-XL (Wagner et al. 2020, CC BY 4.0), ten-second recordings at 500 Hz of which lead II is "
            "read. Normal: all diagnostic statements are of the class NORM. Infarction: at least one "
            "statement of the class MI with a likelihood of 50 % or more; others are left out.",
            "CC BY 4.0",
            (
                (
                    "All beats of a recording have its label, even those that do not show it; lead II sees "
                    "little of an anterior infarction."
                ),
                (
                    "Patients with infarction are few, and older than the others: part of the skill may be "
                    "age."
                ),
            ),
        ),
        "beat_resnet50": _picture(_DRAWN_ANEW),
        "beat_signal_cnn": CardWords(
            "Members of one network, alike but for their random numbers, each train for a fixed number "
            "of steps on batches that hold more of the rare classes, on whole records and on random "
            "crops of them read as recordings of their own; their outputs are averaged inside the one "
            "file.",
            MITDB,
            MITDB_LICENCE,
            (
                SAME_PATIENT,
                ALMOST_ONE,
                (
                    "It misses most supraventricular beats of record 232, where they are the usual ones: a "
                    "recording with more ectopic beats than normal ones is not read well."
                ),
                (
                    "DS2 was looked at before this run: once with this recipe; once with one that took "
                    "normal beats out of crops, an idea that came from record 232 (its settings were chosen "
                    "on DS1, where it did no better; it was not kept); and with boosted trees and a logistic "
                    "regression on intervals and shape, which found none of the S beats of record 232. "
                    "Nothing of this changed the recipe."
                ),
            ),
        ),
        "beat_six": CardWords(
            _DRAWN_ANEW,
            MITDB,
            MITDB_LICENCE,
            (
                (
                    "Ventricular flutter is in one record only, 207: no honest figure of that class exists. "
                    "Its row below is of networks that never saw a flutter wave, and macro-F1 over all "
                    "counts it in."
                ),
                (
                    "Left bundle branch block is in four records (109, 111, 207, 214), right in four (118, "
                    "124, 212, 231). Three hearts do not teach what a block looks like in a fourth: compare "
                    "both figures with those of the random split."
                ),
                (
                    "A picture of a beat holds no rhythm: an atrial premature beat looks like a normal one "
                    "that comes early, so few of those can be found."
                ),
            ),
        ),
        "beat_vgg16": _picture(
            "All layers train for a fixed number of epochs on beats that are drawn anew each time, with "
            "other lines, margins and stretches of time; a running average of the weights is kept."
        ),
        "beat_vgg19": _picture(
            "The recipe of beat_vgg16 runs first; then the grown network trains on, every layer, for a "
            "fixed number of epochs; a running average of the weights is kept."
        ),
    }
)
