package password

import (
	"errors"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bounds on what is accepted at all. SP 800-63B-4, 3.1.1.2 asks for at least 64
// characters; the bounds keep somebody from having us hash a book.
const (
	MaxLength = 256  // code points, after normalisation
	MaxBytes  = 1024 // of UTF-8, before and after
)

var (
	// ErrTooLong means more than MaxLength code points or MaxBytes bytes. Nothing is
	// ever cut off.
	ErrTooLong = errors.New("password is too long")
	// ErrNotText means bytes that are not UTF-8, or control characters.
	ErrNotText = errors.New("password is not text")
)

// Prepare returns the spelling that is judged and hashed: NFC, all spaces kept. A
// letter with its accent is the same however the keyboard sends it. ErrTooLong,
// ErrNotText. Prepare of its own result returns it unchanged.
func Prepare(typed string) (string, error) {
	if len(typed) > MaxBytes {
		return "", ErrTooLong
	}
	if !utf8.ValidString(typed) {
		return "", ErrNotText
	}
	for _, r := range typed {
		if unicode.IsControl(r) {
			return "", ErrNotText
		}
	}
	text := norm.NFC.String(typed)
	if len(text) > MaxBytes || Length(text) > MaxLength {
		return "", ErrTooLong
	}
	return text, nil
}

// Length is the length in code points, as SP 800-63B-4 counts.
func Length(text string) int { return utf8.RuneCountInString(text) }
