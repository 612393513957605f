package page_test

import (
	"strings"
	"testing"

	"guichet.example/portal/page"
)

func TestWhole(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "",
		"Référence GC-2026-8M2N-503":  `Référence [GC-2026-8M2N-503]`,
		"comme L-7KQ2-94MA. Ou non":   `comme [L-7KQ2-94MA]. Ou non`,
		"T-3AER-QJM, puis T-4K7P-118": `[T-3AER-QJM], puis [T-4K7P-118]`,
		"Empreinte (SHA-256)":         `Empreinte ([SHA-256])`,
		"PDF/A-3a, celle-ci, PARIS-NORD, 12 - 14, -5": `PDF/A-3a, celle-ci, PARIS-NORD, 12 - 14, -5`,
		`<b>L-1</b> & "x"`:                            `&lt;b&gt;[L-1]&lt;/b&gt; &amp; &#34;x&#34;`,
		strings.Repeat("A1-", 9) + "B":                strings.Repeat("A1-", 9) + "B",
	} {
		var b strings.Builder
		if err := page.Whole(text).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		got := strings.NewReplacer(`<span class="nowrap">`, "[", "</span>", "]").Replace(b.String())
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
