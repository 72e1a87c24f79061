"""The chat page of the scripted server, as a check sees it."""

import tempfile

from driver import Gone, started

LAST = "document.querySelector('.turn:last-of-type')"
DONE = f"{LAST}?.classList.contains('assistant') && !{LAST}.classList.contains('waiting')"
STORY_END = "she had all day."


class Site:
    """The scripted server, with conversations of its own."""

    def __init__(self, program, *options, delay=4):
        self.home = tempfile.TemporaryDirectory()
        command = [program, "--port", "0", "--home", self.home.name, "--delay", str(delay), *options]
        self.process, self.address = started(command, r"(http://\S+)")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.home.cleanup()


class Page:
    """The page of a site in a browser."""

    def __init__(self, browser, site):
        self.browser, self.site = browser, site

    def open(self, where="/"):
        self.browser.open(self.site.address + where)
        self.browser.until("document.querySelector('#conversations')?.childElementCount > 0"
                           " || document.querySelector('dialog[open]')", what="the page begins")
        return self

    def fresh(self):
        """A new chat, on a page without any memory."""
        self.open()
        self.browser.run("localStorage.clear(); sessionStorage.clear();")
        return self.open()

    def ask(self, words, is_done=True):
        before = self.js("document.querySelectorAll('.turn').length")
        self.browser.run("const m = document.getElementById('message'); m.value = args[0];"
                         "m.dispatchEvent(new Event('input')); m.focus();", words)
        self.browser.press("Enter")
        if is_done:
            self.browser.until(f"document.querySelectorAll('.turn').length > args[0] && {DONE}", before,
                               what=f"an answer to {words[:40]!r}")
        return self

    def js(self, expression, *values):
        return self.browser.run(f"return {expression}", *values)

    def until(self, expression, *values):
        return self.browser.until(expression, *values)

    def said(self):
        return self.js(f"{LAST}.querySelector('.said').innerText")


def expect(is_so, what):
    if not is_so:
        raise Gone(what)
