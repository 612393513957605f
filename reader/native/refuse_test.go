package native

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

const (
	site  = "https://counter.example.be"
	nonce = "NdhUVQQN6ftOGcTqEWMv4T8yjNBYHn1vX1CdYkS0Jxk="
)

func command(name string, arguments map[string]any) string {
	text, err := json.Marshal(map[string]any{"command": name, "arguments": arguments})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func authentication(change func(map[string]any)) string {
	arguments := map[string]any{"challengeNonce": nonce, "origin": site}
	if change != nil {
		change(arguments)
	}
	return command(authenticate, arguments)
}

func signing(t *testing.T, card string, change func(map[string]any)) string {
	arguments := map[string]any{
		"hash": base64.StdEncoding.EncodeToString(make([]byte, 48)), "hashFunction": "SHA-384", "origin": site,
		"certificate": base64.StdEncoding.EncodeToString(issue(t, card).Signature.Certificate.Raw),
	}
	if change != nil {
		change(arguments)
	}
	return command(sign, arguments)
}

// Frames of a length that is none are answered without their body being read; one that
// is cut is not answered at all.
func TestFramesRefused(t *testing.T) {
	length := func(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }
	for _, n := range []uint32{0, 1, 4, 8193, 1 << 20, 1<<31 - 1, 1<<32 - 1} {
		b := start(t, newDesk())
		b.raw(length(n))
		b.refused(fatal)
	}
	for name, cut := range map[string][]byte{
		"nothing": nil, "two bytes": length(20)[:2], "length only": length(20), "half": append(length(20), `{"command"`...),
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t, newDesk())
			b.raw(cut)
			b.to.Close()
			b.silent()
		})
	}
}

// The longest request is read whole.
func TestLongestFrame(t *testing.T) {
	text := command(quit, map[string]any{})
	b := start(t, newDesk())
	b.send(text + strings.Repeat(" ", maxRequest-len(text)))
	var empty map[string]any
	b.only(&empty)
	if len(empty) != 0 {
		t.Errorf("quit answers %v", empty)
	}
}

func TestRequestsRefused(t *testing.T) {
	set := func(key string, value any) func(map[string]any) {
		return func(m map[string]any) { m[key] = value }
	}
	drop := func(key string) func(map[string]any) {
		return func(m map[string]any) { delete(m, key) }
	}
	hash := func(function string, n int) func(map[string]any) {
		return func(m map[string]any) {
			m["hashFunction"], m["hash"] = function, base64.StdEncoding.EncodeToString(make([]byte, n))
		}
	}
	tests := map[string]struct{ text, code string }{
		"not JSON":             {"quit!", fatal},
		"not an object":        {`["quit"]`, fatal},
		"a number":             {`12345`, fatal},
		"two objects":          {command(quit, nil) + command(quit, nil), fatal},
		"not UTF-8":            {"{\"command\":\"q\xffuit\",\"arguments\":{}}", fatal},
		"cut JSON":             {`{"command":"quit"`, fatal},
		"no command":           {`{"arguments":{}}`, fatal},
		"no arguments":         {`{"command":"quit"}`, fatal},
		"unknown command":      {command("get-certificate", nil), fatal},
		"command in capitals":  {command("QUIT", map[string]any{}), fatal},
		"empty command":        {command("", map[string]any{}), fatal},
		"command twice":        {`{"command":"quit","command":"quit","arguments":{}}`, invalid},
		"a key more":           {`{"command":"quit","arguments":{},"id":1}`, invalid},
		"a key's other case":   {`{"Command":"quit","arguments":{}}`, invalid},
		"command is a number":  {`{"command":7,"arguments":{}}`, invalid},
		"arguments are null":   {`{"command":"quit","arguments":null}`, invalid},
		"arguments are a list": {`{"command":"quit","arguments":[]}`, invalid},
		"quit with arguments":  {command(quit, map[string]any{"origin": site}), invalid},
		"a lang too long":      {`{"command":"quit","arguments":{},"lang":"fra"}`, invalid},

		"origin missing":      {authentication(drop("origin")), invalid},
		"nonce missing":       {authentication(drop("challengeNonce")), invalid},
		"one more":            {authentication(set("userInteractionTimeout", 1)), invalid},
		"nonce a number":      {authentication(set("challengeNonce", 7)), invalid},
		"nonce null":          {authentication(set("challengeNonce", nil)), invalid},
		"nonce of 43":         {authentication(set("challengeNonce", nonce[:43])), invalid},
		"nonce of 129":        {authentication(set("challengeNonce", strings.Repeat("A", 129))), invalid},
		"nonce with a blank":  {authentication(set("challengeNonce", nonce+" ")), invalid},
		"nonce with a letter": {authentication(set("challengeNonce", nonce+"é")), invalid},
		"lang of three":       {authentication(set("lang", "fra")), invalid},
		"lang of digits":      {authentication(set("lang", "12")), invalid},
		"lang a number":       {authentication(set("lang", 7)), invalid},
		"nonce twice":         {fmt.Sprintf(`{"command":"authenticate","arguments":{"challengeNonce":%q,"challengeNonce":%q,"origin":%q}}`, nonce, nonce, site), invalid},

		"certificate: no origin":  {command(getCertificate, map[string]any{}), invalid},
		"certificate: a key more": {command(getCertificate, map[string]any{"origin": site, "hash": "x"}), invalid},

		"sign: no hash":            {signing(t, "nora", drop("hash")), invalid},
		"sign: no function":        {signing(t, "nora", drop("hashFunction")), invalid},
		"sign: no certificate":     {signing(t, "nora", drop("certificate")), invalid},
		"sign: no origin":          {signing(t, "nora", drop("origin")), invalid},
		"sign: a nonce too":        {signing(t, "nora", set("challengeNonce", nonce)), invalid},
		"sign: hash not base64":    {signing(t, "nora", set("hash", "!!!!")), invalid},
		"sign: hash for URLs":      {signing(t, "nora", set("hash", strings.Repeat("_", 64))), invalid},
		"sign: hash too short":     {signing(t, "nora", hash("SHA-384", 32)), invalid},
		"sign: hash too long":      {signing(t, "nora", hash("SHA-256", 33)), invalid},
		"sign: hash empty":         {signing(t, "nora", hash("SHA-256", 0)), invalid},
		"sign: SHA-1":              {signing(t, "nora", hash("SHA-1", 20)), invalid},
		"sign: sha-256":            {signing(t, "nora", hash("sha-256", 32)), invalid},
		"sign: SHA-224":            {signing(t, "nora", hash("SHA-224", 28)), invalid},
		"sign: SHA3-256":           {signing(t, "nora", hash("SHA3-256", 32)), invalid},
		"sign: SHA3-512":           {signing(t, "nora", hash("SHA3-512", 64)), invalid},
		"sign: a long name":        {signing(t, "nora", hash("SHA-512/256", 32)), invalid},
		"sign: certificate cut":    {signing(t, "nora", set("certificate", "MIIC")), invalid},
		"sign: certificate no DER": {signing(t, "nora", set("certificate", "AAAA")), invalid},
		"sign: for login": {signing(t, "nora", set("certificate",
			base64.StdEncoding.EncodeToString(issue(t, "nora").Authentication.Certificate.Raw))), invalid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(cardOf(t, "nora"))
			b := start(t, d)
			b.send(tt.text)
			b.refused(tt.code)
			if d.looked > 0 {
				t.Error("a card was looked for")
			}
			if strings.Contains(b.log.String(), nonce) {
				t.Errorf("the nonce is in the log: %s", b.log)
			}
		})
	}
}

func TestOrigins(t *testing.T) {
	for _, origin := range []string{
		"", "https://", "https://a.be/", "https://a.be/x", "https://a.be?", "https://a.be?x", "https://a.be#", "https://a.be#x",
		"http://localhost", "http://localhost:8080", "http://127.0.0.1:8080", "http://a.be", "ws://a.be", "file:///x", "null", "a.be", "//a.be",
		"https:a.be", "https:/a.be", "HTTPS://a.be", "https://A.be", "https://a.be:", "https://a.be:443", "https://a.be:x", "https://a.be:70000:1",
		"https://u@a.be", "https://u:p@a.be", "https://a..be", "https://.a.be", "https://é.be", "https://a b.be", "https://a.be\n", "https://a.be%00",
		"https://[::1", "https://::1", "https://[::0001]", "https://127.0.0.1%2f", "javascript:alert(1)", "chrome-extension://ncibgoaomkmdpilpocfeponihegamlic",
		"https://" + strings.Repeat("a.", 124), "https://" + strings.Repeat("a", 64) + ".be",
	} {
		if checkOrigin(origin) == nil {
			t.Errorf("checkOrigin(%q) = nil", origin)
		}
	}
	for _, origin := range []string{
		site, "https://a.be:8443", "wss://a.be", "https://localhost", "https://127.0.0.1:1", "https://[::1]:8443", "https://xn--9ca.be", "https://a_b.be",
		"https://" + strings.Repeat("a.", 122) + "be",
	} {
		if err := checkOrigin(origin); err != nil {
			t.Errorf("checkOrigin(%q) = %v", origin, err)
		}
	}
}

// FuzzParseRequest: what is accepted holds to every rule, and the same command written
// anew is accepted as the same.
func FuzzParseRequest(f *testing.F) {
	f.Add([]byte(authentication(nil)))
	f.Add([]byte(`{"command":"quit","arguments":{"lang":"fr"}}`))
	f.Add([]byte(`{"command":"get-signing-certificate","arguments":{"origin":"https://a.be"},"lang":"en"}`))
	f.Add([]byte(`{"command":"sign","arguments":{}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := parseRequest(text)
		if err != nil {
			if r.command != "" || r.origin != "" || r.nonce != "" || r.certificate != nil {
				t.Fatalf("parseRequest(%q) = %+v and %v", text, r, err)
			}
			return
		}
		if r.lang != "" && len(r.lang) != 2 || r.command != quit && checkOrigin(r.origin) != nil {
			t.Fatalf("parseRequest(%q) = %+v", text, r)
		}
		if r.command != authenticate {
			return
		}
		again, err := parseRequest([]byte(command(authenticate, map[string]any{"challengeNonce": r.nonce, "origin": r.origin})))
		if err != nil || again.nonce != r.nonce || again.origin != r.origin {
			t.Fatalf("parseRequest(%q) = %+v, written anew %+v, %v", text, r, again, err)
		}
	})
}
