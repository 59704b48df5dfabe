"""Lists what an environment holds, as one line of JSON.

{"distributions": {"scikit-learn": "1.6.1", ...}, "folders": [sys.path folders that exist],
 "provides": {"google.cloud.storage": ["google-cloud-storage"], ...}}

`provides` answers for the dotted import names given as arguments.
"""

import json
import os
import sys
from importlib import metadata


def paths_of(name):
    path = name.replace(".", "/")
    return (path + "/", path + ".py", path + ".")  # a package, a module, an extension module (name.cpython-312-...so)


def provides(distributions, wanted):
    """The longest dotted prefix that any distribution's files match; `google` alone is nobody's."""
    files = {name: [str(f).replace("\\", "/") for f in (d.files or ())] for name, d in distributions.items()}
    found = {}
    for name in wanted:
        parts = name.split(".")
        for length in range(len(parts), 0, -1):
            starts = paths_of(".".join(parts[:length]))
            owners = sorted(n for n, paths in files.items() if any(p.startswith(starts) for p in paths))
            if owners:
                found[name] = owners
                break
    return found


def main():
    folders = [os.path.realpath(p) for p in sys.path[1:] if os.path.isdir(p)]
    distributions = {}
    for distribution in metadata.distributions(path=folders):
        name = distribution.metadata["Name"]
        if name and name not in distributions:  # the first on sys.path is the one that is imported
            distributions[name] = distribution
    print(
        json.dumps(
            {
                "distributions": {name: d.version for name, d in distributions.items()},
                "folders": folders,
                "provides": provides(distributions, sys.argv[1:]) if len(sys.argv) > 1 else {},
            }
        )
    )


main()
