"""Tasks: what a model is asked, and what its answers mean. Each model brings its own label ORDER."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Task:
    """A question: its key, the kind of input, and each label with the words for people."""

    key: str
    title: str
    labels: Mapping[str, str]


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
)

TASKS: Mapping[str, Task] = MappingProxyType({CARDIAC_PAGE_4.key: CARDIAC_PAGE_4})

NOTICE = "For education and research. Not a medical device: no answer here tells anybody's health."
