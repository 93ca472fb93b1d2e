"""Cells that a spreadsheet takes for text, not for a formula."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: str | float | None) -> str | float:
    """A cell for a CSV that people open in a spreadsheet.

    Text that begins with = + - @ TAB or CR gets an apostrophe before it, as OWASP advises against
    CSV injection; numbers stay numbers, None is an empty cell.
    """
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value
