"""The app for gunicorn: `gunicorn "app:create_app()"`. Nothing imports this file."""

import gc

gc.disable()  # what is imported stays: to look through it for garbage is a fifth of the start
from twelvelead.app import create_app  # noqa: E402 - what takes long is imported after that

gc.freeze()  # and later looks, while requests wait, pass over it
gc.enable()

__all__ = ["create_app"]
