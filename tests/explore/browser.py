"""A headless Chromium, driven over a pipe by its own protocol: no package is needed."""

import json
import os
import shutil
import subprocess
import tempfile

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
OPTIONS = ("--headless", "--no-sandbox", "--disable-dev-shm-usage", "--remote-debugging-pipe")

#: Resolves when the page is loaded and its models are unpacked.
READY = """new Promise((done, fail) => {
  const ready = () => document.readyState === "complete" && !document.querySelector("main").hidden;
  const look = () => (ready() ? done() : setTimeout(look, 20));
  look();
  setTimeout(fail, 60000);
})"""

#: Where the paper is on the screen.
BOX = """paper.scrollIntoView({ block: "center" }), paper.getBoundingClientRect().toJSON()"""

PAINTED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


class Browser:
    """One page of a Chromium; `call` is any method of the DevTools protocol."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        (theirs_in, self.commands), (self.replies, theirs_out) = os.pipe(), os.pipe()
        # Chromium reads commands from descriptor 3 and answers on 4; the shell puts them there.
        pipes = f'exec 3</dev/fd/{theirs_in} 4>/dev/fd/{theirs_out}; exec "$@"'
        command = ["sh", "-c", pipes, "sh", CHROMIUM, *OPTIONS]
        self.process = subprocess.Popen(
            [*command, f"--user-data-dir={self.folder.name}", "about:blank"],
            pass_fds=(theirs_in, theirs_out),
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self.rest, self.number, self.session, self.events = b"", 0, None, []
        [page] = [t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page"]
        attached = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network"):
            self.call(f"{domain}.enable")

    def _message(self):
        while b"\0" not in self.rest:
            read = os.read(self.replies, 1 << 16)
            assert read, "Chromium has ended"
            self.rest += read
        message, _, self.rest = self.rest.partition(b"\0")
        return json.loads(message)

    def call(self, method, **params):
        self.number += 1
        command = {"id": self.number, "method": method, "params": params}
        if self.session:
            command["sessionId"] = self.session
        content = json.dumps(command).encode() + b"\0"
        while content:
            content = content[os.write(self.commands, content) :]
        while True:
            message = self._message()
            if message.get("id") == self.number:
                assert "error" not in message, message
                return message["result"]
            self.events.append(message)

    def js(self, code):
        """Evaluate JavaScript, await what it gives, and return that."""
        done = self.call("Runtime.evaluate", expression=code, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def open(self, path, width=1280, dark=False):
        """Open a page and wait until it is ready; `events` then has what happened meanwhile."""
        self.events = []
        screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **screen)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Page.navigate", url=path.as_uri())
        self.js(READY)

    def press(self, key, code, text=""):
        """Press and let go a key; `text` is what it types."""
        pressed = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **pressed)
        self.call("Input.dispatchKeyEvent", type="keyUp", **pressed)

    def stroke(self, points):
        """Draw with the mouse through points, given in shares of the paper."""
        box = self.js(BOX)
        for i, (x, y) in enumerate((*points, points[-1])):
            kind = "Pressed" if i == 0 else "Released" if i == len(points) else "Moved"
            place = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
            mouse = {"type": f"mouse{kind}", "button": "left", "buttons": 1, "clickCount": 1}
            self.call("Input.dispatchMouseEvent", **mouse, **place)
        self.js(PAINTED)

    def close(self):
        self.call("Browser.close")
        self.process.wait(timeout=30)
        os.close(self.commands)
        os.close(self.replies)
        self.folder.cleanup()
