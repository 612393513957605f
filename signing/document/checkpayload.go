package document

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// CheckPayload is what the printed QR code carries, signed, so that paper can be
// checked without the network: who issued the document, when, under which reference,
// and the digest of all its words.
//
// The digest is SHA-256 whole. A member chooses some of the words, so a digest of 16
// bytes would give her 2^64 tries for two documents under one code; the other 16 cost
// 22 characters of the address, one size of QR code.
//
// In the address it is base64url without padding of fixed fields, integers big-endian:
//
//	version 1 (1 byte), issuer (1 byte of length, bytes), days since 1970-01-01 (2),
//	reference (1 byte of length, bytes), digest (32), code (7), signature (64: r, s)
type CheckPayload struct {
	Issuer    string    // mutuality's id: lower-case ASCII letters, digits and -, 1 to 64
	Date      time.Time // calendar date of the document, 1970 to 2149
	Reference string    // as in the document
	Digest    [32]byte  // of its words: SheetDigest
	Code      CheckCode
	Signature [64]byte // over the fields before it; zero until Sign
}

// MaxCheckPayload is the length of the longest encoded payload, in characters.
const MaxCheckPayload = 283

// Errors of check payloads.
var (
	ErrCheckPayload   = errors.New("not a check payload")
	ErrCheckSignature = errors.New("signature of the check payload does not hold")
	ErrCheckKey       = errors.New("key for check payloads is not ECDSA on P-256")
)

const (
	payloadVersion = 1
	maxIssuer      = 64
	codeBytes      = 7
	rawSignature   = 64
	// payloadDomain keeps a signature over a payload from being one over anything else.
	payloadDomain = "guichet printed check 1\x00"
)

// SheetDigest is the digest of every word and value of a sheet, in reading order and
// without the printed check itself: SHA-256 over the texts in normal form C, all white
// space dropped, each followed by a line feed. Who has the paper can compute it.
func SheetDigest(s Sheet) [32]byte {
	s.Check = nil
	h := sha256.New()
	for _, t := range s.Texts() {
		h.Write([]byte(strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) {
				return -1
			}
			return r
		}, norm.NFC.String(t)) + "\n"))
	}
	return [32]byte(h.Sum(nil))
}

// Validate returns nil or a *FieldError for the first field that does not hold. It does
// not look at the signature.
func (p CheckPayload) Validate() error {
	var c checker
	c.that("check.issuer", isIssuer(p.Issuer))
	c.date("check.date", p.Date)
	if days := epochDays(p.Date); days < 0 || days > 0xFFFF {
		c.fail("check.date", ErrFormat)
	}
	c.that("check.reference", isReference(p.Reference))
	c.that("check.code", p.Code != 0 && p.Code < 1<<codeBits)
	return c.err
}

func isIssuer(s string) bool {
	return s != "" && len(s) <= maxIssuer && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// epochDays counts calendar days from 1970-01-01; the hour and the zone do not matter.
func epochDays(t time.Time) int64 {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
}

// body is what is signed.
func (p CheckPayload) body() []byte {
	b := append(make([]byte, 0, 192), payloadVersion, byte(len(p.Issuer)))
	b = append(b, p.Issuer...)
	b = binary.BigEndian.AppendUint16(b, uint16(epochDays(p.Date)))
	b = append(append(b, byte(len(p.Reference))), p.Reference...)
	b = append(b, p.Digest[:]...)
	var code [8]byte
	binary.BigEndian.PutUint64(code[:], uint64(p.Code))
	return append(b, code[8-codeBytes:]...)
}

func (p CheckPayload) digest() [32]byte {
	return sha256.Sum256(append([]byte(payloadDomain), p.body()...))
}

// Sign returns the payload with its signature: ECDSA on P-256 over SHA-256, r and s of
// 32 bytes each. Errors: those of Validate, [ErrCheckKey], those of the key.
func (p CheckPayload) Sign(key crypto.Signer) (CheckPayload, error) {
	if err := p.Validate(); err != nil {
		return CheckPayload{}, err
	}
	if key == nil {
		return CheckPayload{}, ErrCheckKey
	}
	if _, err := checkKey(key.Public()); err != nil {
		return CheckPayload{}, err
	}
	digest := p.digest()
	der, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return CheckPayload{}, fmt.Errorf("signing a check payload: %w", err)
	}
	var pair struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(der, &pair); err != nil || len(rest) > 0 ||
		pair.R.Sign() <= 0 || pair.S.Sign() <= 0 || pair.R.BitLen() > 256 || pair.S.BitLen() > 256 {
		return CheckPayload{}, fmt.Errorf("signing a check payload: the key returned no ECDSA signature")
	}
	pair.R.FillBytes(p.Signature[:rawSignature/2])
	pair.S.FillBytes(p.Signature[rawSignature/2:])
	return p, p.Verify(key.Public())
}

// Verify returns nil if the payload was signed by the key, an *ecdsa.PublicKey on
// P-256; else [ErrCheckSignature] or [ErrCheckKey].
func (p CheckPayload) Verify(public crypto.PublicKey) error {
	key, err := checkKey(public)
	if err != nil {
		return err
	}
	digest := p.digest()
	r, s := new(big.Int).SetBytes(p.Signature[:rawSignature/2]), new(big.Int).SetBytes(p.Signature[rawSignature/2:])
	if p.Validate() != nil || !ecdsa.Verify(key, digest[:], r, s) {
		return ErrCheckSignature
	}
	return nil
}

func checkKey(public crypto.PublicKey) (*ecdsa.PublicKey, error) {
	key, ok := public.(*ecdsa.PublicKey)
	if !ok || key == nil || key.Curve != elliptic.P256() {
		return nil, ErrCheckKey
	}
	return key, nil
}

// String encodes the payload with its signature, at most [MaxCheckPayload] characters.
func (p CheckPayload) String() string {
	return base64.RawURLEncoding.EncodeToString(append(p.body(), p.Signature[:]...))
}

// ParseCheckPayload reads what String wrote and nothing else: one form for one value.
// It does not look at whether the signature holds. Errors are [ErrCheckPayload].
func ParseCheckPayload(s string) (CheckPayload, error) {
	if len(s) > MaxCheckPayload {
		return CheckPayload{}, ErrCheckPayload
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return CheckPayload{}, ErrCheckPayload
	}
	var p CheckPayload
	r := reader{rest: b}
	version := r.take(1)
	p.Issuer = string(r.short())
	days := r.take(2)
	p.Reference = string(r.short())
	copy(p.Digest[:], r.take(len(p.Digest)))
	code := r.take(codeBytes)
	copy(p.Signature[:], r.take(rawSignature))
	if r.failed || len(r.rest) > 0 || version[0] != payloadVersion {
		return CheckPayload{}, ErrCheckPayload
	}
	p.Date = time.Unix(int64(binary.BigEndian.Uint16(days))*86400, 0).UTC()
	p.Code = CheckCode(binary.BigEndian.Uint64(append([]byte{0}, code...)))
	if p.Validate() != nil || p.String() != s {
		return CheckPayload{}, ErrCheckPayload // line breaks, say, which base64 skips
	}
	return p, nil
}

// reader takes fields off bytes; after the first that is not there it gives zeros.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) take(n int) []byte {
	if r.failed || len(r.rest) < n {
		r.failed = true
		return bytes.Repeat([]byte{0}, n)
	}
	field := r.rest[:n:n]
	r.rest = r.rest[n:]
	return field
}

// short takes a field after one byte of its length.
func (r *reader) short() []byte { return r.take(int(r.take(1)[0])) }
