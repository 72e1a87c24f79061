"""When and on what a figure was made, for the rows of every compare."""

import os
import pathlib
import time


def stamp():
    info = pathlib.Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    facts = dict(line.split("\t:") for line in (l.replace("\t\t", "\t") for l in lines) if "\t:" in line)
    fact = lambda name: facts.get(name, "?").strip()
    machine = f"{fact('model name')} (family {fact('cpu family')}, model {fact('model')})"
    return {"date": time.strftime("%F"), "machine": f"{machine}, {os.cpu_count()} threads"}
