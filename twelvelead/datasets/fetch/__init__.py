"""Bringing public data from the network: https alone, each file checked."""
