package api

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"guichet.example/certs/registry"
)

// A kiosk is a machine of a contact point with a key of its own (P-256). Its agent speaks
// to the portal directly, over the addresses below, and proves each time that it is the
// machine that was paired:
//
//	agent  ──▶ KioskNoncePath   nothing                 portal: a nonce
//	agent  ──▶ KioskMessagePath [KioskSigned]           portal: [KioskAnswer], with the next nonce
//
// What is signed is [KioskContext], a zero byte and the very bytes of a [KioskMessage].
// The context names this protocol and its version, so that the signature is one of
// nothing else, and ends in a byte that no JSON begins with. The message holds the
// origin of the portal: what was made for one counter serves at no other. The nonce is
// the portal's and shows that the message was made now; no clock of the kiosk is asked.
// The counter only grows and shows that it was made once: a machine with a copy of the
// key sooner or later repeats it.
const (
	KioskNoncePath   = "/kiosk/nonce"   // POST {}
	KioskMessagePath = "/kiosk/message" // POST KioskSigned
)

// KioskContext is signed before every message.
const KioskContext = "guichet-kiosk-message-v1"

// KioskVersion is the version of KioskMessage.
const KioskVersion = 1

// MaxKioskMessage bounds a signed message as it is sent, in bytes: of a card that was put
// in, whose files are in it in base64 twice over. Others have at most ShortKioskMessage.
const (
	MaxKioskMessage   = 40 << 10
	ShortKioskMessage = 4 << 10
)

// MaxKioskCounter is the largest counter: the largest integer that any JSON reader reads
// exactly (RFC 8259, 6).
const MaxKioskCounter = 1<<53 - 1

// KioskKind is what a message is for.
type KioskKind string

// The kinds.
const (
	KioskPair    KioskKind = "pair"     // Code and PublicKey; the first message of a key
	KioskStart   KioskKind = "start"    // a lease begins, or its agent began again
	KioskBeat    KioskKind = "beat"     // the agent lives
	KioskBind    KioskKind = "bind"     // Browser is this kiosk's browser
	KioskCardIn  KioskKind = "card-in"  // a card was put in
	KioskCardOut KioskKind = "card-out" // it was taken out: whoever was signed in is not any more
	KioskFault   KioskKind = "fault"    // Fault says what is wrong with the machine; empty: nothing any more
	KioskStop    KioskKind = "stop"     // the lease ends
)

// KioskTrouble is what a kiosk tells of itself.
type KioskTrouble string

// What can be wrong. Each has its screen.
const (
	NoTrouble   KioskTrouble = ""
	NoPaper     KioskTrouble = "no_paper"
	CardStuck   KioskTrouble = "card_stuck"
	ReaderGone  KioskTrouble = "reader_gone"
	BrowserGone KioskTrouble = "browser_gone"
)

// KioskMessage is what a kiosk says. Its JSON has one spelling, that of [json.Marshal].
type KioskMessage struct {
	Version int       `json:"version"` // KioskVersion
	Kind    KioskKind `json:"kind"`
	Origin  string    `json:"origin"`  // of the portal
	Key     string    `json:"key"`     // KioskKeyID
	Lease   string    `json:"lease"`   // drawn by the agent: 22 characters; kept over its restarts
	Nonce   string    `json:"nonce"`   // of the portal
	Counter uint64    `json:"counter"` // grows with each message of the key; at least 1

	Browser   string       `json:"browser,omitempty"`   // bind: SHA-256 of the browser's cookie, base64url
	Fault     KioskTrouble `json:"fault,omitempty"`     // fault
	Code      string       `json:"code,omitempty"`      // pair: one-use code of an administrator
	PublicKey []byte       `json:"publicKey,omitempty"` // pair: SubjectPublicKeyInfo

	// Files are those of the card that was put in, as its module gave them out: nothing of
	// them is verified. card-in; nil when the module gives out none. Bounds: KioskFilesFit.
	Files *registry.Files `json:"files,omitempty"`
	// Again says that the card is the one told of before, now with its files. card-in
	// with Files.
	Again bool `json:"again,omitempty"`
	// Health is how the machine is. start, beat.
	Health *KioskHealth `json:"health,omitempty"`
}

// KioskSigned is a message as it travels.
type KioskSigned struct {
	Message   []byte `json:"message"`   // JSON of a KioskMessage
	Signature []byte `json:"signature"` // ECDSA over P-256 with SHA-256, ASN.1 DER
}

// KioskNonce is the answer to KioskNoncePath.
type KioskNonce struct {
	Nonce string `json:"nonce"`
}

// KioskAnswer is the answer to a message that was taken.
type KioskAnswer struct {
	Nonce string `json:"nonce"` // for the next message
	Name  string `json:"name"`  // of the kiosk
	Every int    `json:"every"` // milliseconds from one beat to the next
	// Session says whether somebody is signed in at this kiosk, so that the agent notices a
	// card that was left in. Empty: the portal does not tell.
	Session KioskSession `json:"session,omitempty"`
}

// KioskSession says whether somebody is signed in at a kiosk.
type KioskSession string

// The two.
const (
	KioskSessionOpen KioskSession = "open"
	KioskSessionNone KioskSession = "none"
)

// KioskRefusal is the answer to one that was not.
type KioskRefusal struct {
	State KioskState `json:"state"`
	Nonce string     `json:"nonce,omitempty"` // with KioskStale: to try again
}

// KioskState is why a kiosk is refused.
type KioskState string

// The states. All but the first two end the agent's work until an administrator acts.
const (
	KioskStale     KioskState = "stale"     // the nonce is too old, or came late: once more, with a new one
	KioskBusy      KioskState = "busy"      // the portal cannot answer now
	KioskUnknown   KioskState = "unknown"   // no such key, no such code, or a signature that is none
	KioskSuspended KioskState = "suspended" // the key was seen twice, or an administrator stopped it
	KioskRevoked   KioskState = "revoked"   // for good
)

// ErrKiosk is what every refusal of bytes wraps.
var ErrKiosk = errors.New("not a message of a kiosk")

// Lengths of texts in a message.
const (
	kioskIDLength = 43 // 32 bytes in base64url
	leaseLength   = 22 // 16 bytes in base64url
	maxNonceText  = 200
	maxOriginText = 300
	maxCodeText   = 40
	maxPublicKey  = 200
)

// ParseKioskMessage reads a message that has one meaning only: it must be spelled as
// json.Marshal spells it, so no key is unknown, doubled or in other letters. ErrKiosk.
func ParseKioskMessage(data []byte) (KioskMessage, error) {
	var m KioskMessage
	if err := spelled(data, &m); err != nil {
		return KioskMessage{}, err
	}
	switch {
	case m.Version != KioskVersion:
		return KioskMessage{}, fmt.Errorf("%w: version %d", ErrKiosk, m.Version)
	case !m.Kind.known():
		return KioskMessage{}, fmt.Errorf("%w: kind", ErrKiosk)
	case !isBase64(m.Key, kioskIDLength) || !isBase64(m.Lease, leaseLength):
		return KioskMessage{}, fmt.Errorf("%w: key or lease", ErrKiosk)
	case m.Origin == "" || len(m.Origin) > maxOriginText || m.Nonce == "" || len(m.Nonce) > maxNonceText:
		return KioskMessage{}, fmt.Errorf("%w: origin or nonce", ErrKiosk)
	case m.Counter < 1 || m.Counter > MaxKioskCounter:
		return KioskMessage{}, fmt.Errorf("%w: counter", ErrKiosk)
	case (m.Kind == KioskBind) != isBase64(m.Browser, kioskIDLength) || m.Kind != KioskBind && m.Browser != "":
		return KioskMessage{}, fmt.Errorf("%w: browser", ErrKiosk)
	case m.Fault != NoTrouble && (m.Kind != KioskFault || !m.Fault.known()):
		return KioskMessage{}, fmt.Errorf("%w: fault", ErrKiosk)
	case (m.Kind == KioskPair) != (m.Code != "" && len(m.PublicKey) > 0) || len(m.Code) > maxCodeText || len(m.PublicKey) > maxPublicKey,
		m.Kind != KioskPair && (m.Code != "" || m.PublicKey != nil):
		return KioskMessage{}, fmt.Errorf("%w: pairing", ErrKiosk)
	case m.Health != nil && (m.Kind != KioskStart && m.Kind != KioskBeat || !m.Health.possible()):
		return KioskMessage{}, fmt.Errorf("%w: health", ErrKiosk)
	case m.Files != nil && (m.Kind != KioskCardIn || !KioskFilesFit(*m.Files)):
		return KioskMessage{}, fmt.Errorf("%w: files of a card", ErrKiosk)
	case m.Again && m.Files == nil:
		return KioskMessage{}, fmt.Errorf("%w: a card told of twice", ErrKiosk)
	}
	return m, nil
}

// ParseKioskSigned reads what arrived. Nothing in it is verified yet. ErrKiosk.
func ParseKioskSigned(data []byte) (KioskSigned, KioskMessage, error) {
	var s KioskSigned
	if len(data) > MaxKioskMessage {
		return s, KioskMessage{}, fmt.Errorf("%w: too long", ErrKiosk)
	}
	if err := spelled(data, &s); err != nil {
		return KioskSigned{}, KioskMessage{}, err
	}
	m, err := ParseKioskMessage(s.Message)
	if err == nil && m.Files == nil && len(data) > ShortKioskMessage {
		err = fmt.Errorf("%w: too long", ErrKiosk)
	}
	if err != nil {
		return KioskSigned{}, KioskMessage{}, err
	}
	return s, m, nil
}

// spelled unmarshals data and demands that marshalling gives the same bytes again.
func spelled(data []byte, into any) error {
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%w: no JSON of it", ErrKiosk)
	}
	again, err := json.Marshal(into)
	if err != nil || !bytes.Equal(again, data) {
		return fmt.Errorf("%w: not spelled as it should be", ErrKiosk)
	}
	return nil
}

func (k KioskKind) known() bool {
	switch k {
	case KioskPair, KioskStart, KioskBeat, KioskBind, KioskCardIn, KioskCardOut, KioskFault, KioskStop:
		return true
	}
	return false
}

func (f KioskTrouble) known() bool {
	return f == NoPaper || f == CardStuck || f == ReaderGone || f == BrowserGone
}

func isBase64(s string, length int) bool {
	_, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(s) == length
}

// KioskDigest is what the key signs of a message.
func KioskDigest(message []byte) []byte {
	h := sha256.New()
	h.Write([]byte(KioskContext + "\x00"))
	h.Write(message)
	return h.Sum(nil)
}

// KioskKeyID names a public key (SubjectPublicKeyInfo): its SHA-256, base64url.
func KioskKeyID(spki []byte) string {
	sum := sha256.Sum256(spki)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// KioskFingerprint is how a key is shown to people who compare it on two screens.
func KioskFingerprint(keyID string) string {
	sum, err := base64.RawURLEncoding.Strict().DecodeString(keyID)
	if err != nil {
		return ""
	}
	return ShortDigest(sum)
}

// ParseKioskKey reads the public key of a kiosk: P-256 and nothing else. ErrKiosk.
func ParseKioskKey(spki []byte) (*ecdsa.PublicKey, error) {
	parsed, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return nil, fmt.Errorf("%w: public key", ErrKiosk)
	}
	key, ok := parsed.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, fmt.Errorf("%w: key is not on P-256", ErrKiosk)
	}
	return key, nil
}

// VerifyKiosk checks the signature. ErrKiosk.
func (s KioskSigned) VerifyKiosk(key *ecdsa.PublicKey) error {
	if !ecdsa.VerifyASN1(key, KioskDigest(s.Message), s.Signature) {
		return fmt.Errorf("%w: signature", ErrKiosk)
	}
	return nil
}

// Paths of the agent that runs in a kiosk, for its own browser.
const (
	KioskStatusPath = "/v1/kiosk"      // GET: KioskStatus
	KioskBindPath   = "/v1/kiosk/bind" // POST: KioskBindRequest
)

// KioskStatus is how a kiosk stands, for its own pages.
type KioskStatus struct {
	Name    string       `json:"name"`            // of the kiosk; empty before the portal told it
	Online  bool         `json:"online"`          // the portal answered the last message
	State   KioskState   `json:"state,omitempty"` // why the portal refuses it; empty: it does not
	Trouble KioskTrouble `json:"trouble,omitempty"`
	Card    bool         `json:"card"`             // a card is inserted
	Holder  string       `json:"holder,omitempty"` // first given name on it, as its certificate says: for a greeting
}

// KioskBindRequest names the browser.
type KioskBindRequest struct {
	Browser string `json:"browser"` // SHA-256 of its cookie, base64url
}
