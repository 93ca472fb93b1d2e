"""What pages show: cards, tables, traces, beats, pictures."""
