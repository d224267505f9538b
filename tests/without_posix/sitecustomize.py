"""A Python that lacks what Windows lacks, as far as the libraries can do without it here.

Python imports a module of this name when it starts, so a process that finds this folder on its
PYTHONPATH has none of these, and so have its children.
"""

import runpy
from pathlib import Path

known = runpy.run_path(str(Path(__file__).with_name("missing.py")))
for module, names in known["MISSING"].items():
    for name in names:
        delattr(module, name)
