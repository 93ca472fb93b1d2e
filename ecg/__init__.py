"""The subject itself: reading, simulating and painting electrocardiograms. Knows no model and no web."""
