"""Names of leads: which one a name means, and which errors may repeat, as any other may be a person's."""

import re
from collections.abc import Sequence

LEAD = r"(?:(?:ml)?i{1,3}|ml[1-3]|avr|avl|avf|m?v[1-9]r?|mcl?[1-9]|d[1-3]|c[1-9]|ecg|ekg)"
KNOWN = re.compile(
    rf"(?:(?:ecg|ekg|lead|modified lead)[ _-]?)?{LEAD}[ _-]?\d{{0,2}}"
    r"|(?:ecg|ekg|lead|channel|ch|column|signal|sample)[ _#-]?\d{0,2}"
    r"|(?:elapsed[ _])?(?:time|t)|seconds|sec|msec|ms|samples|index",
    re.ASCII | re.IGNORECASE,
)

LEADS: tuple[str, ...] = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
LEADS += ("MLI", "MLII", "MLIII", "MCL1")
_OTHERS = {"ML1": "MLI", "ML2": "MLII", "ML3": "MLIII"}
_OTHERS |= {f"{chest}{n}": f"V{n}" for chest in ("C", "MV") for n in range(1, 7)}
_OTHERS |= {f"D{n}": LEADS[n - 1] for n in (1, 2, 3)} | {f"D{lead}": lead for lead in LEADS[:3]}
MEANT = {lead.upper(): lead for lead in LEADS} | _OTHERS
PREFIX = re.compile(r"(?:ecg|ekg|modified lead|lead)[ _-]?(?=[a-z])", re.IGNORECASE)


def meant_lead(name: str) -> str:
    """Which of LEADS a name means, as "MLII" for "ml2" or "II" for "Lead II"; "" where it tells none."""
    return MEANT.get(PREFIX.sub("", name.strip(), count=1).upper(), "")


def known_name(name: str) -> str:
    """The name where it is a usual one of a lead or column, "" for any other."""
    return name if KNOWN.fullmatch(name) else ""


def list_known(names: Sequence[str]) -> str:
    """The usual names among these, and how many others there are, as people say it."""
    known = [name for name in names if known_name(name)]
    others = len(names) - len(known)
    if not others:
        return ", ".join(known)
    told = f"{others} of {'another name' if others == 1 else 'other names'}"
    return f"{', '.join(known)} and {told}" if known else told
