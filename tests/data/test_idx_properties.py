"""IDX files under every mutation: what their header says, or refused, in little memory."""

import gzip
import io
import math
import struct
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mnist_report.data import idx
from mnist_report.data.digits import digits_as_idx

#: Real files, cut to 40 images of 28 x 28 pixels and to 40 labels.
WHOLE = digits_as_idx()
IMAGES = idx.encode_images(idx.read_images(WHOLE["t10k-images-idx3-ubyte"])[:40])
LABELS = idx.encode_labels(idx.read_labels(WHOLE["t10k-labels-idx1-ubyte"])[:40])

KINDS = {"images": (IMAGES, 4, idx.read_images), "labels": (LABELS, 2, idx.read_labels)}

#: Counts that a header should not hold, and small ones that fit now and then.
COUNTS = st.sampled_from([0, 1, 2, 28, 40, 784, 2049, 2051, 2**16, 2**31, 2**32 - 1])


@st.composite
def mutated(draw, raw, words):
    """Return a file with changed words of its header, changed bytes, and another length."""
    raw = bytearray(raw)
    for word, count in draw(st.dictionaries(st.integers(0, words - 1), COUNTS)).items():
        struct.pack_into(">I", raw, 4 * word, count)
    places = st.integers(0, len(raw) - 1)
    for place, value in draw(st.dictionaries(places, st.integers(0, 255), max_size=3)).items():
        raw[place] = value
    cut = draw(st.none() | st.integers(0, len(raw)))
    return bytes(raw[:cut]) + draw(st.binary(max_size=8) | st.just(bytes(784)))


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_a_mutated_file_is_what_its_header_says_or_is_refused(kind, data):
    original, words, read = KINDS[kind]
    raw = data.draw(mutated(original, words))
    tracemalloc.start()
    try:
        array = read(raw)
    except idx.IdxError as error:
        assert len(str(error).splitlines()) == 1
        array = None
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 20_000  # whatever the header says; the files have 31,376 bytes and 48
    header = struct.unpack(f">{words}I", raw[: 4 * words]) if len(raw) >= 4 * words else ()
    fits = header and header[0] == struct.unpack(">I", original[:4])[0]
    if fits and 0 < math.prod(header[1:]) == len(raw) - 4 * words:
        assert array.shape == header[1:]
        assert array.tobytes() == raw[4 * words :]
    else:
        assert array is None


@settings(deadline=None, max_examples=50)
@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5)))
def test_what_is_written_is_read_and_nothing_else_is_written(array):
    for encode, read, dimensions in (
        (idx.encode_images, idx.read_images, 3),
        (idx.encode_labels, idx.read_labels, 1),
    ):
        if array.ndim == dimensions and array.size:
            np.testing.assert_array_equal(read(encode(array)), array)
        else:
            with pytest.raises(idx.IdxError, match="cannot store"):
                encode(array)


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_a_mutated_gzip_gives_the_bytes_inside_or_is_refused(data):
    original = gzip.compress(IMAGES, mtime=0)
    raw = bytearray(original)
    places = st.integers(0, len(raw) - 1)
    for place, value in data.draw(st.dictionaries(places, st.integers(0, 255))).items():
        raw[place] = value
    cut = data.draw(st.none() | st.integers(0, len(raw)))
    changed = bytes(raw[:cut]) + data.draw(st.binary(max_size=8))
    try:
        content = idx.read_gzip(changed, len(IMAGES))
    except idx.IdxError as error:
        assert len(str(error).splitlines()) == 1
        # The 8 bytes of time, level and system in a gzip header say nothing of what is inside.
        assert changed[:4] + changed[10:] != original[:4] + original[10:]
    else:
        assert content == gzip.GzipFile(fileobj=io.BytesIO(changed)).read()


#: With 100 MB more than the imports took: headers of 4,294,967,295 images or labels, which are 3 TB
#: and 4 GB, and 300 MB of zeros in a little gzip.
BOUNDED = """
import gzip, io, resource, struct, sys, zlib
from mnist_report.data import idx

taken = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + 100_000_000,) * 2)
for raw in (struct.pack(">4I", 2051, 2**32 - 1, 28, 28), struct.pack(">2I", 2049, 2**32 - 1)):
    for read in (idx.read_images, idx.read_labels):
        try:
            read(raw + bytes(10_000))
        except idx.IdxError as error:
            print(error)
bomb = io.BytesIO()
with gzip.GzipFile(fileobj=bomb, mode="wb", compresslevel=1) as stream:
    for _ in range(300):
        stream.write(bytes(1_000_000))
try:
    idx.read_gzip(bomb.getvalue(), 1_000_000)
except idx.IdxError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux says of its memory")
def test_giant_headers_and_gzip_bombs_need_no_memory():
    done = subprocess.run(
        [sys.executable, "-c", BOUNDED], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "wrong length",
        "wrong magic number",
        "wrong magic number",
        "wrong length",
        "holds more than the 1000000 bytes expected after decompression",
    ]
