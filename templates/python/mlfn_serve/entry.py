"""The Lambda handler. The package is loaded when this module is imported: what fails, fails in the init phase."""

import os
import sys

from . import ROOT

_root = os.environ.get("LAMBDA_TASK_ROOT") or ROOT
# Here when everything is in one zip; else the dependencies are where the platform puts them on sys.path by itself.
_dependencies = os.path.join(_root, "dependencies")
if os.path.isdir(_dependencies) and _dependencies not in sys.path:
    sys.path.insert(0, _dependencies)

if "MLFN_SECRETS" in os.environ:
    from .secrets import resolve

    resolve(os.environ)

from .start import start  # noqa: E402 - what it imports may need the secrets

_endpoint = start(_root)
_WARM = {"mlfn": "warm"}


def handler(event, context):
    """The endpoint's answer. The event of `mlfn warm` only had to find a worker: its answer is itself."""
    return event if event == _WARM else _endpoint.handle(event, context)
