"""Most tests here import Gradio: this makes it come two seconds sooner."""

import demo.gradio_stubs  # noqa: F401
