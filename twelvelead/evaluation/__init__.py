"""How good answers are: figures with their intervals, curves, calibration, comparison."""
