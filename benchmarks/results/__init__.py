"""From figures to a report: facts, rows, tables, the picture."""
