package kiosk

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"guichet.example/certs"
	"guichet.example/reader/api"
)

// Protocol hears the agents of kiosks. All fields are required. Safe for concurrent use.
type Protocol struct {
	Store     Store
	Mutuality string
	Origin    string              // of the portal
	Anchors   *certs.TrustAnchors // of the registry whose signature is under the files of cards
	Key       []byte              // 32 bytes, the same on every server: of the nonces
	Times     Times               // with its defaults
	Now       func() time.Time
	Rand      io.Reader
	Log       *slog.Logger
}

// A nonce is when it was made, random bytes, and a code over both that only the servers
// of this counter can make: 8 + 16 + 16 bytes. It is kept nowhere. That a message is
// taken once is for its counter.
const nonceBytes, nonceMade = 40, 24

// Nonce makes one.
func (p *Protocol) Nonce() (string, error) {
	var raw [nonceMade]byte
	binary.BigEndian.PutUint64(raw[:8], uint64(p.Now().UnixMicro()))
	if _, err := io.ReadFull(p.Rand, raw[8:]); err != nil {
		return "", fmt.Errorf("drawing a nonce: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(append(raw[:], p.code(raw[:])...)), nil
}

func (p *Protocol) code(made []byte) []byte {
	h := hmac.New(sha256.New, p.Key)
	h.Write(made)
	return h.Sum(nil)[:nonceBytes-nonceMade]
}

// madeAt is when a nonce was made. ErrStale if it is not one of ours that lives.
func (p *Protocol) madeAt(nonce string) (time.Time, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(nonce)
	if err != nil || len(raw) != nonceBytes || !hmac.Equal(raw[nonceMade:], p.code(raw[:nonceMade])) {
		return time.Time{}, fmt.Errorf("%w: nonce is not ours", ErrStale)
	}
	at := time.UnixMicro(int64(binary.BigEndian.Uint64(raw[:8]))).UTC()
	if age := p.Now().Sub(at); age > p.Times.Nonce || age < -ClockSlack {
		return time.Time{}, fmt.Errorf("%w: nonce is too old", ErrStale)
	}
	return at, nil
}

// Receive takes what an agent sent: form, key, signature, origin and nonce are checked
// here, counter and lease by the store in the transaction of the act. Nothing is changed
// before the signature holds. Errors: ErrUnknown (also of bytes that are no message),
// ErrStale, ErrSuspended, ErrRevoked.
func (p *Protocol) Receive(ctx context.Context, data []byte) (Kiosk, error) {
	signed, m, err := api.ParseKioskSigned(data)
	if err != nil {
		return Kiosk{}, fmt.Errorf("%w: %v", ErrUnknown, err)
	}
	spki, err := p.keyOf(ctx, m)
	if err != nil {
		return Kiosk{}, err
	}
	key, err := api.ParseKioskKey(spki)
	if err == nil {
		err = signed.VerifyKiosk(key)
	}
	switch {
	case err != nil:
		return Kiosk{}, fmt.Errorf("%w: %v", ErrUnknown, err)
	case m.Origin != p.Origin:
		return Kiosk{}, fmt.Errorf("%w: message is for another counter", ErrUnknown)
	}
	h := Heard{Message: m, At: p.Now().UTC().Truncate(time.Microsecond), Silence: p.Times.Silence}
	if h.NonceAt, err = p.madeAt(m.Nonce); err != nil {
		return Kiosk{}, err
	}
	if m.Kind == api.KioskPair {
		if h.Message.Code, err = NormalCode(m.Code); err != nil {
			return Kiosk{}, fmt.Errorf("%w: %v", ErrUnknown, err)
		}
		return p.Store.PairKiosk(ctx, p.Mutuality, h)
	}
	if m.Kind == api.KioskCardIn {
		if h.Card = p.cardOf(m); h.Card.Fault == FaultForged {
			p.Log.Warn("alert: files of a card that the registry did not sign")
		}
		h.Message.Files = nil // read; nothing else of them goes on
	}
	k, err := p.Store.Hear(ctx, p.Mutuality, h)
	if errors.Is(err, ErrSuspended) && k.Changed.Equal(h.At) {
		p.Log.Error("alert: key of a kiosk suspended", "kiosk", k.ID, "branch", k.Branch, "why", k.Why, "counter", m.Counter, "last", k.Counter)
	}
	if err == nil && m.Kind == api.KioskFault && m.Fault != api.NoTrouble {
		p.Log.Warn("alert: kiosk in trouble", "kiosk", k.ID, "branch", k.Branch, "trouble", string(m.Fault))
	}
	return k, err
}

// cardOf reads the files of the card that was put in.
func (p *Protocol) cardOf(m api.KioskMessage) Card {
	if m.Files == nil {
		return Card{Fault: FaultMissing}
	}
	return ReadCard(*m.Files, p.Anchors, p.Now())
}

// keyOf is the public key a message claims to be signed with: the one it brings, when it
// is to be paired, or the one that was.
func (p *Protocol) keyOf(ctx context.Context, m api.KioskMessage) ([]byte, error) {
	if m.Kind == api.KioskPair {
		if api.KioskKeyID(m.PublicKey) != m.Key {
			return nil, fmt.Errorf("%w: name of the key is of another", ErrUnknown)
		}
		return m.PublicKey, nil
	}
	k, err := p.Store.KioskOfKey(ctx, p.Mutuality, m.Key)
	if err != nil {
		return nil, err
	}
	return k.PublicKey, nil
}

// A pairing code is twelve letters and digits that are easy to read aloud, 60 bits.
const codeLength, codeGroup = 12, 4

var codeLetters = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// NewCode draws a code, as it is compared.
func NewCode(rand io.Reader) (string, error) {
	var raw [8]byte
	if _, err := io.ReadFull(rand, raw[:]); err != nil {
		return "", fmt.Errorf("drawing a pairing code: %w", err)
	}
	return codeLetters.EncodeToString(raw[:])[:codeLength], nil
}

// ShownCode is a code in groups: "7K4P-Q2MX-91ZD".
func ShownCode(code string) string {
	var groups []string
	for ; len(code) > codeGroup; code = code[codeGroup:] {
		groups = append(groups, code[:codeGroup])
	}
	return strings.Join(append(groups, code), "-")
}

// NormalCode is a code as it is compared, from how somebody typed it: letters that look
// like digits are those digits. ErrKiosk.
func NormalCode(typed string) (string, error) {
	code := strings.NewReplacer(" ", "", "-", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(typed))
	if len(code) != codeLength || strings.Trim(code, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") != "" {
		return "", fmt.Errorf("%w: pairing code", ErrKiosk)
	}
	return code, nil
}
