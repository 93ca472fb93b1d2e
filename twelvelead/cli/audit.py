"""`twelvelead audit`: finds copies in a data folder, and pages on both sides of a split."""

from twelvelead.audit.folder import audit
from twelvelead.audit.report import write_report
from twelvelead.audit.text import audit_text
from twelvelead.cli.output import CommandError, print_json
from twelvelead.cli.parser import Options
from twelvelead.datasets.pages import DataError


def run(options: Options) -> int:
    """`twelvelead audit DIR`"""
    try:
        found = audit(options.folder, options.against)
    except DataError as error:
        raise CommandError(str(error)) from error
    if options.json:
        print_json(found.as_json())
    else:
        print(audit_text(found))
    if options.html:
        try:
            write_report(found, options.html)
        except OSError as error:
            raise CommandError(f"{options.html} can't be written ({error.strerror}).") from error
    return 0
