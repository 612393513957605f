package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// Params are those of Argon2id. They stand in each stored hash.
type Params struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8
}

// Default is what new hashes are made with: the first choice of OWASP's Password
// Storage Cheat Sheet, 20 ms of a core.
var Default = Params{Memory: 19 << 10, Time: 2, Threads: 1}

// Bounds on parameters read from the store: whoever writes a row must not choose how
// much memory we spend on it.
const (
	maxMemory  = 256 << 10 // KiB
	maxTime    = 16
	maxThreads = 4
	saltSize   = 16 // SP 800-63B-4 asks for 4
	tagSize    = 32
	keyIDSize  = 8
	maxPHC     = 256 // bytes
)

// ErrHash means a stored text that is not a hash of ours, written as we write it.
var ErrHash = errors.New("stored password hash is damaged")

// hash is a stored password:
//
//	$argon2id$v=19$m=19456,t=2,p=1,keyid=8bytes$salt$tag
//
// (PHC string format; Base64 without padding.) keyid names the key of the last step.
type hash struct {
	Params
	keyID [keyIDSize]byte
	salt  [saltSize]byte
	tag   [tagSize]byte
}

var b64 = base64.RawStdEncoding.Strict()

func (h hash) String() string {
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d,keyid=%s$%s$%s", h.Memory, h.Time, h.Threads,
		b64.EncodeToString(h.keyID[:]), b64.EncodeToString(h.salt[:]), b64.EncodeToString(h.tag[:]))
}

// parse accepts exactly what String writes, with parameters inside the bounds. Errors:
// ErrHash, without the text.
func parse(text string) (hash, error) {
	var h hash
	parts := strings.Split(text, "$")
	if len(text) > maxPHC || len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v=19" {
		return hash{}, ErrHash
	}
	params, keyID, found := strings.Cut(parts[3], ",keyid=")
	if !found {
		return hash{}, ErrHash
	}
	if _, err := fmt.Sscanf(params, "m=%d,t=%d,p=%d", &h.Memory, &h.Time, &h.Threads); err != nil {
		return hash{}, ErrHash
	}
	for _, field := range []struct {
		into []byte
		text string
	}{{h.keyID[:], keyID}, {h.salt[:], parts[4]}, {h.tag[:], parts[5]}} {
		if err := decode(field.into, field.text); err != nil {
			return hash{}, err
		}
	}
	if !h.sound() || h.String() != text { // one spelling each: no sign, no leading zero, no blank
		return hash{}, ErrHash
	}
	return h, nil
}

func decode(into []byte, text string) error {
	if len(text) != b64.EncodedLen(len(into)) {
		return ErrHash
	}
	if _, err := b64.Decode(into, []byte(text)); err != nil {
		return ErrHash
	}
	return nil
}

// sound holds the parameters against the bounds; 8 KiB for each thread is RFC 9106's own.
func (p Params) sound() bool {
	return p.Time >= 1 && p.Time <= maxTime && p.Threads >= 1 && p.Threads <= maxThreads &&
		p.Memory >= 8*uint32(p.Threads) && p.Memory <= maxMemory
}
