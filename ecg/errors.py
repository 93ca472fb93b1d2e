"""What can be wrong with what somebody gives us. Every message is one sentence for people."""


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


class UnreadableTraces(PageError):
    """A page whose traces can't be read back as numbers: no frame, another layout, a photo."""


class SignalError(ValueError):
    """A file that can't be read as an ECG signal."""


class EmptySignal(SignalError):
    """No bytes, or no samples, at all."""


class SignalTooLarge(SignalError):
    """More bytes, hours or leads than a recording may have."""


class TooManySamples(SignalTooLarge):
    """More samples, of all leads together, than may be read here and now."""


class NotASignal(SignalError):
    """The bytes are neither a table of numbers nor a WFDB record."""


class UnreadableSignal(SignalError):
    """A recording by its form, yet damaged, with gaps, flat, clipped or too short."""


class UnknownLead(SignalError):
    """No lead, or column, of this name."""
