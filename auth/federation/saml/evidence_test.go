package saml_test

import (
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"

	"guichet.example/auth/federation/saml"
)

// What was signed with line ends in it (providers in Java fold by CR LF, which they write
// as &#13;) is kept so that it verifies again, by us and by whoever reads XML to the letter.
func TestEvidenceKeepsLineEnds(t *testing.T) {
	w := newWorld(t)
	w.idp.SignAssertionOnly(true)
	f, address := w.begin(t)
	a := w.answer(t, address, alice)
	a.Find("SubjectConfirmationData").CreateAttr("Address", "one\r\n\ttwo")
	a.Find("Attribute[@Name='surname']/AttributeValue").SetText("Alice\r\nMarie")
	a.Sign()
	doc := etree.NewDocumentWithRoot(a.Root.Copy())
	doc.WriteSettings = etree.WriteSettings{CanonicalText: true, CanonicalAttrVal: true}
	var err error
	if a.Raw, err = doc.WriteToBytes(); err != nil {
		t.Fatal(err)
	}
	id, err := w.provider.Finish(t.Context(), f, a.Values())
	if err != nil {
		t.Fatalf("Finish: %v", err)
	}
	if err := saml.VerifyEvidence(id.Evidence, w.idp.Certificate(), time.Now()); err != nil {
		t.Errorf("VerifyEvidence = %v", err)
	}
	for _, want := range []string{"one&#xD;&#xA;&#x9;two", "Alice&#xD;\nMarie"} {
		if !strings.Contains(string(a.Raw), want) || !strings.Contains(string(id.Evidence), want) {
			t.Errorf("the evidence has another spelling than %q", want)
		}
	}
}
