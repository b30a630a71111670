"""Faults in a running stage, at every file that it writes.

Before each file the stage forks a victim for each fault. The fault strikes the victim, which ends
as a stage struck by it ends; the stage sees what became of the disk, puts it back and goes on. So
a stage is computed once for all of its faults.
"""

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import sys
import time
from pathlib import Path

#: The signals, and the moments of writing a file at which they strike.
SIGNALS = ("SIGKILL", "SIGINT")
MOMENTS = ("before", "in the middle of", "at the end of", "after")
KILLS = tuple(f"{name} {moment}" for name in SIGNALS for moment in MOMENTS)

#: What the operating system can have against a file.
LIMIT, FULL, FOLDER, SYSTEM = (
    "limit on file size",
    "full disk",
    "read-only folder",
    "read-only file system",
)
REFUSALS = (LIMIT, FULL, FOLDER, SYSTEM)

#: Seconds that a victim may take to end.
PATIENCE = 60

#: How a temporary file of the project ends.
PART = ".part"

PAGE = resource.getpagesize()

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNS, _CLONE_NEWUSER = 0x20000, 0x10000000
_MS_RDONLY, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18

#: What a victim still has to say when its stage has ended.
_words = []


def _checked(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def own_mounts():
    """Give this process file systems that nobody else sees."""
    user, group = os.getuid(), os.getgid()
    _checked(_libc.unshare(_CLONE_NEWNS | (_CLONE_NEWUSER if user else 0)))
    if user:
        for name, line in (
            ("setgroups", "deny"),
            ("uid_map", f"0 {user} 1"),
            ("gid_map", f"0 {group} 1"),
        ):
            Path(f"/proc/self/{name}").write_text(line)
    _checked(_libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None))


def mount_small(folder, pages):
    """Lay a disk of so many pages over a folder."""
    size = f"size={pages * PAGE}".encode()
    _checked(_libc.mount(b"none", os.fsencode(folder), b"tmpfs", 0, size))


def mount_read_only(folder):
    """Make a folder and all below it part of a file system that cannot be written."""
    name = os.fsencode(folder)
    _checked(_libc.mount(name, name, None, _MS_BIND, None))
    _checked(_libc.mount(b"none", name, None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY, None))


def be_nobody_special():
    """Give up root's privilege to write where permissions forbid it."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    _checked(_libc.capset(ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)())))


def may_mount():
    """Tell whether `own_mounts` works here."""
    child = os.fork()
    if child == 0:
        try:
            own_mounts()
            mount_small("/tmp", 4)
            os._exit(0)
        except OSError:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


class Sentence:
    """A fault at one file: strikes this process while it writes the file.

    Parameters
    ----------
    size
        How long the file will be, as far as that is known.
    """

    def __init__(self, fault, path, size):
        self.signal, _, self.moment = fault.partition(" ")
        self.half = size // 2
        self.written = 0
        if fault in REFUSALS:
            getattr(self, {LIMIT: "limit", FULL: "fill", FOLDER: "bar", SYSTEM: "freeze"}[fault])(
                path
            )
        elif self.moment in ("at the end of", "after"):
            move = os.replace

            def replace(*names):
                if self.moment == "after":
                    move(*names)
                self.strike()

            os.replace = replace
        elif self.moment == "before":
            self.strike()

    def strike(self):
        os.kill(os.getpid(), getattr(signal, self.signal))

    def write(self, stream, content):
        """Write to the stream; strike when half of the file is out."""
        content = memoryview(content).cast("B")
        if self.moment == "in the middle of" and self.written + len(content) >= self.half:
            stream.write(content[: max(0, self.half - self.written)])
            stream.flush()
            self.strike()
        self.written += len(content)
        return stream.write(content)

    def limit(self, path):
        limit_files(self.half)

    def fill(self, path):
        """Leave room for half of the file. What lay in its folder lies there still."""
        folder = path.parent
        folder.mkdir(parents=True, exist_ok=True)
        there = {file: file.read_bytes() for file in folder.iterdir() if file.is_file()}
        own_mounts()
        taken = sum(-(-len(content) // PAGE) for content in there.values())
        mount_small(folder, taken + self.half // PAGE + 1)
        for file, content in there.items():
            file.write_bytes(content)
        (folder / "ballast").write_bytes(bytes(PAGE))

        def check():
            now = {file: file.read_bytes() for file in there}
            assert now == there, "an old file was damaged on the full disk"

        _words.append(check)

    def bar(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o555)
        be_nobody_special()

    def freeze(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        own_mounts()
        mount_read_only(path.parent)


class Stream:
    """A binary stream that is watched."""

    def __init__(self, stream, sentence):
        self.stream, self.sentence = stream, sentence

    def write(self, content):
        return self.sentence.write(self.stream, content)

    def __getattr__(self, name):
        return getattr(self.stream, name)


class Plan:
    """Which faults strike a stage, and what is known of its outputs.

    Parameters
    ----------
    faults
        Those that strike a victim at every file.
    final
        None, or a fault and the number of the file at which it strikes the stage itself.
    old, new
        For each declared output, a file with its bytes before the stage and one with its bytes
        after it.
    report
        Where a line of JSON is written for every victim.
    """

    def __init__(self, faults, final, old, new, report):
        self.faults, self.final, self.report = faults, final, report
        self.allowed = {
            Path(path): (Path(old[path]).read_bytes(), Path(new[path]).read_bytes()) for path in new
        }
        self.count = 0

    def size(self, path):
        return len(self.allowed[path][1]) if path in self.allowed else 200

    def torn(self):
        """Return the declared outputs that are neither old nor new."""
        return [
            str(path)
            for path, allowed in self.allowed.items()
            if not path.is_file() or path.read_bytes() not in allowed
        ]


def spoil_store(folder, pages):
    """Make a folder a disk of so many pages for this process and its children, or read-only."""
    own_mounts()
    if pages:
        mount_small(folder, pages)
    else:
        mount_read_only(folder)


def limit_files(size):
    """Let no file grow beyond a size."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def prepare(plan):
    """Let the faults of a plan strike the stage that this process is about to run."""
    from mnist_report import files

    plan, original = Plan(**plan), files.replacing

    @contextlib.contextmanager
    def replacing(path):
        sentence = None
        plan.count += 1
        if plan.final and plan.final[1] == plan.count:
            sentence = Sentence(plan.final[0], path, plan.size(path))
        for fault in plan.faults:
            if _fork_victim(plan, path, fault):
                sentence = Sentence(fault, path, plan.size(path))
                plan.faults = []
                break
        with original(path) as stream:
            yield Stream(stream, sentence) if sentence else stream
        if plan.faults:
            left = [file.name for file in path.parent.glob(f".*{PART}")]
            _tell(plan, {"file": path.name, "fault": None, "left": left})

    files.replacing = replacing


def last_words():
    """Say what is wrong with the disk that only this process sees."""
    for check in _words:
        try:
            check()
        except (AssertionError, OSError) as error:
            print(f"Traceback: {error}", file=sys.stderr)


def _tell(plan, record):
    with Path(plan.report).open("a") as stream:
        stream.write(json.dumps(record) + "\n")


def _fork_victim(plan, path, fault):
    """Fork; return True in the victim. In the stage, see what became of it, and put all back."""
    before = path.read_bytes() if path.is_file() else None
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.parent.stat().st_mode
    read, write = os.pipe()
    victim = os.fork()
    if victim == 0:
        os.dup2(write, 1)
        os.dup2(write, 2)
        return True
    os.close(write)
    said = b""
    end = time.monotonic() + PATIENCE
    while select.select([read], [], [], max(0, end - time.monotonic()))[0]:
        content = os.read(read, 1 << 16)
        said += content
        if not content:
            break
    else:
        os.kill(victim, signal.SIGKILL)
        said += b"Traceback: it did not end"
    os.close(read)
    code = os.waitstatus_to_exitcode(os.waitpid(victim, 0)[1])
    path.parent.chmod(mode)
    torn = plan.torn()
    if path not in plan.allowed and path.is_file():
        try:
            json.loads(path.read_bytes())
        except ValueError:
            torn.append(str(path))
    _tell(
        plan,
        {
            "file": path.name,
            "fault": fault,
            "code": code,
            "said": said.decode(errors="replace"),
            "torn": torn,
            "left": [file.name for file in path.parent.glob(".*") if file.name != ".gitignore"],
        },
    )
    if before is not None:
        path.write_bytes(before)
    else:
        path.unlink(missing_ok=True)
    return False
