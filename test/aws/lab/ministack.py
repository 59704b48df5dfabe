"""Starts ministack on a bare interpreter: python -I ministack.py SITE_PACKAGES...

ministack runs each handler as a child of `sys.executable`. Its own packages come in here through sys.path, which a child does
not inherit (PYTHONPATH it would): so a handler sees the standard library, botocore, its package and its layers, as on AWS.
"""

import site
import sys

while len(sys.argv) > 1:
    site.addsitedir(sys.argv.pop(1))

from ministack.app import main

main()
