"""When a model should not be believed: sets of classes, thresholds, and what abstaining costs."""
