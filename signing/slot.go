package signing

import (
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"
	"strings"
	"time"

	"guichet.example/signing/internal/pdf"
)

// slot is a signature dictionary with a hole, written before its place is known.
//
//	<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /M (D:…Z)
//	   /ByteRange [0 a b c] /Contents <000…000> >>
//
// The numbers of ByteRange are padded to a fixed width and filled in by write.
type slot struct {
	body    []byte // all before the hole
	size    int    // bytes of DER that the hole has room for
	rangeAt int    // of the first number after the 0
	holeAt  int    // of "<"
	holeEnd int    // after ">"
	ref     pdf.Ref
}

// rangeWidth is the room for one number: files are far below 10^10 bytes.
const rangeWidth = 10

// note is a text in the dictionary, or a value as written; an empty one is left out.
type note struct {
	key, text string
	raw       pdf.Raw
}

// zeros is the padding of the largest hole.
var zeros = strings.Repeat("0", 2*Hole)

// newSlot makes the dictionary with room for size bytes of DER, at most Hole. A document timestamp
// has no M: at is then zero.
func newSlot(kind, subFilter string, size int, at time.Time, entries ...note) *slot {
	b := make([]byte, 0, 1<<9)
	b = fmt.Appendf(b, "<< /Type %s /Filter /Adobe.PPKLite /SubFilter %s", kind, subFilter)
	if !at.IsZero() {
		b = pdf.Append(append(b, " /M "...), pdf.Date(at))
	}
	for _, e := range entries {
		switch {
		case len(e.raw) > 0:
			b = append(append(b, " /"+e.key+" "...), e.raw...)
		case e.text != "":
			b = pdf.Append(append(b, " /"+e.key+" "...), pdf.Text(e.text))
		}
	}
	b = append(b, " /ByteRange [0 "...)
	s := &slot{size: size, rangeAt: len(b)}
	b = append(b, strings.Repeat(" ", 3*rangeWidth+2)...)
	s.body = append(b, "] /Contents "...)
	s.holeAt = len(s.body)
	s.holeEnd = s.holeAt + 2*size + len("<>")
	return s
}

// object is the dictionary as a value of an update.
func (s *slot) object() pdf.Object { return pdf.Holed{Before: s.body, Size: s.size} }

// write closes the update and fills in the byte range.
func (s *slot) write(u *pdf.Update, id []byte) ([]byte, [4]int) {
	out, at := u.Bytes(id)
	start := at[s.ref] + len(fmt.Sprintf("%d %d obj\n", s.ref.Num, s.ref.Gen))
	r := [4]int{0, start + s.holeAt, start + s.holeEnd, len(out) - start - s.holeEnd}
	place := out[start+s.rangeAt:]
	for i, n := range r[1:] {
		copy(place[i*(rangeWidth+1):], strconv.Itoa(n))
	}
	return out, r
}

// fill returns a copy of the file with DER in the hole of a byte range, padded with
// zeros. It fails only if the DER does not fit.
func fill(file []byte, r [4]int, der []byte) ([]byte, error) {
	out := make([]byte, len(file))
	copy(out, file)
	return out, splice(out, r, der)
}

// splice is fill in the file itself.
func splice(file []byte, r [4]int, der []byte) error {
	hole := r[2] - r[1] - 2
	if 2*len(der) > hole {
		return fmt.Errorf("signature of %d bytes in a hole of %d", len(der), hole/2)
	}
	digits := file[r[1]+1 : r[2]-1]
	n := hex.Encode(digits, der)
	for len(digits) > n {
		n += copy(digits[n:], zeros)
	}
	return nil
}

// source is a file that grows by a revision, and what hashing it gave. Each of its bytes
// is hashed once for all that is made of it; the check of what was written hashes for itself.
type source struct {
	file []byte
	sum  hash.Cloner // SHA-256, fed with the file
}

func newSource(file []byte) source {
	h := sha256.New()
	h.Write(file)
	return source{file, h.(hash.Cloner)} // crypto/sha256 documents that it is one
}

// secondID derives the second part of the trailer's ID from what makes the revision
// what it is, so that the same request gives the same bytes.
func (s source) secondID(at time.Time, parts ...[]byte) []byte {
	h := s.begun()
	h.Write([]byte(at.UTC().Format(time.RFC3339)))
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)[:16]
}

// begun is a SHA-256 that has the file behind it.
func (s source) begun() hash.Hash {
	h, err := s.sum.Clone()
	if err != nil { // only of hashes that are built of others
		panic(err)
	}
	return h
}

// digest hashes the two stretches of a byte range of out, a file that begins with the
// source.
func (s source) digest(kind crypto.Hash, out []byte, r [4]int) []byte {
	var h hash.Hash
	if kind == crypto.SHA256 {
		h = s.begun()
		h.Write(out[len(s.file):r[1]])
	} else {
		h = kind.New()
		h.Write(out[:r[1]])
	}
	h.Write(out[r[2] : r[2]+r[3]])
	return h.Sum(nil)
}
