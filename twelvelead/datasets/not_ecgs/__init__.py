"""Drawn pictures that are no ECGs, by family: what a gate has to refuse, traps above all."""
