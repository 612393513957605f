"""hybrid.py SHAPE OUT IN writes the tagged file IN, which has one table, as a hybrid one.

Microsoft Word writes tagged PDFs so (ISO 32000-1, 7.5.8.4): the structure elements stand
in an object stream that only a cross-reference stream knows of. SHAPE is word (a table in
which they are free, then an empty section that names the stream), acrobat (the same with
no end between the two, as Acrobat 7 did), or one (all in one section, as the standard has
it)."""

import re
import struct
import sys
import zlib

shape, out, given = sys.argv[1:4]
data = open(given, "rb").read()

at = int(re.search(rb"startxref\s+(\d+)\s+%%EOF\s*$", data)[1])
size = int(re.match(rb"xref\s+0 (\d+)\s+", data[at:])[1])
table = data[at + re.match(rb"xref\s+0 \d+\s+", data[at:]).end():]
offsets = {n: int(table[20 * n:20 * n + 10]) for n in range(1, size) if table[20 * n + 17:20 * n + 18] == b"n"}
trailer = re.search(rb"trailer\s*<<(.*?)>>\s*startxref", data[at:], re.S)[1]
shared = re.sub(rb"/Size \d+|/DocChecksum /\w+", b"", trailer).strip()

ends = sorted(offsets.values()) + [at]
bodies = {}
for n, start in offsets.items():
    text = data[start:ends[ends.index(start) + 1]]
    bodies[n] = re.match(rb"\d+ 0 obj\s(.*)\sendobj", text, re.S)[1]
hidden = [n for n in bodies if b"/Type/StructElem" in bodies[n] or b"/Nums" in bodies[n]]
assert len(hidden) > 5

file = bytearray(b"%PDF-1.5\n%\xb5\xb5\xb5\xb5\n")
places = {}


def put(n, body):
    places[n] = (1, len(file), 0)
    file.extend(b"%d 0 obj\n%s\nendobj\n" % (n, body))


def stream(entries, content):
    packed = zlib.compress(content)
    return b"<<%s/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream" % (entries, len(packed), packed)


for n in sorted(bodies):
    if n not in hidden:
        put(n, bodies[n])
heads, inner = b"", b""
for i, n in enumerate(hidden):
    heads += b"%d %d " % (n, len(inner))
    inner += bodies[n] + b" "
    places[n] = (2, size, i)
put(size, stream(b"/Type/ObjStm/N %d/First %d" % (len(hidden), len(heads)), heads + inner))
rows = b"".join(struct.pack(">BIH", *places.get(n, (0, 0, 65535))) for n in range(size + 1))
put(size + 1, stream(b"/Type/XRef/Size %d/W[1 4 2]%s" % (size + 1, shared), rows))

main = len(file)
listed = [n for n in range(1, size + 2) if n not in hidden or shape != "one"]
file.extend(b"xref\n0 1\n0000000000 65535 f\r\n")
for n in listed:
    kind, place, _ = places.get(n, (0, 0, 0))
    entry = b"%010d 00000 n\r\n" % place if kind == 1 else b"0000000000 65535 f\r\n"
    file.extend(b"%d 1\n%s" % (n, entry))
beside = b"/XRefStm %d" % places[size + 1][1]
head = b"trailer\n<</Size %d%s" % (size + 2, shared)
if shape == "one":
    file.extend(b"%s%s>>\nstartxref\n%d\n%%%%EOF\n" % (head, beside, main))
else:
    file.extend(head + b">>\n")
    if shape == "word":
        file.extend(b"startxref\n%d\n%%%%EOF\n" % main)
    second = len(file)
    file.extend(b"xref\n0 0\n%s/Prev %d%s>>\nstartxref\n%d\n%%%%EOF\n" % (head, main, beside, second))
open(out, "wb").write(file)
