"""Twelvelead: many ECG classifiers side by side, behind one page, one API and one command."""
