"""An audit in words, for a terminal."""

from typing import Any

from twelvelead.audit.folder import Audit

SHOWN = 20  # pairs that are listed


def audit_text(result: Audit) -> str:
    """A table of the classes, the pairs, and what they mean for training."""
    parts = [_table(result), *pair_lines(result), meaning(result)]
    return "\n".join(part for part in parts if part)


def pair_lines(result: Audit) -> list[str]:
    """Each kind of finding under its heading, at most 20 lines of one."""
    groups = [" = ".join(entry.file for entry in group) for group in result.groups]
    near = [f"{p.first.file} ~ {p.second.file}  {p.similarity:.3f}" for p in result.near]
    leaks = [f"{leak.file} -> {leak.against}  {leak.kind}" for leak in result.leaks]
    classes = [_across(row, "classes") for row in result.across("label")]
    ids = [_across(row, "ids") for row in result.across("patient")]
    lost = [f"{file}: {reason}" for file, reason in result.unreadable.items()]
    return [
        *_listed("identical files", groups),
        *_listed("near-duplicates", near),
        *_listed("on both sides", leaks),
        *_listed("one picture in several classes", classes),
        *_listed("one picture under several IDs", ids),
        *_listed("unreadable", lost),
    ]


def meaning(result: Audit) -> str:
    """One sentence: what this means for training."""
    pictures = sum(leak.kind != "patient" for leak in result.leaks)
    if result.leaks:
        return (
            f"{pictures} files and, by their patient alone, {len(result.leaks) - pictures} more stand "
            "on both sides: figures measured on this split tell memory, not skill."
        )
    if result.across("label"):
        return (
            "The same picture stands in several classes: keep it in the right one before training."
        )
    copies = len(result.entries) - result.distinct
    if copies or result.near:
        return (
            f"{copies} identical copies and {len(result.near)} near pairs: a split made by file would "
            "train and test on the same page; keep one of each, or split by patient."
        )
    return "No copy was found: no page stands here twice."


def _table(result: Audit) -> str:
    rows = [f"{'class':<24} {'files':>7} {'distinct':>9} {'copies':>7}"]
    for label, counts in result.per_class.items():
        rows.append(_row(label, counts["files"], counts["distinct"]))
    rows.append(_row("all", len(result.entries), result.distinct))
    return "\n".join(rows)


def _row(label: str, files: int, distinct: int) -> str:
    return f"{label:<24} {files:>7} {distinct:>9} {files - distinct:>7}"


def _listed(heading: str, lines: list[str]) -> list[str]:
    if not lines:
        return []
    more = [f"  and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return [f"{heading}: {len(lines)}", *(f"  {line}" for line in lines[:SHOWN]), *more]


def _across(row: dict[str, Any], what: str) -> str:
    return f"{' = '.join(row['files'])}  ({', '.join(row[what])})"
