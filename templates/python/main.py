"""Where Google Cloud starts the package: functions-framework asks this file for `handler`, Cloud Run runs it."""

import os
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
# Where nobody installs them, the dependencies lie beside.
DEPENDENCIES = os.path.join(ROOT, "dependencies")
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)
if os.path.isdir(DEPENDENCIES) and DEPENDENCIES not in sys.path:
    sys.path.insert(0, DEPENDENCIES)

if __name__ == "__main__":
    from mlfn_serve.server import main

    main(ROOT)
else:
    # functions-framework has made this a module called main; the user may have one of that name.
    sys.modules.pop(__name__, None)

    from mlfn_serve.framework import handler  # noqa: F401
