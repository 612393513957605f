package verdict

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"

	"guichet.example/portal/locale"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// PublicJSON is the answer for a program that anybody runs: all of the report, in lines,
// without the national numbers that names and remarks of a stranger's file may hold.
func PublicJSON(l locale.Language, r *signing.Report) ([]byte, error) {
	var text bytes.Buffer
	to := json.NewEncoder(&text)
	to.SetEscapeHTML(false)
	to.SetIndent("", "  ")
	if err := to.Encode(AnswerOf(l, r)); err != nil {
		return nil, fmt.Errorf("writing a report: %w", err)
	}
	return stringsOf.ReplaceAllFunc(text.Bytes(), func(s []byte) []byte {
		if digests.Match(s) {
			return s
		}
		return []byte(document.MaskNumbers(string(s)))
	}), nil
}

var (
	// stringsOf are the strings of a JSON text (RFC 8259, 7).
	stringsOf = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	// digests are digests, and numbers of certificates, which nobody chose; and times.
	digests = regexp.MustCompile(`^"(?:[0-9a-f]{16,}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9:]+))"$`)
)
