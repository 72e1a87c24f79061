"""A browser to drive: Debian's Chromium through its ChromeDriver, over W3C's WebDriver protocol.

Only what the tests of the chat page need, with Python's standard library alone.
"""

import base64
import json
import os
import re
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Left": "\ue012", "Up": "\ue013", "Right": "\ue014",
        "Down": "\ue015", "Tab": "\ue004", "Control": "\ue009", "Alt": "\ue00a", "Shift": "\ue008"}
PATIENCE_S = 15
# A browser without a head has no mouse, and shows pages as if on a phone.
MOUSE = "primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4"


class Gone(Exception):
    """What was waited for did not come."""


def started(command, pattern):
    """A process, and what `pattern` finds in its first lines."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in process.stdout:
        found = re.search(pattern, line)
        if found:
            return process, found.group(1)
    raise Gone(f"{command[0]} ended with {process.wait()} and did not say {pattern}")


class Browser:
    """One window of a fresh browser; ends with the `with` around it."""

    def __init__(self):
        self.driver, port = started(["chromedriver", "--port=0"], r"successfully on port (\d+)")
        self.root = f"http://127.0.0.1:{port}/session"
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        flags = ["--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update", "--disable-sync",
                 "--hide-scrollbars", "--force-color-profile=srgb", "--blink-settings=" + MOUSE,
                 f"--user-data-dir={self.profile.name}"]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")
        wanted = {"browserName": "chrome", "goog:chromeOptions": {"args": flags},
                  "goog:loggingPrefs": {"performance": "ALL", "browser": "ALL"},
                  "unhandledPromptBehavior": "ignore"}
        try:
            answer = self.call("POST", "", {"capabilities": {"alwaysMatch": wanted}})
        except (Gone, OSError):
            self.driver.terminate()
            raise
        self.root += f"/{answer['sessionId']}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.profile.cleanup()

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.root + path, data, method=method)
        request.add_header("content-type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise Gone(json.load(error)["value"]["message"]) from None

    def cdp(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def open(self, address):
        self.call("POST", "/url", {"url": address})

    def run(self, script, *values):
        """What a function with this body returns; it may wait for something."""
        body = f"const done = arguments[arguments.length - 1]; (async (...args) => {{{script}}})" \
               "(...[...arguments].slice(0, -1)).then((v) => done({v}), (e) => done({e: String(e.stack)}))"
        answer = self.call("POST", "/execute/async", {"script": body, "args": list(values)})
        if "e" in answer:
            raise Gone(answer["e"])
        return answer.get("v")

    def find(self, selector):
        return self.call("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        self.call("POST", f"/element/{self.find(selector)}/click", {})

    def type(self, selector, text):
        self.call("POST", f"/element/{self.find(selector)}/value", {"text": text})

    def press(self, *keys):
        """Keys held one after another, and let go in the other order."""
        keys = [KEYS.get(key, key) for key in keys]
        actions = [{"type": "keyDown", "value": key} for key in keys]
        actions += [{"type": "keyUp", "value": key} for key in reversed(keys)]
        body = {"actions": [{"type": "key", "id": "keys", "actions": actions}]}
        self.call("POST", "/actions", body)

    def point(self, selector):
        """Moves the mouse to the middle of an element."""
        move = {"type": "pointerMove", "x": 0, "y": 0, "origin": {ELEMENT: self.find(selector)}}
        mouse = {"type": "pointer", "id": "mouse", "actions": [move]}
        self.call("POST", "/actions", {"actions": [mouse]})

    def until(self, condition, *values, what=None):
        """Waits until a script's expression holds, and gives what it came to."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            value = self.run(f"return {condition}", *values)
            if value:
                return value
            time.sleep(0.02)
        raise Gone(f"never: {what or condition}")

    def size(self, width, height, is_phone=False):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=2 if is_phone else 1, mobile=is_phone)
        self.cdp("Emulation.setTouchEmulationEnabled", enabled=is_phone)

    def scheme(self, name):
        features = [{"name": "prefers-color-scheme", "value": name},
                    {"name": "prefers-reduced-motion", "value": "reduce"}]
        self.cdp("Emulation.setEmulatedMedia", features=features)

    def shot(self, path):
        self.run("for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame)")
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("GET", "/screenshot")))

    def log(self, kind):
        return self.call("POST", "/se/log", {"type": kind})

    def requests(self):
        """Addresses that were asked for since the last call."""
        asked = []
        for entry in self.log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                asked.append(message["params"]["request"]["url"])
        return asked
