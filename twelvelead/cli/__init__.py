"""The command: a module a verb, thin, over the same functions as the web."""
