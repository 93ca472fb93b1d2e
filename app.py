"""The app for gunicorn: `gunicorn "app:create_app()"`. Nothing imports this file."""

from twelvelead.app import create_app

__all__ = ["create_app"]
