"""What a page takes in for a study, in a folder that goes again unless the making of it begins."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from starlette.responses import Response

from survey.admin.authentication import AdminError
from survey.admin.request import AdminRequest
from survey.building.background import SOUNDS_PREFIX
from survey.building.child_process import BuildJob
from survey.building.study_spec import BuildError
from survey.core import own_folder


def take_in(
    admin: AdminRequest,
    page: str,
    what: str,
    job_of: Callable[[Path], BuildJob],
    refused: Callable[[str], Response],
) -> Response:
    """Begin to make a study of what was sent, or say why not and leave nothing.

    Parameters
    ----------
    admin : AdminRequest
    page : str
        Where the study can be asked for anew.
    what : str
        What is taken in, in a sentence.
    job_of : folder -> BuildJob
        Takes it in, and says what is to be made.
    refused : sentence -> response
    """
    folder = own_folder.make(Path(tempfile.gettempdir()), SOUNDS_PREFIX)
    try:
        job = job_of(folder)
        admin.services.builder.start(admin.database, admin.settings, job, folder, page)
    except (BuildError, AdminError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        return refused(str(error))
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        return refused(f"The {what} cannot be kept: {error.strerror}.")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return admin.redirect("/build")
