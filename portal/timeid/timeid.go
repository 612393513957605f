// Package timeid makes the ids of rows: 26 letters and digits that sort as they were made,
// say nothing but when, and are not to be guessed.
package timeid

import (
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

// encoding is Crockford's alphabet, which has no I, L, O and U: an id spells no word.
var encoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// New makes an id: 48 bits of time in milliseconds since 1970, then 80 random bits. Ids made
// later sort after ids made in an earlier millisecond. An error is the source's.
func New(at time.Time, rand io.Reader) (string, error) {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], uint64(at.UnixMilli())<<16)
	if _, err := io.ReadFull(rand, raw[6:]); err != nil {
		return "", fmt.Errorf("drawing an id: %w", err)
	}
	return encoding.EncodeToString(raw[:]), nil
}

// Time is when an id was made, to the millisecond; the zero time if it is none.
func Time(id string) time.Time {
	raw, err := encoding.DecodeString(id)
	if err != nil || len(raw) != 16 {
		return time.Time{}
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(raw) >> 16))
}
