package signing

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

// heavy is a well-formed file of n objects, all but the first three with the same body.
func heavy(n int, body string) []byte {
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
	}
	var b, xref bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	fmt.Fprintf(&xref, "xref\n0 %d\n0000000000 65535 f \n", n+1)
	for i := range n {
		text := body
		if i < len(objects) {
			text = objects[i]
		}
		fmt.Fprintf(&xref, "%010d 00000 n \n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, text)
	}
	at := b.Len()
	b.Write(xref.Bytes())
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", n+1, at)
	return b.Bytes()
}

// Files that are as large as the bounds permit are read in a moment: a tenth to half a
// second on an idle machine, so that ten seconds here mean trouble.
func TestVerifyHeavyFiles(t *testing.T) {
	w := theWorld(t)
	for name, file := range map[string][]byte{
		"half a million objects":      heavy(500000, "1"),
		"a hundred thousand pointers": heavy(100000, "<< /A 1 0 R /B [1 0 R 2 0 R 3 0 R] /C (abc) /D << /E /F >> >>"),
		"two million numbers":         heavy(4, "["+strings.Repeat("9999 ", 2000000)+"]"),
		"string of 24 MB":             heavy(4, "("+strings.Repeat("a", 24000000)+")"),
		"comments of 24 MB":           heavy(4, "1 "+strings.Repeat("%a\n", 8000000)),
		"parentheses of 24 MB":        heavy(4, strings.Repeat("(", 12000000)+strings.Repeat(")", 12000000)),
	} {
		start := time.Now()
		r, err := Verify(t.Context(), file, w.trust())
		if err != nil || r.Valid() {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: %v", name, took)
		}
	}
}
