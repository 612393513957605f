package saml_test

import (
	"bytes"
	"compress/flate"
	"errors"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	crew "github.com/crewjam/saml"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/federationtest"
	"guichet.example/auth/federation/saml"
)

var aliceThere = crew.NameID{Format: "urn:oasis:names:tc:SAML:2.0:nameid-format:transient", Value: "_n1", NameQualifier: "idp", SPNameQualifier: us}

// Out everywhere and back: our request, the provider's answer, by Redirect.
func TestLogoutEverywhere(t *testing.T) {
	w := newWorld(t)
	f, address := w.begin(t)
	id, err := w.provider.Finish(t.Context(), f, w.answer(t, address, alice).Values())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := w.provider.Out(t.Context(), id.Logout, ""); ok {
		t.Error("Out is offered without a state to come back with")
	}
	id.Logout.State = "fr"
	out, ok, err := w.provider.Out(t.Context(), id.Logout, "https://counter.example/federation/signed-out")
	if err != nil || !ok || !strings.HasPrefix(out, "https://idp.example/saml/slo?SAMLRequest=") {
		t.Fatalf("Out = %s, %v, %v", out, ok, err)
	}
	back := follow(t, w.idp, out)
	read := func(query string) (saml.LogoutMessage, error) {
		return saml.ReadLogout(t.Context(), saml.LogoutInput{RawQuery: query}, w.provider)
	}
	msg, err := read(back)
	if err != nil || msg.Request || !msg.Complete || msg.Relay != "fr" || msg.Provider != "fas" {
		t.Errorf("ReadLogout = %+v, %v", msg, err)
	}
	for name, query := range map[string]string{
		"relay changed":     strings.Replace(back, "RelayState=fr", "RelayState=nl", 1),
		"signature missing": back[:strings.Index(back, "&Signature=")],
		"answer to another": w.idp.SignQuery("SAMLResponse", answerTo(w, "_other"), "fr"),
		"answer to none":    w.idp.SignQuery("SAMLResponse", answerTo(w, ""), "fr"),
	} {
		if msg, err := read(query); !errors.Is(err, federation.ErrRefused) {
			t.Errorf("ReadLogout(%s) = %+v, %v, want ErrRefused", name, msg, err)
		}
	}
}

// follow is the browser at the provider: the query with which it comes back.
func follow(t *testing.T, idp *federationtest.SAML, address string) string {
	t.Helper()
	rec := get(idp, address)
	back, err := url.Parse(rec.Header().Get("Location"))
	if err != nil || rec.Code != 303 {
		t.Fatalf("the provider says %d %s", rec.Code, rec.Body)
	}
	return back.RawQuery
}

func answerTo(w *world, id string) *etree.Element {
	return (&crew.LogoutResponse{ID: "_r", InResponseTo: id, Version: "2.0", IssueInstant: time.Now().UTC(), Destination: slo,
		Issuer: &crew.Issuer{Value: w.idp.EntityID()}, Status: crew.Status{StatusCode: crew.StatusCode{Value: crew.StatusSuccess}}}).Element()
}

// A provider that ends sessions of its own accord, by Redirect and by POST.
func TestAProviderEndsSessions(t *testing.T) {
	w := newWorld(t)
	request := w.idp.LogoutRequest(us, aliceThere, "_s1", "_s2")
	for name, in := range map[string]saml.LogoutInput{
		"redirect": {RawQuery: w.idp.SignQuery("SAMLRequest", request.Copy(), "their state&x=1")},
		"post":     {Form: url.Values{"SAMLRequest": {w.idp.SignMessage(request.Copy())}, "RelayState": {"their state&x=1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			msg, err := saml.ReadLogout(t.Context(), in, w.provider)
			if err != nil {
				t.Fatal(err)
			}
			if !msg.Request || msg.NameID != "_n1" || strings.Join(msg.Sessions, " ") != "_s1 _s2" || msg.SPNameQualifier != us ||
				msg.ID != request.SelectAttrValue("ID", "") || msg.Issuer != w.idp.EntityID() || !msg.Until.After(time.Now()) {
				t.Errorf("ReadLogout = %+v", msg)
			}
			answer, ok, err := w.provider.AnswerLogout(t.Context(), msg, true)
			if err != nil || !ok {
				t.Fatalf("AnswerLogout = %v, %v", ok, err)
			}
			u, err := url.Parse(answer)
			if err != nil || u.Host != "idp.example" || u.Query().Get("RelayState") != "their state&x=1" || u.Query().Get("Signature") == "" {
				t.Errorf("AnswerLogout = %s, %v", answer, err)
			}
		})
	}
}

// Nothing but a request that the provider signed ends a session.
func TestLogoutRequestsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	evil, err := federationtest.NewSAML("https://idp.example/saml")
	if err != nil {
		t.Fatal(err)
	}
	party, err := w.party.Metadata()
	if err != nil {
		t.Fatal(err)
	}
	if err := evil.Trust(party); err != nil {
		t.Fatal(err)
	}
	genuine := w.idp.LogoutRequest(us, aliceThere, "_s1")
	good := w.idp.SignQuery("SAMLRequest", genuine.Copy(), "x")
	with := func(change func(el *etree.Element)) *etree.Element {
		el := genuine.Copy()
		change(el)
		return el
	}
	set := func(attr, value string) *etree.Element {
		return with(func(el *etree.Element) {
			el.RemoveAttr(attr)
			if value != "" {
				el.CreateAttr(attr, value)
			}
		})
	}
	at := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
	both := genuine.Copy()
	w.idp.SignMessage(both) // saml-bindings-2.0-os, 3.4.4.1: none inside
	queries := map[string]string{
		"nothing":                         "",
		"unsigned":                        good[:strings.Index(good, "&SigAlg=")],
		"no signature":                    good[:strings.Index(good, "&Signature=")],
		"signed by another":               evil.SignQuery("SAMLRequest", genuine.Copy(), "x"),
		"relay state changed":             strings.Replace(good, "RelayState=x", "RelayState=y", 1),
		"relay state taken out":           strings.Replace(good, "&RelayState=x", "", 1),
		"algorithm SHA-1":                 strings.Replace(good, "rsa-sha256", "rsa-sha1", 1),
		"algorithm none":                  strings.Replace(good, "rsa-sha256", "none", 1),
		"parameter twice":                 good + "&SAMLRequest=x",
		"parameter twice, the last right": "SAMLRequest=x&" + good,
		"signed inside as well":           w.idp.SignQuery("SAMLRequest", both, "x"),
		"signature twice":                 good + "&Signature=x",
		"request and response":            good + "&SAMLResponse=x",
		"not deflated":                    strings.Replace(good, "SAMLRequest=", "SAMLRequest=QUFB", 1),
		"a bomb":                          "SAMLRequest=" + url.QueryEscape(bomb()) + "&SigAlg=x&Signature=eA%3D%3D",
		"other encoding":                  good + "&SAMLEncoding=urn:x",
		"signed as a response":            w.idp.SignQuery("SAMLResponse", genuine.Copy(), "x"),
		"a response as request":           w.idp.SignQuery("SAMLRequest", answerTo(w, "_x"), "x"),
		"destination of another":          w.idp.SignQuery("SAMLRequest", set("Destination", "https://evil.example"), "x"),
		"destination missing":             w.idp.SignQuery("SAMLRequest", set("Destination", ""), "x"),
		"old":                             w.idp.SignQuery("SAMLRequest", set("IssueInstant", at(-10*time.Minute)), "x"),
		"in the future":                   w.idp.SignQuery("SAMLRequest", set("IssueInstant", at(10*time.Minute)), "x"),
		"expired":                         w.idp.SignQuery("SAMLRequest", set("NotOnOrAfter", at(-5*time.Minute)), "x"),
		"expiry that is no time":          w.idp.SignQuery("SAMLRequest", set("NotOnOrAfter", "soon"), "x"),
		"version 1.1":                     w.idp.SignQuery("SAMLRequest", set("Version", "1.1"), "x"),
		"no ID":                           w.idp.SignQuery("SAMLRequest", set("ID", ""), "x"),
		"issuer of another":               w.idp.SignQuery("SAMLRequest", with(func(el *etree.Element) { el.SelectElement("Issuer").SetText("https://evil.example") }), "x"),
		"no name":                         w.idp.SignQuery("SAMLRequest", with(func(el *etree.Element) { el.RemoveChild(el.SelectElement("NameID")) }), "x"),
		"empty name":                      w.idp.SignQuery("SAMLRequest", with(func(el *etree.Element) { el.SelectElement("NameID").SetText("") }), "x"),
		"two names":                       w.idp.SignQuery("SAMLRequest", with(func(el *etree.Element) { el.InsertChildAt(2, el.SelectElement("NameID").Copy()) }), "x"),
		"empty session":                   w.idp.SignQuery("SAMLRequest", with(func(el *etree.Element) { el.SelectElement("SessionIndex").SetText("") }), "x"),
		"20 sessions":                     w.idp.SignQuery("SAMLRequest", w.idp.LogoutRequest(us, aliceThere, strings.Split(strings.Repeat("s,", 20), ",")...), "x"),
		"extensions":                      w.idp.SignQuery("SAMLRequest", with(func(el *etree.Element) { el.InsertChildAt(1, etree.NewElement("samlp:Extensions")) }), "x"),
		"relay state of a kilobyte":       w.idp.SignQuery("SAMLRequest", genuine.Copy(), strings.Repeat("x", 2000)),
		"query of a megabyte":             good + "&x=" + strings.Repeat("x", 1<<20),
		"signed inside, not outside":      "SAMLRequest=" + url.QueryEscape(w.idp.SignMessage(genuine.Copy())),
		"percent sign without digits":     good + "&x=%zz",
	}
	for name, query := range queries {
		if msg, err := saml.ReadLogout(t.Context(), saml.LogoutInput{RawQuery: query}, w.provider); !errors.Is(err, federation.ErrRefused) || msg.NameID != "" {
			t.Errorf("ReadLogout(%s) = %+v, %v, want ErrRefused", name, msg, err)
		}
	}
	post := w.idp.SignMessage(genuine.Copy())
	posts := map[string]url.Values{
		"post unsigned":          {"SAMLRequest": {(&federationtest.SAMLAnswer{Root: genuine.Copy()}).Message()}},
		"post signed by another": {"SAMLRequest": {evil.SignMessage(genuine.Copy())}},
		"post twice":             {"SAMLRequest": {post, post}},
		"post both":              {"SAMLRequest": {post}, "SAMLResponse": {post}},
		"post not base64":        {"SAMLRequest": {"<x/>"}},
		"post deflated":          {"SAMLRequest": {must(url.ParseQuery(good)).Get("SAMLRequest")}},
	}
	for name, form := range posts {
		if msg, err := saml.ReadLogout(t.Context(), saml.LogoutInput{Form: form}, w.provider); !errors.Is(err, federation.ErrRefused) || msg.NameID != "" {
			t.Errorf("ReadLogout(%s) = %+v, %v, want ErrRefused", name, msg, err)
		}
	}
	t.Logf("%d logout messages refused", len(queries)+len(posts))
	if _, err := saml.ReadLogout(t.Context(), saml.LogoutInput{RawQuery: good}); !errors.Is(err, federation.ErrRefused) {
		t.Errorf("ReadLogout(no provider) = %v", err)
	}
	if _, err := saml.ReadLogout(t.Context(), saml.LogoutInput{RawQuery: good}, w.provider); err != nil {
		t.Errorf("ReadLogout(not changed) = %v", err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func get(idp *federationtest.SAML, address string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	idp.Handler().ServeHTTP(rec, httptest.NewRequest("GET", address, nil))
	return rec
}

// bomb is a message of 16 MB in a few kB.
func bomb() string {
	var deflated bytes.Buffer
	w := must(flate.NewWriter(&deflated, flate.BestCompression))
	for range 16 {
		_, _ = w.Write(make([]byte, 1<<20))
	}
	_ = w.Close()
	return base64Of(deflated.Bytes())
}
