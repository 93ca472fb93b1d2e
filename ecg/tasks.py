"""Tasks: what a model is asked, and what its answers mean. Each model brings its own label ORDER."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

Subject = Literal["page", "beat"]


@dataclass(frozen=True)
class Task:
    """A question: its key, what it is asked of (a page or a beat), each label with the words for people.

    many: the words for several of a label, as in "8 of 24 infarctions".
    """

    key: str
    title: str
    labels: Mapping[str, str]
    subject: Subject = "page"
    many: Mapping[str, str] = field(default_factory=dict, hash=False, repr=False)

    def several(self, label: str) -> str:
        """Several of a label, in words."""
        return self.many.get(label) or f"{self.subject}s of '{self.labels[label]}'"

    def __reduce__(self) -> tuple[Any, ...]:
        """Goes to another process by its key."""
        return _task, (self.key,)


CARDIAC_PAGE_4 = Task(
    key="cardiac-page-4",
    title="12-lead ECG page, four classes",
    labels=MappingProxyType(
        {
            "normal": "Normal",
            "abnormal_heartbeat": "Abnormal heartbeat",
            "myocardial_infarction": "Myocardial infarction",
            "history_of_mi": "History of myocardial infarction",
        }
    ),
    many=MappingProxyType(
        {
            "normal": "normal pages",
            "abnormal_heartbeat": "abnormal heartbeats",
            "myocardial_infarction": "infarctions",
            "history_of_mi": "old infarctions",
        }
    ),
)

BEAT_AAMI_5 = Task(
    key="beat-aami-5",
    title="Beats, five classes of AAMI EC57",
    labels=MappingProxyType(
        {
            "N": "Normal or bundle branch block (N)",
            "S": "Supraventricular ectopic (S)",
            "V": "Ventricular ectopic (V)",
            "F": "Fusion (F)",
            "Q": "Paced or unclassifiable (Q)",
        }
    ),
    subject="beat",
    many=MappingProxyType(
        {
            "N": "beats that are normal or bundle branch blocks",
            "S": "supraventricular ectopic beats",
            "V": "ventricular ectopic beats",
            "F": "fusion beats",
            "Q": "paced or unclassifiable beats",
        }
    ),
)

BEAT_SIX = Task(
    key="beat-six",
    title="Beats, six classes",
    labels=MappingProxyType(
        {
            "left_bundle_branch_block": "Left bundle branch block",
            "normal": "Normal",
            "atrial_premature": "Atrial premature",
            "ventricular_premature": "Premature ventricular contraction",
            "right_bundle_branch_block": "Right bundle branch block",
            "ventricular_flutter": "Ventricular flutter or fibrillation",
        }
    ),
    subject="beat",
)

BEAT_INFARCTION = Task(
    key="beat-infarction",
    title="Beats, normal against infarction",
    labels=MappingProxyType({"normal": "Normal", "myocardial_infarction": "Myocardial infarction"}),
    subject="beat",
)

TASKS: Mapping[str, Task] = MappingProxyType(
    {task.key: task for task in (CARDIAC_PAGE_4, BEAT_AAMI_5, BEAT_SIX, BEAT_INFARCTION)}
)


def _task(key: str) -> Task:
    return TASKS[key]


NOTICE = "For education and research. Not a medical device: no answer here tells anybody's health."
