package document

import (
	"encoding/hex"
	"strings"
)

// Digest writes a digest as every page and sheet shows it, so that it can be compared by
// eye: in groups of four small letters and digits, "3f2a 91c0 …".
func Digest(sum []byte) string {
	text := hex.EncodeToString(sum)
	var groups []string
	for len(text) > 4 {
		groups, text = append(groups, text[:4]), text[4:]
	}
	return strings.Join(append(groups, text), " ")
}
