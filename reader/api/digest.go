package api

import (
	"encoding/hex"
	"strings"
)

// ShortDigest is how a digest is shown to people who compare it on two screens: its
// first eight bytes in capitals, in four groups, "3F2A 91C0 7B44 12EE". A digest
// shorter than eight bytes gives "".
func ShortDigest(digest []byte) string {
	if len(digest) < 8 {
		return ""
	}
	text := strings.ToUpper(hex.EncodeToString(digest[:8]))
	return text[0:4] + " " + text[4:8] + " " + text[8:12] + " " + text[12:16]
}
