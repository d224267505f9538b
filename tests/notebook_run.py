"""Run a notebook in IPython: sources as JSON on stdin; what cells say and show on stdout."""

import json
import sys

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

shell = InteractiveShell.instance()
outputs = []
for source in json.load(sys.stdin):
    with capture_output() as captured:
        result = shell.run_cell(source)
    result.raise_error()
    kinds = [kind for output in captured.outputs for kind in output.data]
    kinds += [] if result.result is None else [type(result.result).__name__]
    outputs.append([captured.stdout, kinds])
json.dump(outputs, sys.__stdout__)
