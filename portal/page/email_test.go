package page

import (
	"strings"
	"testing"
)

func TestEmail(t *testing.T) {
	for address, want := range map[string]string{
		"":                   "",
		"a.b_c@mail.example": "a.b_c<wbr>@mail.example",
		"no-address":         "no-address",
		"old.long_given_name@posts.of.a.village.example": "old.<wbr>long_<wbr>given_<wbr>name<wbr>@posts.<wbr>of.<wbr>a.<wbr>village.<wbr>example",
		`"<b>"&'x'@mail`: "&#34;&lt;b&gt;&#34;&amp;&#39;x&#39;<wbr>@mail",
	} {
		var b strings.Builder
		if err := Email(address).Render(t.Context(), &b); err != nil || b.String() != want {
			t.Errorf("Email(%q) = %q, %v, want %q", address, b.String(), err, want)
		}
	}
}
