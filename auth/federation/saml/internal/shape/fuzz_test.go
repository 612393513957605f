package shape

import (
	"bytes"
	"testing"

	"github.com/beevik/etree"
)

// What Check lets through, the parser that the libraries use sees in the same way: one
// root, at most one assertion and in its place, signatures only below what they sign and
// with one reference to it, no ID twice; and it is the same when written again.
func FuzzCheck(f *testing.F) {
	for _, name := range []string{"response.xml", "logout.xml"} {
		f.Add([]byte(load(f, name)))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		for _, k := range []Kind{Response, Assertion, LogoutRequest, LogoutResponse} {
			head, err := Check(doc, k)
			if err != nil {
				if head.ID != "" || head.Status != nil {
					t.Fatalf("an error comes with a head: %+v", head)
				}
				continue
			}
			parsed := etree.NewDocument()
			if err := parsed.ReadFromBytes(doc); err != nil {
				t.Fatalf("etree does not read what Check lets through: %v", err)
			}
			root := parsed.Root()
			seen(t, root, head)
			again, err := parsed.WriteToBytes()
			if err != nil {
				t.Fatal(err)
			}
			if second, err := Check(again, k); err != nil || second.ID != head.ID || second.Issuer != head.Issuer {
				t.Fatalf("written again it is %+v, %v; was %+v", second, err, head)
			}
			if bytes.Contains(doc, []byte("<!")) {
				t.Fatal("markup is let through")
			}
		}
	})
}

// seen holds the tree against what Check promises of it.
func seen(t *testing.T, root *etree.Element, head Head) {
	t.Helper()
	if root == nil || root.SelectAttrValue("ID", "") != head.ID || head.ID == "" {
		t.Fatalf("etree sees another root than %+v", head)
	}
	ids, assertions, elements := map[string]bool{}, 0, 0
	var walk func(el *etree.Element)
	walk = func(el *etree.Element) {
		elements++
		for _, attr := range el.Attr {
			if attr.Key == "ID" || attr.Key == "Id" {
				if ids[attr.Value] {
					t.Fatalf("ID twice")
				}
				ids[attr.Value] = true
			}
		}
		switch el.Tag {
		case "Assertion", "EncryptedAssertion":
			if assertions++; assertions > 1 || el != root && el.Parent() != root {
				t.Fatalf("an assertion stands where none may")
			}
		case "Signature":
			signatureSeen(t, el, root)
		}
		for _, child := range el.ChildElements() {
			walk(child)
		}
	}
	walk(root)
	if elements > maxElements {
		t.Fatalf("%d elements", elements)
	}
}

func signatureSeen(t *testing.T, sig, root *etree.Element) {
	t.Helper()
	signs := sig.Parent()
	if signs != root && (signs.Tag != "Assertion" || signs.Parent() != root) {
		t.Fatalf("a signature stands where none may")
	}
	references := sig.FindElements(".//Reference")
	if len(references) != 1 || references[0].SelectAttrValue("URI", "") != "#"+signs.SelectAttrValue("ID", "") {
		t.Fatalf("a signature refers to something else")
	}
	if !SignatureMethod(sig.FindElement("./SignedInfo/SignatureMethod").SelectAttrValue("Algorithm", "")) {
		t.Fatalf("an algorithm is let through")
	}
}
