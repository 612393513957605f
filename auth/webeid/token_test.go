package webeid_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"guichet.example/auth/webeid"
)

// set returns the change of one field.
func set(name string, value any) func(object) {
	return func(o object) { o[name] = value }
}

func drop(name string) func(object) {
	return func(o object) { delete(o, name) }
}

// Each row is a good token with the smallest difference that must be refused.
func TestParseTokenRefuses(t *testing.T) {
	certificate := base64Of(shared().ec.Authentication.Certificate.Raw)
	der := shared().ec.Authentication.Certificate.Raw
	tests := []struct {
		name   string
		change func(object)
		want   error
	}{
		{"format missing", drop("format"), webeid.ErrTokenParse},
		{"format empty", set("format", ""), webeid.ErrTokenParse},
		{"format null", set("format", nil), webeid.ErrTokenParse},
		{"format a number", set("format", 1.0), webeid.ErrTokenParse},
		{"format of another product", set("format", "web-id:1.0"), webeid.ErrTokenFormat},
		{"format 0", set("format", "web-eid:0.9"), webeid.ErrTokenFormat},
		{"format 2", set("format", "web-eid:2"), webeid.ErrTokenFormat},
		{"format 10, which a prefix test lets pass", set("format", "web-eid:10"), webeid.ErrTokenFormat},
		{"format with a letter", set("format", "web-eid:1.a"), webeid.ErrTokenFormat},
		{"format with a third number", set("format", "web-eid:1.0.0"), webeid.ErrTokenFormat},
		{"format with a dot", set("format", "web-eid:1."), webeid.ErrTokenFormat},
		{"format with a line end", set("format", "web-eid:1.0\n"), webeid.ErrTokenFormat},
		{"format in capitals", set("format", "WEB-EID:1.0"), webeid.ErrTokenFormat},
		{"algorithm missing", drop("algorithm"), webeid.ErrTokenParse},
		{"algorithm null", set("algorithm", nil), webeid.ErrTokenParse},
		{"algorithm a list", set("algorithm", []string{"ES384"}), webeid.ErrTokenParse},
		{"signature missing", drop("signature"), webeid.ErrTokenParse},
		{"signature empty", set("signature", ""), webeid.ErrTokenParse},
		{"signature not base64", set("signature", "!!!!"), webeid.ErrTokenParse},
		{"signature in the URL alphabet", set("signature", "-_-_"), webeid.ErrTokenParse},
		{"signature without padding", set("signature", "AAA"), webeid.ErrTokenParse},
		{"signature with a line end", set("signature", "AAAA\nAAAA"), webeid.ErrTokenParse},
		{"signature with stray bits", set("signature", "AAF="), webeid.ErrTokenParse},
		{"certificate missing", drop("unverifiedCertificate"), webeid.ErrTokenParse},
		{"certificate empty", set("unverifiedCertificate", ""), webeid.ErrTokenParse},
		{"certificate null", set("unverifiedCertificate", nil), webeid.ErrTokenParse},
		{"certificate a list", set("unverifiedCertificate", []string{certificate}), webeid.ErrTokenParse},
		{"certificate a number", set("unverifiedCertificate", 1234), webeid.ErrTokenParse},
		{"certificate an object", set("unverifiedCertificate", object{}), webeid.ErrTokenParse},
		{"certificate not base64", set("unverifiedCertificate", "not base64"), webeid.ErrCertificateDecoding},
		{"certificate not DER", set("unverifiedCertificate", base64Of([]byte("not a certificate"))), webeid.ErrCertificateDecoding},
		{"certificate as PEM", set("unverifiedCertificate", "-----BEGIN CERTIFICATE-----\n"+certificate), webeid.ErrCertificateDecoding},
		{"certificate cut short", set("unverifiedCertificate", base64Of(der[:len(der)-1])), webeid.ErrCertificateDecoding},
		{"certificate with zeros after it", set("unverifiedCertificate", base64Of(append(bytes.Clone(der), 0, 0))), webeid.ErrCertificateDecoding},
		{"two certificates", set("unverifiedCertificate", base64Of(append(bytes.Clone(der), der...))), webeid.ErrCertificateDecoding},
		{"appVersion a number", set("appVersion", 2), webeid.ErrTokenParse},
		{"signing certificates in 1.0", set("unverifiedSigningCertificates", []object{}), webeid.ErrTokenParse},
		{"signing certificates null in 1.0", set("unverifiedSigningCertificates", nil), webeid.ErrTokenParse},
		{"intermediates in 1.0", set("unverifiedIntermediateCertificates", []string{certificate}), webeid.ErrTokenParse},
		{"too long", set("appVersion", strings.Repeat("x", webeid.MaxToken)), webeid.ErrTokenParse},
	}
	good := tokenOf(t, shared().ec.Authentication, "ES384", newChallenge(t).Nonce)
	good.parse(t)
	for _, test := range tests {
		changed := object{}
		for name, value := range good {
			changed[name] = value
		}
		test.change(changed)
		if token, err := webeid.ParseToken(changed.json(t)); !errors.Is(err, test.want) || token != nil {
			t.Errorf("%s: ParseToken = %v, %v; want %v", test.name, token, err, test.want)
		}
	}
}

// Each row is text that is no token at all, or that two programs could read differently.
func TestParseTokenRefusesText(t *testing.T) {
	good := string(tokenOf(t, shared().ec.Authentication, "ES384", newChallenge(t).Nonce).json(t))
	inside := strings.TrimSuffix(strings.TrimPrefix(good, "{"), "}")
	tests := []struct{ name, text string }{
		{"nothing", ""},
		{"99 bytes", good[:99]},
		{"null", "null" + strings.Repeat(" ", 200)},
		{"a string", `"` + strings.Repeat("x", 200) + `"`},
		{"a list", "[" + good + "]"},
		{"a list of nothing", "[" + strings.Repeat(" ", 200) + "]"},
		{"cut short", good[:len(good)-1]},
		{"two objects", good + good},
		{"something after it", good + "x"},
		{"single quotes", strings.ReplaceAll(good, `"`, `'`)},
		{"comma at the end", "{" + inside + ",}"},
		{"comment", "/* */" + good},
		{"byte order mark", "\ufeff" + good},
		{"UTF-16", strings.Join(strings.Split(good, ""), "\x00")},
		{"not UTF-8", strings.Replace(good, "releases", "rele\xffses", 1)},
		{"algorithm twice", `{"algorithm":"RS256",` + inside + "}"},
		{"algorithm twice, once escaped", `{"\u0061lgorithm":"RS256",` + inside + "}"},
		{"certificate twice, alike", "{" + inside + "," + inside[strings.Index(inside, `"unverifiedCertificate"`):] + "}"},
		{"an unknown key twice", `{"x":1,"x":1,` + inside + "}"},
		{"a key twice inside an unknown field", `{"x":[{"y":1,"y":2}],` + inside + "}"},
		{"key in capitals only", strings.Replace(good, `"algorithm"`, `"Algorithm"`, 1)},
		{"nested deep", `{"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + "," + inside + "}"},
		{"NaN", `{"x":NaN,` + inside + "}"},
	}
	for _, test := range tests {
		if token, err := webeid.ParseToken([]byte(test.text)); !errors.Is(err, webeid.ErrTokenParse) || token != nil {
			t.Errorf("%s: ParseToken = %v, %v; want %v", test.name, token, err, webeid.ErrTokenParse)
		}
	}
}

// version11 makes a 1.1 token that names the card's signature certificate.
func version11(t *testing.T) object {
	o := tokenOf(t, shared().ec.Authentication, "ES384", newChallenge(t).Nonce)
	o["format"] = "web-eid:1.1"
	o["unverifiedSigningCertificates"] = []object{signingEntry(shared().ec.Signature.Certificate.Raw)}
	return o
}

func signingEntry(der []byte) object {
	return object{
		"certificate":                  base64Of(der),
		"supportedSignatureAlgorithms": []object{{"cryptoAlgorithm": "ECC", "hashFunction": "SHA-384", "paddingScheme": "NONE"}},
	}
}

func TestParseTokenRefusesLists(t *testing.T) {
	der := shared().ec.Signature.Certificate.Raw
	entry := func(name string, value any) func(object) {
		return func(o object) {
			e := signingEntry(der)
			e[name] = value
			o["unverifiedSigningCertificates"] = []object{e}
		}
	}
	algorithm := func(name string, value any) func(object) {
		a := object{"cryptoAlgorithm": "ECC", "hashFunction": "SHA-384", "paddingScheme": "NONE"}
		a[name] = value
		return entry("supportedSignatureAlgorithms", []object{a})
	}
	tests := []struct {
		name   string
		change func(object)
		want   error
	}{
		{"no list in 1.1", drop("unverifiedSigningCertificates"), webeid.ErrTokenParse},
		{"null", set("unverifiedSigningCertificates", nil), webeid.ErrTokenParse},
		{"empty", set("unverifiedSigningCertificates", []object{}), webeid.ErrTokenParse},
		{"not a list", set("unverifiedSigningCertificates", "x"), webeid.ErrTokenParse},
		{"of strings", set("unverifiedSigningCertificates", []string{base64Of(der)}), webeid.ErrTokenParse},
		{"of null", set("unverifiedSigningCertificates", []any{nil}), webeid.ErrTokenParse},
		{"too many", set("unverifiedSigningCertificates", make([]object, 9)), webeid.ErrTokenParse},
		{"certificate a number", entry("certificate", 1), webeid.ErrTokenParse},
		{"certificate not DER", entry("certificate", "AAAA"), webeid.ErrCertificateDecoding},
		{"no algorithms", entry("supportedSignatureAlgorithms", nil), webeid.ErrTokenParse},
		{"empty algorithms", entry("supportedSignatureAlgorithms", []object{}), webeid.ErrTokenParse},
		{"unknown crypto algorithm", algorithm("cryptoAlgorithm", "DSA"), webeid.ErrTokenParse},
		{"unknown hash", algorithm("hashFunction", "SHA-1"), webeid.ErrTokenParse},
		{"two hashes in one", algorithm("hashFunction", "SHA-256 SHA-384"), webeid.ErrTokenParse},
		{"unknown padding", algorithm("paddingScheme", "OAEP"), webeid.ErrTokenParse},
		{"padding missing", algorithm("paddingScheme", nil), webeid.ErrTokenParse},
		{"intermediates of an entry not a list", entry("intermediateCertificates", "x"), webeid.ErrTokenParse},
		{"intermediates of an entry not DER", entry("intermediateCertificates", []string{"AAAA"}), webeid.ErrCertificateDecoding},
		{"intermediates empty", set("unverifiedIntermediateCertificates", []string{}), webeid.ErrTokenParse},
		{"intermediates with null", set("unverifiedIntermediateCertificates", []any{nil}), webeid.ErrTokenParse},
		{"intermediates a number", set("unverifiedIntermediateCertificates", 1), webeid.ErrTokenParse},
	}
	version11(t).parse(t)
	for _, test := range tests {
		o := version11(t)
		test.change(o)
		if token, err := webeid.ParseToken(o.json(t)); !errors.Is(err, test.want) || token != nil {
			t.Errorf("%s: ParseToken = %v, %v; want %v", test.name, token, err, test.want)
		}
	}
}

func TestParseTokenAccepts(t *testing.T) {
	tests := []struct {
		name   string
		change func(object)
	}{
		{"as the extension posts it", set("action", "web-eid:authenticate-success")},
		{"format without minor", set("format", "web-eid:1")},
		{"no appVersion", drop("appVersion")},
		{"unknown fields of any kind", set("future", object{"a": []any{1, nil, "x", object{}}})},
	}
	for _, test := range tests {
		o := tokenOf(t, shared().rsa.Authentication, "RS256", newChallenge(t).Nonce)
		test.change(o)
		if _, err := webeid.ParseToken(o.json(t)); err != nil {
			t.Errorf("%s: ParseToken = %v", test.name, err)
		}
	}
}

// What parses is a certificate and a signature that are, byte for byte, those of the
// text; an error comes with nothing else.
func FuzzParseToken(f *testing.F) {
	certificate := base64Of(shared().ec.Authentication.Certificate.Raw)
	for _, seed := range []string{
		`{"format":"web-eid:1.0","algorithm":"ES384","unverifiedCertificate":"` + certificate + `","signature":"AAAA","appVersion":"x"}`,
		`{"format":"web-eid:1.1","algorithm":"ES384","unverifiedCertificate":"` + certificate + `","signature":"AAAA","unverifiedIntermediateCertificates":["` + certificate + `"]}`,
		`{"format":"web-eid:1","algorithm":"RS256","algorithm":"ES384","unverifiedCertificate":"AAAA","signature":"AAAA","x":{"y":[1,2,{"z":null}]}}` + strings.Repeat(" ", 50),
		"null" + strings.Repeat(" ", 100), "[]" + strings.Repeat(" ", 100), strings.Repeat("[", 200),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		token, err := webeid.ParseToken(text)
		if err != nil {
			known := errors.Is(err, webeid.ErrTokenParse) || errors.Is(err, webeid.ErrTokenFormat) || errors.Is(err, webeid.ErrCertificateDecoding)
			if token != nil || !known {
				t.Fatalf("ParseToken = %v, %v", token, err)
			}
			return
		}
		if len(text) < webeid.MinToken || len(text) > webeid.MaxToken || !strings.HasPrefix(token.Format, "web-eid:1") {
			t.Fatalf("a token of %d bytes and format %q parsed", len(text), token.Format)
		}
		signature, der := webeid.Parts(token)
		if !bytes.Contains(text, []byte(base64.StdEncoding.EncodeToString(signature))) && !bytes.Contains(text, []byte(`\`)) {
			t.Fatal("the signature is not in the text")
		}
		again := fmt.Sprintf(`{"format":%q,"algorithm":%q,"unverifiedCertificate":%q,"signature":%q}`,
			"web-eid:1.0", "ES384", base64Of(der), base64Of(signature))
		second, err := webeid.ParseToken([]byte(again))
		if err != nil {
			t.Fatalf("written again it does not parse: %v", err)
		}
		if s, d := webeid.Parts(second); !bytes.Equal(s, signature) || !bytes.Equal(d, der) {
			t.Fatal("written again it reads differently")
		}
	})
}
