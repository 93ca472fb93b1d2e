"""What can be wrong with a picture that somebody gives us. Every message is one sentence for people."""


class PageError(ValueError):
    """A picture that can't be read as an ECG page."""


class EmptyFile(PageError):
    """No bytes at all."""


class FileTooLarge(PageError):
    """More bytes than a page may have."""


class NotAPicture(PageError):
    """The bytes are not a picture in one of the accepted formats."""


class UnreadablePicture(PageError):
    """A picture by its header, yet truncated, damaged, too small, too long or with too many pixels."""
