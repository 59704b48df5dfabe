"""Starts ministack on a bare interpreter: python -I ministack.py SITE_PACKAGES...

ministack runs each handler as a child of `sys.executable`. Its own packages come in here through sys.path, which a child does
not inherit (PYTHONPATH it would): so a handler sees the standard library, botocore, its package and its layers, as on AWS.
"""

import site
import sys

TRIES = 50


def patient(describe):
    """It counts the bytes of streams while calls, on threads of their own, make new ones: "dictionary changed size"."""

    def described(data):
        for _ in range(TRIES):
            try:
                return describe(data)
            except RuntimeError:
                continue
        return describe(data)

    return described


def main():
    while len(sys.argv) > 1:
        site.addsitedir(sys.argv.pop(1))
    from ministack import app
    from ministack.services import cloudwatch_logs

    cloudwatch_logs._describe_log_groups = patient(cloudwatch_logs._describe_log_groups)
    app.main()


main()
