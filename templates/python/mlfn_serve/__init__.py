"""The code that ships in every mlfn package: it turns events into answers of a model, a function or a WSGI app.

Standard library only at import; numpy, pandas and joblib come in when the model needs them. Python 3.9 to 3.14.
"""

import os

# The package's own folder, wherever its modules are.
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# Byte code of what every start imports, where the package was made for this very Python; else there is no such file.
__path__.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "code.zip"))
