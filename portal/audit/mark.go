package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// Key makes and checks marks. Whoever can write into the database and lacks it makes none.
// The zero Key is none. Safe for concurrent use.
type Key struct{ secret []byte }

// NewKey takes 32 secret bytes that serve nothing else.
func NewKey(secret []byte) Key { return Key{secret} }

// Mark binds a chain to a key, up to and with its last row. Each commit writes it over the
// one before, so that rows can be cut off behind no mark but the last one.
type Mark struct {
	Chain string
	Seq   int64 // of the row that it vouches for, and with it for all before
	MAC   []byte
	Last  int64 // of the last row there is, in the state of the database that the mark is of
}

// Roll binds the number of chains that have a mark, so that none is taken out with its mark.
type Roll struct {
	Chains int64 // 0: there is no roll
	MAC    []byte
}

// Marks are those of a trail, all of one state of the database.
type Marks struct {
	Key    Key
	Chains []Mark // by chain
	Roll   Roll
	Newest string // the last chain there is, whether it has a mark or not; "" if there is none
}

// Vouched is what a Report says of marks.
type Vouched struct {
	Chains   int       // that have a mark
	From     string    // the first of them: what is older is bound to no key
	Since    time.Time // when that one began
	Unmarked []string  // younger ones of older programs, which an anchor names
}

// Mark is the MAC of the mark that vouches for h: HMAC-SHA-256 over
//
//	mark = tag seq hash text
//	tag  = "guichet audit mark 1" LF
//	seq  = 8 bytes; hash = 32 bytes; text = length, 4 bytes, and the bytes of the chain's id
func (k Key) Mark(h Head) []byte {
	return k.sum("guichet audit mark 1\n", h.Seq, h.Hash[:], h.Chain)
}

// Roll is the MAC of the roll: HMAC-SHA-256 over
//
//	roll = tag chains text
//
// encoded as in a mark; the text is the id of the newest chain that has a mark.
func (k Key) Roll(chains int64, newest string) []byte {
	return k.sum("guichet audit roll 1\n", chains, nil, newest)
}

func (k Key) sum(tag string, number int64, hash []byte, text string) []byte {
	mac := hmac.New(sha256.New, k.secret)
	b := make([]byte, 0, 128)
	b = append(b, tag...)
	b = binary.BigEndian.AppendUint64(b, uint64(number))
	b = append(b, hash...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
	b = append(b, text...)
	mac.Write(b)
	return mac.Sum(nil)
}

// Holds tells whether the MAC is that of a mark of h.
func (k Key) Holds(h Head, mac []byte) bool { return hmac.Equal(k.Mark(h), mac) }

// Holds tells whether the roll is of the key, for so many chains that end with newest.
func (r Roll) Holds(k Key, newest string) bool { return hmac.Equal(k.Roll(r.Chains, newest), r.MAC) }
