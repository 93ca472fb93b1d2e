"""How often the gate refuses what it should, and what it should not."""
