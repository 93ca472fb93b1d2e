"""What the names of class folders mean: their labels, and train, test and validation."""

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType

# words of a folder's name, small letters and digits only -> label; the public sets' own names first
DEFAULT_FOLDERS: Mapping[str, str] = MappingProxyType(
    {
        "normalpersonecgimages": "normal",
        "normalperson": "normal",
        "normal": "normal",
        "ecgimagesofpatientthathaveabnormalheartbeat": "abnormal_heartbeat",
        "ecgimagesofpatientthathaveabnormalheartbeats": "abnormal_heartbeat",
        "patientthathaveabnormalheartbeat": "abnormal_heartbeat",
        "abnormalheartbeat": "abnormal_heartbeat",
        "abnormal": "abnormal_heartbeat",
        "ecgimagesofmyocardialinfarctionpatients": "myocardial_infarction",
        "myocardialinfarctionpatients": "myocardial_infarction",
        "myocardialinfarction": "myocardial_infarction",
        "mi": "myocardial_infarction",
        "ecgimagesofpatientthathavehistoryofmi": "history_of_mi",
        "patientthathavehistoryofmi": "history_of_mi",
        "historyofmi": "history_of_mi",
        "historymi": "history_of_mi",
        "pmi": "history_of_mi",
    }
)
# the same of beats, for models whose labels are those of the beat tasks
AAMI_FOLDERS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("n", "normal", "normalbeat", "normalbeats"), "N"),
        **dict.fromkeys(("l", "lbbb", "leftbundlebranchblock"), "N"),
        **dict.fromkeys(("r", "rbbb", "rightbundlebranchblock"), "N"),
        **dict.fromkeys(("s", "sveb", "supraventricular", "a", "apc", "apb", "pac"), "S"),
        **dict.fromkeys(("prematureatrialcontraction", "prematureatrialcontractions"), "S"),
        **dict.fromkeys(("v", "veb", "ventricular", "pvc"), "V"),
        "prematureventricularcontraction": "V",
        "prematureventricularcontractions": "V",
        **dict.fromkeys(("f", "fusion", "fusionbeat", "fusionbeats"), "F"),
        **dict.fromkeys(("q", "unknown", "unclassifiable", "paced"), "Q"),
    }
)
SIX_FOLDERS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("normal", "n", "nor", "normalbeat", "normalbeats"), "normal"),
        **dict.fromkeys(("leftbundlebranchblock", "lbbb", "l"), "left_bundle_branch_block"),
        **dict.fromkeys(("rightbundlebranchblock", "rbbb", "r"), "right_bundle_branch_block"),
        **dict.fromkeys(("atrialpremature", "apc", "apb", "pac", "a"), "atrial_premature"),
        "prematureatrialcontraction": "atrial_premature",
        "prematureatrialcontractions": "atrial_premature",
        **dict.fromkeys(("ventricularpremature", "pvc", "v"), "ventricular_premature"),
        "prematureventricularcontraction": "ventricular_premature",
        "prematureventricularcontractions": "ventricular_premature",
        **dict.fromkeys(("ventricularflutter", "vfw", "vf"), "ventricular_flutter"),
        "ventricularfibrillation": "ventricular_flutter",
    }
)
TABLES = (DEFAULT_FOLDERS, AAMI_FOLDERS, SIX_FOLDERS)
SPLITS: Mapping[str, str] = MappingProxyType(
    {"train": "train", "training": "train", "test": "test", "val": "val", "validation": "val"}
)
COUNTS = re.compile(r"\(.*?\)")  # "(284x12=3408)" behind the public names


def folders_of(labels: Collection[str]) -> Mapping[str, str]:
    """The table of folders whose labels a model's are; that of pages where there is no such table."""
    return next((t for t in TABLES if set(labels) <= set(t.values())), DEFAULT_FOLDERS)


def plain_name(folder: str) -> str:
    """A folder's name in small letters and digits, what stands in brackets left out."""
    return re.sub(r"[^a-z0-9]", "", COUNTS.sub("", folder).casefold())
