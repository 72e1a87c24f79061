#!/usr/bin/env python3
"""The chat page in headless Chromium, in front of the scripted server of `examples/demo`.

    cargo build -p web --example demo
    crates/web/tests/chromium/chat.py target/debug/examples/demo [--shots FOLDER] [--only NAME]

Each function of talks.py, looks.py and harm.py whose name begins with `check_` is a check; all must
hold. With --shots it takes pictures
of the page in both themes, wide and narrow, for a person to look at.
"""

import argparse
import os
import sys
import time

import harm
import looks
import talks
from driver import Browser, Gone
from page import Page, Site


def checks(only):
    """Every check whose name has these words."""
    for module in [talks, looks, harm]:
        for name, value in vars(module).items():
            if name.startswith("check_") and only in name:
                yield name, value


def main():
    words = argparse.ArgumentParser()
    words.add_argument("program")
    words.add_argument("--shots")
    words.add_argument("--only", default="")
    asked = words.parse_args()
    program = os.path.abspath(asked.program)
    failed = 0
    with Site(program, delay=12 if asked.shots else 2) as site, Browser() as browser:
        site.program = program
        browser.call("POST", "/timeouts", {"script": 60000})
        browser.size(1280, 800)
        browser.scheme("light")
        page = Page(browser, site)
        if asked.shots:
            return looks.take(page, asked.shots)
        for name, check in checks(asked.only):
            start = time.monotonic()
            try:
                check(page)
                print(f"ok   {time.monotonic() - start:5.1f} s  {name[6:]}", flush=True)
            except Gone as fault:
                failed += 1
                print(f"FAIL {time.monotonic() - start:5.1f} s  {name[6:]}: {fault}", flush=True)
                browser.size(1280, 800)
                browser.scheme("light")
    return failed


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
