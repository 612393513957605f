package auth

import (
	"encoding/base32"
	"errors"
	"fmt"
	"io"
)

// MemberID names a member inside one mutuality: 16 random bytes in lower-case
// base32 without padding, 26 characters. It tells nothing about the person.
type MemberID string

// ErrMemberID is returned for text that is not a MemberID.
var ErrMemberID = errors.New("not a member id")

const memberIDBytes = 16

var memberIDEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// NewMemberID draws a new id from rand.
func NewMemberID(rand io.Reader) (MemberID, error) {
	var raw [memberIDBytes]byte
	if _, err := io.ReadFull(rand, raw[:]); err != nil {
		return "", fmt.Errorf("drawing a member id: %w", err)
	}
	return MemberID(memberIDEncoding.EncodeToString(raw[:])), nil
}

// ParseMemberID accepts exactly what NewMemberID writes. Each id has one spelling:
// unused bits in the last character must be zero.
func ParseMemberID(s string) (MemberID, error) {
	if len(s) != memberIDEncoding.EncodedLen(memberIDBytes) {
		return "", ErrMemberID
	}
	raw, err := memberIDEncoding.DecodeString(s)
	if err != nil || memberIDEncoding.EncodeToString(raw) != s {
		return "", ErrMemberID
	}
	return MemberID(s), nil
}
