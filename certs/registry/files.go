package registry

import (
	"bytes"
	"encoding/asn1"
	"fmt"
	"log/slog"
)

// MaxFile bounds each of the Files, in bytes. Real ones have at most some 3 KiB.
const MaxFile = 16 << 10

// Files are a card's identity files as a module gave them out, unverified: padding and
// all. One that the card does not have is empty, or all zeros. Printing them shows sizes
// only.
type Files struct {
	Identity          []byte `json:"identity,omitempty"` // TLV
	IdentitySignature []byte `json:"identitySignature,omitempty"`
	Address           []byte `json:"address,omitempty"` // TLV
	AddressSignature  []byte `json:"addressSignature,omitempty"`
	Photo             []byte `json:"photo,omitempty"`    // JPEG
	Registry          []byte `json:"registry,omitempty"` // certificate, DER
}

// String keeps Files printed by mistake from telling whose they are.
func (f Files) String() string {
	return fmt.Sprintf("identity files of %d, %d, %d, %d, %d and %d bytes", len(f.Identity), len(f.IdentitySignature),
		len(f.Address), len(f.AddressSignature), len(f.Photo), len(f.Registry))
}

// GoString is String too: %#v is used in test failures, which end up in logs.
func (f Files) GoString() string { return f.String() }

// LogValue is String, for log/slog.
func (f Files) LogValue() slog.Value { return slog.StringValue(f.String()) }

// TrimDER cuts the zeros that pad a certificate file on the card, which not every module
// takes off.
func TrimDER(file []byte) []byte {
	var value asn1.RawValue
	rest, err := asn1.Unmarshal(file, &value)
	if err != nil || len(bytes.Trim(rest, "\x00")) > 0 {
		return file // let the parser say what is wrong with it
	}
	return value.FullBytes
}
