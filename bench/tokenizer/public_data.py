"""The public data that the scripts beside this file read."""

import os
import pathlib
import sys
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def data():
    for home in [os.environ.get("LYCEUM_TEST_DATA"), ROOT.parent / "shared/data"]:
        if home and pathlib.Path(home, "tiktoken-ranks").exists():
            return pathlib.Path(home)
    sys.exit("no public data: set LYCEUM_TEST_DATA to the folder that has tiktoken-ranks, udhr, …")


def declaration():
    """The Declaration of Human Rights in every language that there is, one text each."""
    with zipfile.ZipFile(data() / "udhr/udhr.zip") as archive:
        names = sorted(name for name in archive.namelist() if not name.endswith("/"))
        return [archive.read(name).decode("utf-8", errors="replace") for name in names]
