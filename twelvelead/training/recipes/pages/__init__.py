"""Recipes for models of 12-lead pages."""
