package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Longest texts kept in a row, in bytes.
const (
	maxText   = 64
	maxObject = 96
	maxReason = 200
)

// Head is the newest row of a chain: the next row is built on it.
type Head struct {
	Chain string
	Seq   int64
	Hash  [32]byte
}

// Next makes e the row after h: it fills in chain, sequence and hashes, brings texts
// into their bounds, and returns the row and the new head.
func (h Head) Next(e Entry) (Entry, Head) {
	e.At = e.At.UTC().Truncate(time.Millisecond)
	for _, text := range []*string{&e.Mutuality, &e.Member, &e.Actor, &e.Session, &e.Method, &e.Assurance, &e.RequestID} {
		*text = clean(*text, maxText)
	}
	e.Object = clean(e.Object, maxObject)
	e.Reason = hideNumbers(clean(e.Reason, maxReason))
	e.Chain, e.Seq, e.Prev = h.Chain, h.Seq+1, h.Hash
	e.Hash = e.sum()
	return e, Head{Chain: e.Chain, Seq: e.Seq, Hash: e.Hash}
}

// Marked is the method of the first row of a chain that has a mark: whoever takes the mark
// away has to change the row as well, and with it what heads noted elsewhere say.
const Marked = "marked"

// Begin makes the first row of a new chain, bound to the given head of the chain
// before it; the zero Head for the first chain of a database. The chain is to have a mark.
func Begin(chain string, before Head, at time.Time, reason string) (Entry, Head) {
	e := Entry{At: at, Actor: System, Method: Marked, Action: Start, Outcome: Done, Reason: reason}
	if before.Chain != "" {
		e.Object = linkTo(before)
	}
	return Head{Chain: chain, Hash: before.Hash}.Next(e)
}

// sum is SHA-256 over
//
//	row  = tag prev at seq text*12
//	tag  = "guichet audit 1" LF
//	prev = 32 bytes
//	at   = microseconds since 1970-01-01 UTC, 8 bytes
//	seq  = 8 bytes
//	text = length in bytes, 4 bytes, and the bytes; in the order of the fields below
//
// with integers big-endian. Two different rows cannot have the same encoding.
func (e Entry) sum() [32]byte {
	b := make([]byte, 0, 512)
	b = append(b, "guichet audit 1\n"...)
	b = append(b, e.Prev[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(e.At.UnixMicro()))
	b = binary.BigEndian.AppendUint64(b, uint64(e.Seq))
	for _, text := range []string{
		e.Chain, e.Mutuality, e.Member, e.Actor, e.Session, e.Method, e.Assurance,
		string(e.Action), e.Object, string(e.Outcome), e.RequestID, e.Reason,
	} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
		b = append(b, text...)
	}
	return sha256.Sum256(b)
}

// clean keeps a text on one line, valid and within limit bytes (ASVS 16.4.1).
func clean(s string, limit int) string {
	if plain(s) && len(s) <= limit {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// hideNumbers blots out what could be a national number or an account number: nine
// digits or more, also in groups. Causes come from other packages, and a certificate's
// subject quoted in one must not end up in a row that is kept for years.
func hideNumbers(s string) string {
	if !plain(s) {
		return blot([]byte(s))
	}
	digits := 0
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			digits++
		}
	}
	if digits < 9 {
		return s
	}
	return blot([]byte(s))
}

func blot(b []byte) string {
	for start := 0; start < len(b); start++ {
		if !isDigit(b[start]) {
			continue
		}
		digits, end := 0, start
		for i := start; i < len(b) && (isDigit(b[i]) || strings.IndexByte(" .-/", b[i]) >= 0); i++ {
			if isDigit(b[i]) {
				digits, end = digits+1, i
			}
		}
		if digits >= 9 {
			for i := start; i <= end; i++ {
				b[i] = '#'
			}
		}
		start = end
	}
	return string(b)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
