package oidc_test

import (
	"errors"
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/federationtest"
	"guichet.example/auth/federation/oidc"
)

func TestForgedClaims(t *testing.T) {
	w := newWorld(t, shape{})
	issuer := w.provider.Issuer()
	now := time.Now()
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	var table []refusal
	add := func(name string, change func(object)) {
		table = append(table, refusal{name: name, lies: claims(change)})
	}

	for name, iss := range map[string]any{"other": "https://mallory.example", "with a slash": issuer + "/", "upper case": strings.ToUpper(issuer),
		"list": []string{issuer}, "empty": "", "null": nil, "prefix": issuer[:len(issuer)-1]} {
		add("iss "+name, set("iss", iss))
	}
	add("iss absent", without("iss"))
	for name, aud := range map[string]any{"other": "another", "empty": "", "empty list": []string{}, "number": 1, "null": nil,
		"longer": clientID + "x", "list of others": []string{"a", "b"}, "nested list": []any{[]string{clientID}}, "upper case": "GUICHET",
		"mixed list": []any{clientID, 1}, "nine": []string{clientID, "1", "2", "3", "4", "5", "6", "7", "8"}} {
		add("aud "+name, set("aud", aud))
	}
	add("aud absent", without("aud"))
	add("azp another", set("azp", "another"))
	add("azp null", set("azp", nil))
	add("azp a list", set("azp", []string{clientID}))
	add("several audiences, azp another", func(c object) { c["aud"], c["azp"] = []string{clientID, "another"}, "another" })
	add("several audiences, no azp", func(c object) { c["aud"] = []string{clientID, "another"}; delete(c, "azp") })

	for name, exp := range map[string]any{"past": at(-time.Second), "long past": at(-time.Hour), "for years": at(48 * time.Hour), "text": "2099", "null": nil,
		"zero": 0, "negative": -1, "huge": 1e300, "before iat": at(-2 * time.Second)} {
		add("exp "+name, set("exp", exp))
	}
	add("exp absent", without("exp"))
	for name, iat := range map[string]any{"future": at(3 * time.Minute), "before the flow": at(-5 * time.Minute), "text": "now", "zero": 0, "null": nil, "list": []int64{at(0)}} {
		add("iat "+name, set("iat", iat))
	}
	add("iat absent", without("iat"))
	add("nbf future", set("nbf", at(3*time.Minute)))
	add("nbf text", set("nbf", "x"))
	for name, told := range map[string]any{"future": at(3 * time.Minute), "text": "now", "null": nil, "negative": -5, "of last week": at(-168 * time.Hour)} {
		add("auth_time "+name, set("auth_time", told))
	}
	for name, nonce := range map[string]any{"other": strings.Repeat("n", 43), "empty": "", "number": 7, "null": nil, "list": []string{"n"}} {
		add("nonce "+name, set("nonce", nonce))
	}
	add("nonce absent", without("nonce"))
	for name, hash := range map[string]any{"other": "AAAAAAAAAAAAAAAAAAAAAA", "empty": "", "number": 7, "null": nil, "padded": "AAAAAAAAAAAAAAAAAAAAAA=="} {
		add("at_hash "+name, set("at_hash", hash))
	}
	for name, sub := range map[string]any{"empty": "", "number": 7, "null": nil, "long": strings.Repeat("s", 256), "not ASCII": "é", "with a line end": "a\nb"} {
		add("sub "+name, set("sub", sub))
	}
	add("sub absent", without("sub"))
	add("claims elsewhere", func(c object) {
		c["_claim_names"] = object{"egovNRN": "src"}
		c["_claim_sources"] = object{"src": object{"endpoint": trap(t)}}
	})
	add("claims nowhere", set("_claim_names", object{"egovNRN": "src"}))
	all(t, w, table)

	// Where userinfo does not confirm the subject, the ID token's must do by itself.
	alone := newWorld(t, shape{settings: func(s *oidc.Settings) { s.UserInfo = oidc.UserInfoNone }})
	for name, sub := range map[string]any{"absent": nil, "empty": "", "long": strings.Repeat("s", 256), "not ASCII": "é"} {
		refusal{name: "sub alone " + name, lies: claims(func(c object) { c["sub"], c["egovNRN"] = sub, federationtest.Alice.Number })}.run(t, alone)
	}
}

func TestForgedLevels(t *testing.T) {
	w := newWorld(t, shape{})
	citizen := federation.CitizenLevelPrefix
	var table []refusal
	for name, acr := range map[string]any{
		"lower": citizen + "200", "absent": nil, "empty": "", "number": 500, "list": []string{citizen + "500"}, "object": object{"values": citizen + "500"},
		"bare number": "500", "look-alike prefix": "x" + citizen + "500", "look-alike end": citizen + "500x", "another context": "urn:be:fedict:iam:fas:enterprise:Level500",
		"lower case": strings.ToLower(citizen) + "500", "unknown number": citizen + "600", "four digits": citizen + "0500", "signed": citizen + "+50",
		"blank": citizen + "500 ", "line end": citizen + "500\n", "two": citizen + "100 " + citizen + "500", "full-width": citizen + "５００",
		"Cyrillic": strings.Replace(citizen, "e", "е", 1) + "500", "SAML": "urn:oasis:names:tc:SAML:2.0:ac:classes:Smartcard", "amr instead": "eid",
	} {
		table = append(table, refusal{name: "acr " + name, asked: 400, lies: claims(set("acr", acr))})
	}
	table = append(table, refusal{name: "acr absent, amr eid", asked: 400, lies: claims(func(c object) { delete(c, "acr"); c["amr"] = []string{"eid"} })},
		refusal{name: "acr in userinfo only", asked: 400, lies: federationtest.Lies{
			IDToken: forgery{Claims: without("acr")}, UserInfo: forgery{Claims: set("acr", citizen+"500")}}})
	for _, r := range table {
		t.Run(r.name, func(t *testing.T) {
			var level federation.LevelError
			w.provider.Lie(r.lies)
			f, answer := w.walk(t, 400, false)
			if _, err := w.party.Finish(t.Context(), f, answer); !asLevel(err, &level) || level.Asked != 400 || level.Have >= 400 {
				t.Errorf("Finish = %v, want a LevelError", err)
			}
			r.run(t, w)
		})
	}
	w.provider.Lie(claims(set("acr", federation.OlderRef(400))))
	if id, err := w.login(t, 400, false); err != nil || id.Level != 400 {
		t.Errorf("the older spelling of what was asked = %v, %v", id, err)
	}
}

// A provider that answers from its own session is found out by auth_time alone.
func TestForcedProof(t *testing.T) {
	w := newWorld(t, shape{})
	for name, change := range map[string]func(object){
		"of five minutes ago": set("auth_time", time.Now().Add(-5*time.Minute).Unix()),
		"absent":              without("auth_time"),
	} {
		refusal{name: "forced, auth_time " + name, force: true, lies: claims(change), want: federation.ErrStale}.run(t, w)
		w.provider.Lie(claims(change))
		if _, err := w.login(t, 200, false); err != nil {
			t.Errorf("auth_time %s, where no new proof was asked: %v", name, err)
		}
	}
}

func TestForgedNumbers(t *testing.T) {
	w := newWorld(t, shape{})
	good := federationtest.Alice.Number
	var table []refusal
	for name, number := range map[string]any{
		"wrong check digits": "85073003327", "twelve digits": good + "0", "ten digits": good[:10], "dotted": "85.07.30-033.28", "blank": good + " ",
		"full-width": "８５０７３００３３２８", "markup": "<b>" + good + "</b>", "number": 85073003328, "list": []string{good}, "two": []string{good, "85073003328"},
		"null": nil, "empty": "", "object": object{"value": good}, "impossible date": "85133003342", "zeros": "00000000097",
	} {
		table = append(table, refusal{name: "number " + name, lies: info(set("egovNRN", number)), want: federation.ErrNoNumber})
	}
	table = append(table,
		refusal{name: "number absent", lies: info(without("egovNRN")), want: federation.ErrNoNumber},
		refusal{name: "number under another spelling", lies: info(func(c object) { c["EgovNRN"] = c["egovNRN"]; delete(c, "egovNRN") }), want: federation.ErrNoNumber},
		refusal{name: "two numbers, one in each token", lies: claims(set("egovNRN", "93051822361")), want: federation.ErrNoNumber},
		refusal{name: "number twice", lies: federationtest.Lies{UserInfo: rawClaims(`"egovNRN":`, `"egovNRN":"93051822361","egovNRN":`)}},
	)
	all(t, w, table)
}

func TestForgedUserInfo(t *testing.T) {
	w := newWorld(t, shape{})
	issuer := w.provider.Issuer()
	var table []refusal
	add := func(name string, change func(object)) {
		table = append(table, refusal{name: "userinfo: " + name, lies: info(change)})
	}
	for name, sub := range map[string]any{"other": "mallory", "empty": "", "number": 7, "null": nil, "prefix": "fed-alice-marie"} {
		add("sub "+name, set("sub", sub))
	}
	add("sub absent", without("sub"))
	for name, iss := range map[string]any{"other": "https://mallory.example", "slash": issuer + "/", "null": nil} {
		add("iss "+name, set("iss", iss))
	}
	add("iss absent", without("iss"))
	for name, aud := range map[string]any{"other": "another", "empty list": []string{}, "null": nil, "number": 7} {
		add("aud "+name, set("aud", aud))
	}
	add("aud absent", without("aud"))
	add("expired", set("exp", time.Now().Add(-time.Minute).Unix()))
	add("issued in the future", set("iat", time.Now().Add(time.Hour).Unix()))
	add("issued last year", set("iat", time.Now().Add(-365*24*time.Hour).Unix()))
	add("not yet", set("nbf", time.Now().Add(time.Hour).Unix()))
	add("times as text", set("exp", "tomorrow"))
	all(t, w, table)

	bare := newWorld(t, shape{client: func(c *federationtest.Client) { c.JSON = true }})
	refusal{name: "bare JSON where a JWT is wanted"}.run(t, bare)
	wants := shape{settings: func(s *oidc.Settings) { s.UserInfo = oidc.UserInfoJSON }}
	refusal{name: "a JWT where JSON is wanted"}.run(t, newWorld(t, wants))
	wants.client = func(c *federationtest.Client) { c.JSON = true }
	lax := newWorld(t, wants)
	for name, change := range map[string]func(object){"other": set("sub", "mallory"), "absent": without("sub"), "number": set("sub", 7)} {
		refusal{name: "bare JSON, sub " + name, lies: federationtest.Lies{Bare: change}}.run(t, lax)
	}
	refusal{name: "bare JSON, sub almost", lies: federationtest.Lies{Bare: set("SUB", "x")}, want: federation.ErrUnavailable}.run(t, lax)
}

func TestForgedAnswers(t *testing.T) {
	w := newWorld(t, shape{})
	token := func(change func(object)) federationtest.Lies { return federationtest.Lies{Answer: change} }
	f, old := w.walk(t, 200, false)
	if _, err := w.party.Finish(t.Context(), f, old); err != nil {
		t.Fatal(err)
	}
	_, unused := w.walk(t, 200, false)
	other := func(name, value string) func(url.Values) { return func(q url.Values) { q.Set(name, value) } }
	gone := func(name string) func(url.Values) { return func(q url.Values) { q.Del(name) } }
	twice := func(name string) func(url.Values) { return func(q url.Values) { q.Add(name, q.Get(name)) } }
	all(t, w, []refusal{
		{name: "state absent", answer: gone("state")},
		{name: "state other", answer: other("state", strings.Repeat("A", 43))},
		{name: "state of another flow", answer: other("state", unused.Get("state"))},
		{name: "state twice", answer: twice("state")},
		{name: "iss other", answer: other("iss", "https://mallory.example")},
		{name: "iss absent, though announced", answer: gone("iss")},
		{name: "iss twice", answer: twice("iss")},
		{name: "code absent", answer: gone("code")},
		{name: "code empty", answer: other("code", "")},
		{name: "code twice in one answer", answer: twice("code")},
		{name: "code made up", answer: other("code", strings.Repeat("c", 43))},
		{name: "code used before", answer: other("code", old.Get("code"))},
		{name: "code of another's flow", answer: other("code", unused.Get("code"))},
		{name: "code very long", answer: other("code", strings.Repeat("c", 5000))},
		{name: "code with a line end", answer: other("code", "a\r\nHost: b")},
		{name: "JARM response", answer: other("response", "eyJ")},
		{name: "an error with markup", answer: other("error", "<script>marker</script>")},
		{name: "an error that is a mistake of ours", answer: other("error", "invalid_request")},
		{name: "an error and a code", answer: other("error", "access_denied"), want: federation.ErrCancelled},
		{name: "two errors", answer: func(q url.Values) { q["error"] = []string{"access_denied", "server_error"} }},
		{name: "an empty error and a code", answer: other("error", "")},
		{name: "turned back", answer: func(q url.Values) {
			q.Del("code")
			q.Set("error", "access_denied")
			q.Set("error_description", "marker")
		}, want: federation.ErrCancelled},
		{name: "turned back, of another issuer", answer: func(q url.Values) { q.Set("error", "access_denied"); q.Set("iss", "https://mallory.example") }},
		{name: "turned back, in another flow", answer: func(q url.Values) { q.Set("error", "access_denied"); q.Set("state", unused.Get("state")) }},
		{name: "no key of that level", answer: other("error", "unmet_authentication_requirements"), want: federation.ErrCancelled},
		{name: "provider is out of order", answer: other("error", "temporarily_unavailable"), want: federation.ErrUnavailable},

		{name: "flow for another provider", flow: func(f *federation.Flow) { f.Provider = "itsme" }},
		{name: "flow that is over", flow: func(f *federation.Flow) { f.Expires = time.Now() }},
		{name: "flow from the future", flow: func(f *federation.Flow) { f.Created = time.Now().Add(time.Hour) }},
		{name: "flow without nonce", flow: func(f *federation.Flow) { f.Nonce = "" }},
		{name: "flow without verifier", flow: func(f *federation.Flow) { f.Verifier = "" }},
		{name: "flow without id", flow: func(f *federation.Flow) { f.ID = "" }},
		{name: "no flow", flow: func(f *federation.Flow) { *f = federation.Flow{} }},
		{name: "verifier of another flow", flow: func(g *federation.Flow) { g.Verifier = f.Verifier }},
		{name: "nonce of another flow", flow: func(g *federation.Flow) { g.Nonce = f.Nonce }},
		{name: "token of another flow, at a lax provider", lies: federationtest.Lies{Lax: true}, answer: other("code", old.Get("code"))},

		{name: "no ID token", lies: token(without("id_token"))},
		{name: "ID token a list", lies: token(set("id_token", []string{"a"}))},
		{name: "ID token empty", lies: token(set("id_token", ""))},
		{name: "token type", lies: token(set("token_type", "mac"))},
		{name: "no token type, but a list", lies: token(set("token_type", []string{"Bearer"})), want: federation.ErrUnavailable},
		{name: "no access token", lies: token(without("access_token")), want: federation.ErrUnavailable},
		{name: "access token of another", lies: token(set("access_token", strings.Repeat("b", 43)))},
		{name: "an error with status 200", lies: token(func(c object) { c["error"], c["error_description"] = "marker", "marker" }), want: federation.ErrUnavailable},
		{name: "ID token spelled almost, too", lies: token(set("ID_Token", "x")), want: federation.ErrUnavailable},
	})
}

// Answers that are refused by themselves cost the provider nothing.
func TestAnswersAreLookedAtFirst(t *testing.T) {
	w := newWorld(t, shape{})
	f, answer := w.walk(t, 200, false)
	for name, value := range map[string]string{"state": "x", "iss": "https://mallory.example", "error": "marker", "response": "eyJ", "code": strings.Repeat("c", 5000)} {
		changed := maps.Clone(answer)
		changed.Set(name, value)
		if _, err := w.party.Finish(t.Context(), f, changed); !errors.Is(err, federation.ErrRefused) {
			t.Errorf("%s changed: %v", name, err)
		}
	}
	if n := w.provider.Count(federationtest.Token); n != 0 {
		t.Errorf("the token endpoint was asked %d times", n)
	}
}

// A code that was taken from an answer and used first by somebody else does not open, and
// what it opened is ended by the provider.
func TestStolenCode(t *testing.T) {
	w := newWorld(t, shape{})
	f, answer := w.walk(t, 200, false)
	thief, _ := w.begin(t, 200, false)
	stolen := url.Values{"code": answer["code"], "state": {thief.ID}, "iss": answer["iss"]}
	if _, err := w.party.Finish(t.Context(), thief, stolen); err == nil {
		t.Error("a stolen code opens in the flow of another browser")
	}
	if _, err := w.party.Finish(t.Context(), f, answer); err == nil {
		t.Error("a code opens twice")
	}
	variants.Add(2)
}
