package shape

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func load(t testing.TB, name string) string {
	t.Helper()
	content, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestCheckReadsTheHead(t *testing.T) {
	head, err := Check([]byte(load(t, "response.xml")), Response)
	if err != nil {
		t.Fatal(err)
	}
	want := Head{ID: "_r1", InResponseTo: "_q1", Destination: "https://counter.example/acs", Issuer: "https://idp.example",
		IssueInstant: "2026-11-22T09:00:00Z", Status: []string{"urn:oasis:names:tc:SAML:2.0:status:Success"}, Assertion: true}
	if strings.Join(head.Status, " ") != strings.Join(want.Status, " ") {
		t.Errorf("status %q", head.Status)
	}
	head.Status, want.Status = nil, nil
	if got := head; got.ID != want.ID || got.InResponseTo != want.InResponseTo || got.Destination != want.Destination ||
		got.Issuer != want.Issuer || got.IssueInstant != want.IssueInstant || got.Assertion != want.Assertion || got.Signed || got.Encrypted {
		t.Errorf("Check = %+v, want %+v", got, want)
	}
}

// One change each to a message that is in shape. The attacks that need a key are tried
// against the whole provider, one directory up.
func TestCheckRefuses(t *testing.T) {
	good := load(t, "response.xml")
	if _, err := Check([]byte(good), Response); err != nil {
		t.Fatal(err)
	}
	in := func(old, by string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("the message has no %q", old)
		}
		return strings.Replace(good, old, by, 1)
	}
	status := good[strings.Index(good, "<p:Status>") : strings.Index(good, "</p:Status>")+len("</p:Status>")]
	const exclusive = `<d:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"`
	deep := strings.Repeat("<a>", 40) + strings.Repeat("</a>", 40)
	for name, doc := range map[string]string{
		"empty":                            "",
		"too long":                         good + strings.Repeat(" ", MaxBytes),
		"Latin-1":                          in("Peeters", "P\xe9"),
		"byte order mark":                  "\ufeff" + good,
		"DOCTYPE":                          "<!DOCTYPE x>" + good,
		"comment":                          in("Peeters", "Pee<!-- -->ters"),
		"CDATA":                            in("Peeters", "<![CDATA[Peeters]]>"),
		"processing instruction":           in("Peeters", "Pee<?x?>ters"),
		"second declaration":               `<?xml version="1.0"?><?xml version="1.0"?>` + good,
		"second root":                      good + "<x/>",
		"the same root again":              good + strings.NewReplacer("_r1", "_r2", "_a1", "_a2").Replace(good[strings.Index(good, "<p:Response"):]),
		"status after the assertion":       strings.Replace(in(status, ""), "</p:Response>", status+"</p:Response>", 1),
		"80 prefixes":                      in("</p:Status>", "<p:StatusDetail"+prefixes("a")+"><x xmlns='urn:x'"+prefixes("b")+"><x"+prefixes("c")+"><x"+prefixes("d")+"/></x></x></p:StatusDetail></p:Status>"),
		"colon without a prefix":           in("<a:Subject>", `<a:Subject :x="">`),
		"an ID that begins with a digit":   in(`ID="_r1"`, `ID="1r"`),
		"canonical twice":                  in(`<d:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"`, exclusive),
		"another transform":                in(exclusive, `<d:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"`),
		"encrypted as well":                in("</p:Response>", encrypted+"</p:Response>"),
		"no end":                           strings.TrimSuffix(strings.TrimSpace(good), "</p:Response>"),
		"end of another":                   in("</a:Subject>", "</a:Sub>"),
		"another root":                     in("<p:Response", "<p:Respons"),
		"status missing":                   in(good[strings.Index(good, "<p:Status>"):strings.Index(good, "</p:Status>")+11], ""),
		"out of order":                     in("<p:Status>", good[strings.Index(good, "<a:Assertion"):strings.Index(good, "</a:Assertion>")+14]+"<p:Status>"),
		"extensions":                       in("<p:Status>", "<p:Extensions/><p:Status>"),
		"unknown child":                    in("<a:Subject>", "<a:Subject><a:X/>"),
		"unknown namespace":                in("<a:Subject>", `<a:Subject xmlns:a="urn:x">`),
		"in a status detail: an assertion": in("</p:Status>", "<p:StatusDetail><x xmlns='urn:x'><a:Assertion/></x></p:StatusDetail></p:Status>"),
		"in a status detail: a deep tree":  in("</p:Status>", "<p:StatusDetail xmlns='urn:x'>"+deep+"</p:StatusDetail></p:Status>"),
		"in a status detail: a wide tree":  in("</p:Status>", "<p:StatusDetail xmlns='urn:x'>"+strings.Repeat("<a/>", 1000)+"</p:StatusDetail></p:Status>"),
		"text between":                     in("<p:Status>", "x<p:Status>"),
		"long text":                        in("Peeters", strings.Repeat("x", maxText+1)),
		"long attribute":                   in(`Name="surname"`, `Name="`+strings.Repeat("x", maxText+1)+`"`),
		"many attributes":                  in("<a:Subject>", `<a:Subject a1="" a2="" a3="" a4="" a5="" a6="" a7="" a8="" a9="" b1="" b2="" b3="" b4="" b5="" b6="" b7="" b8="" b9="" c1="" c2="" c3="" c4="" c5="" c6="" c7="">`),
		"attribute twice":                  in(`Name="surname"`, `Name="surname" Name="x"`),
		"attribute in a namespace":         in(`Name="surname"`, `a:Name="surname"`),
		"attribute twice by namespace":     in(`Name="surname"`, `Name="surname" xmlns:y="urn:y" xmlns:z="urn:y" y:n="" z:n=""`),
		"prefix unknown":                   in(`Name="surname"`, `Name="surname" q:x=""`),
		"prefix undeclared":                in("<a:Subject>", `<a:Subject xmlns:q="">`),
		"prefix xml":                       in("<a:Subject>", `<a:Subject xmlns:xml="urn:x">`),
		"xmlns namespace":                  in("<a:Subject>", `<a:Subject xmlns:q="http://www.w3.org/2000/xmlns/">`),
		"ID twice":                         in(`ID="_a1"`, `ID="_r1"`),
		"ID by two names":                  in(`ID="_a1"`, `ID="_a1" Id="_a2"`),
		"ID that is none":                  in(`ID="_a1"`, `ID="1 2"`),
		"no ID":                            in(`ID="_a1"`, ``),
		"xml:id":                           in(`ID="_a1"`, `ID="_a1" xml:id="x"`),
		"version 1.1":                      in(`Version="2.0"`, `Version="1.1"`),
		"SHA-1":                            in("xmldsig-more#rsa-sha256", "xmldsig-more#rsa-sha1"),
		"reference elsewhere":              in(`URI="#_a1"`, `URI="#_r1"`),
		"one transform":                    in(`<d:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>`, ""),
		"key value":                        in("<d:X509Data>", "<d:KeyValue/><d:X509Data>"),
		"certificates by the dozen":        in("<d:X509Certificate>AAAA</d:X509Certificate>", strings.Repeat("<d:X509Certificate>AAAA</d:X509Certificate>", 12)),
		"encrypted beside":                 in("</p:Response>", "<a:EncryptedAssertion/></p:Response>"),
	} {
		if head, err := Check([]byte(doc), Response); err == nil {
			t.Errorf("Check(%s) = %+v, want an error", name, head)
		} else if strings.Contains(err.Error(), "Peeters") {
			t.Errorf("Check(%s) repeats the message: %v", name, err)
		}
	}
	if _, err := Check([]byte(good), LogoutRequest); err == nil {
		t.Error("a response is in the shape of a logout request")
	}
	if _, err := Check([]byte(good), Kind(9)); err == nil {
		t.Error("Check knows a kind 9")
	}
}

// prefixes declares twenty prefixes.
func prefixes(name string) string {
	var all strings.Builder
	for i := range 20 {
		fmt.Fprintf(&all, " xmlns:%s%d='urn:x'", name, i)
	}
	return all.String()
}

const encrypted = `<a:EncryptedAssertion xmlns:e="http://www.w3.org/2001/04/xmlenc#"><e:EncryptedData Type="http://www.w3.org/2001/04/xmlenc#Element">` +
	`<e:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes256-cbc"/><e:CipherData><e:CipherValue>AAAA</e:CipherValue></e:CipherData>` +
	`</e:EncryptedData></a:EncryptedAssertion>`

func TestCheckEncrypted(t *testing.T) {
	good := load(t, "response.xml")
	clear := good[strings.Index(good, "<a:Assertion") : strings.Index(good, "</a:Assertion>")+len("</a:Assertion>")]
	for name, tt := range map[string]struct {
		old, by string
		ok      bool
	}{
		"nothing changed":  {"", "", true},
		"content alone":    {"xmlenc#Element", "xmlenc#Content", false},
		"another cipher":   {"aes256-cbc", "tripledes-cbc", false},
		"value elsewhere":  {"<e:CipherValue>AAAA</e:CipherValue>", `<e:CipherReference URI="http://evil.example/"/>`, false},
		"no value":         {"<e:CipherValue>AAAA</e:CipherValue>", "", false},
		"one more of them": {"</a:EncryptedAssertion>", "</a:EncryptedAssertion>" + encrypted, false},
	} {
		doc := strings.Replace(good, clear, strings.Replace(encrypted, tt.old, tt.by, 1), 1)
		if head, err := Check([]byte(doc), Response); (err == nil) != tt.ok || tt.ok && !head.Encrypted {
			t.Errorf("Check(encrypted: %s) = %+v, %v", name, head, err)
		}
	}
}

func TestMetadataIsSignedOnce(t *testing.T) {
	good := load(t, "response.xml")
	signature := good[strings.Index(good, "<d:Signature") : strings.Index(good, "</d:Signature>")+len("</d:Signature>")]
	for signatures, ok := range []bool{false, true, false} {
		doc := `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:d="http://www.w3.org/2000/09/xmldsig#" ID="_a1">` +
			strings.Repeat(signature, signatures) + `</EntityDescriptor>`
		if err := Metadata([]byte(doc), true); (err == nil) != ok {
			t.Errorf("Metadata(%d signatures) = %v", signatures, err)
		}
	}
}

func TestMetadataRefuses(t *testing.T) {
	const md = `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x">%</EntityDescriptor>`
	for name, tt := range map[string]struct {
		inside string
		ok     bool
	}{
		"nothing inside": {"", true},
		"comment":        {"<!-- x --><Organization/>", true},
		"deep":           {strings.Repeat("<a>", 40) + strings.Repeat("</a>", 40), false},
		"wide":           {strings.Repeat("<a/>", metadataElements), false},
		"instruction":    {"<?x?>", false},
		"declaration":    {"<!ENTITY x 'y'>", false},
		"ID twice":       {"<a ID='x'/><b ID='x'/>", false},
	} {
		doc := strings.Replace(md, "%", tt.inside, 1)
		if err := Metadata([]byte(doc), false); (err == nil) != tt.ok {
			t.Errorf("Metadata(%s) = %v", name, err)
		}
		if err := Metadata([]byte(doc), true); err == nil {
			t.Errorf("Metadata(%s) is taken as signed", name)
		}
	}
	if Metadata(make([]byte, MaxMetadata+1), false) == nil || Metadata([]byte("<a/>"), false) == nil {
		t.Error("Metadata takes what is too long, or another root")
	}
}
