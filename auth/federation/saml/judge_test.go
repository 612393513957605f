package saml

import (
	"encoding/xml"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"guichet.example/auth/federation"
)

// judged is an assertion in which % stands for a change; the shape is not looked at and
// no library reads it: here judge and proof stand alone.
const judged = `<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a1" Version="2.0" IssueInstant="2026-11-22T09:00:00Z">
<Issuer>https://idp.example</Issuer>
<Subject><NameID>_n1</NameID><SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
<SubjectConfirmationData Recipient="https://counter.example/acs" InResponseTo="_q1" NotOnOrAfter="2026-11-22T09:05:00Z"/></SubjectConfirmation></Subject>
<Conditions NotBefore="2026-11-22T08:59:00Z" NotOnOrAfter="2026-11-22T09:05:00Z"><AudienceRestriction><Audience>urn:example:counter</Audience></AudienceRestriction></Conditions>
<AuthnStatement AuthnInstant="2026-11-22T08:59:30Z" SessionIndex="_s1"><AuthnContext><AuthnContextClassRef>urn:be:fedict:iam:fas:citizen:Level500</AuthnContextClassRef></AuthnContext></AuthnStatement>
<AttributeStatement><Attribute Name="egovNRN"><AttributeValue>85073003328</AttributeValue></Attribute></AttributeStatement>
</Assertion>`

func judgeXML(t *testing.T, doc string, force bool) (federation.Identity, time.Time, error) {
	t.Helper()
	now := time.Date(2026, 11, 22, 9, 0, 10, 0, time.UTC)
	acs, err := url.Parse("https://counter.example/acs")
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{settings: Settings{ID: "fas", EntityID: "https://idp.example", NumberAttribute: defaultNumber},
		party: &Party{entityID: "urn:example:counter", acs: *acs}}
	f := federation.Flow{RequestID: "_q1", Asked: 400, Force: force, Created: now.Add(-time.Minute / 2)}
	var a assertion
	if err := xml.Unmarshal([]byte(doc), &a); err != nil {
		t.Fatal(err)
	}
	until, err := p.judge(&a, f, now)
	if err != nil {
		return federation.Identity{}, time.Time{}, err
	}
	proof, err := p.proof(&a, f, now)
	if err != nil {
		return federation.Identity{}, time.Time{}, err
	}
	id := p.told(&a)
	id.Level = proof.level
	return id, until, p.number(&a, &id)
}

func TestJudgeAlone(t *testing.T) {
	id, until, err := judgeXML(t, judged, true)
	if err != nil || id.Level != 500 || !id.HasNumber || !until.Equal(time.Date(2026, 11, 22, 9, 6, 0, 0, time.UTC)) {
		t.Fatalf("judge = %v, %v, %v", id, until, err)
	}
	part := func(from, to string) string {
		start := strings.Index(judged, from)
		return judged[start : start+strings.Index(judged[start:], to)+len(to)]
	}
	for _, tt := range []struct{ name, old, by, want string }{
		{"version", `Version="2.0"`, `Version="1.1"`, "not SAML 2.0"},
		{"no ID", `ID="_a1"`, `ID=""`, "has no ID"},
		{"long ID", `ID="_a1"`, `ID="` + strings.Repeat("a", 300) + `"`, "has no ID"},
		{"issuer", "https://idp.example<", "https://idp.example/<", "another issuer"},
		{"issuer's format", "<Issuer>", `<Issuer Format="urn:x">`, "not an entity"},
		{"second subject", "<Conditions", part("<Subject>", "</Subject>") + "<Conditions", "not one subject"},
		{"no conditions", part("<Conditions", "</Conditions>"), "", "not one subject"},
		{"second authentication", "<AttributeStatement>", part("<AuthnStatement", "</AuthnStatement>") + "<AttributeStatement>", "not one subject"},
		{"issued in the future", `IssueInstant="2026-11-22T09:00:00Z"`, `IssueInstant="2026-11-22T09:01:11Z"`, "in the future"},
		{"issued long ago", `IssueInstant="2026-11-22T09:00:00Z"`, `IssueInstant="2026-11-22T08:56:09Z"`, "is old"},
		{"issued without zone", `IssueInstant="2026-11-22T09:00:00Z"`, `IssueInstant="2026-11-22T09:00:00"`, "missing or not one"},
		{"no name", "<NameID>_n1</NameID>", "", "names its subject"},
		{"long name", "_n1", strings.Repeat("n", 300), "names its subject"},
		{"second confirmation", "</Subject>", part("<SubjectConfirmation ", "</SubjectConfirmation>") + "</Subject>", "not one confirmation"},
		{"method", "cm:bearer", "cm:sender-vouches", "not one confirmation"},
		{"no data", part("<SubjectConfirmationData", "/>"), "", "not one confirmation"},
		{"recipient", "https://counter.example/acs", "https://counter.example/acs/", "another recipient"},
		{"request", `InResponseTo="_q1"`, `InResponseTo="_q2"`, "another request"},
		{"confirmation over", `"_q1" NotOnOrAfter="2026-11-22T09:05:00Z"`, `"_q1" NotOnOrAfter="2026-11-22T08:59:10Z"`, "has expired"},
		{"confirmation for ever", `"_q1" NotOnOrAfter="2026-11-22T09:05:00Z"`, `"_q1" NotOnOrAfter="2026-11-22T10:02:00Z"`, "for too long"},
		{"confirmation later", `"_q1" NotOnOrAfter`, `"_q1" NotBefore="2026-11-22T09:02:00Z" NotOnOrAfter`, "not valid yet"},
		{"confirmation without end", `"_q1" NotOnOrAfter="2026-11-22T09:05:00Z"`, `"_q1"`, "missing or not one"},
		{"conditions over", `08:59:00Z" NotOnOrAfter="2026-11-22T09:05:00Z"`, `08:59:00Z" NotOnOrAfter="2026-11-22T08:59:10Z"`, "has expired"},
		{"conditions later", `NotBefore="2026-11-22T08:59:00Z"`, `NotBefore="2026-11-22T09:02:00Z"`, "not valid yet"},
		{"conditions for ever", `08:59:00Z" NotOnOrAfter="2026-11-22T09:05:00Z"`, `08:59:00Z" NotOnOrAfter="2099-01-01T00:00:00Z"`, "for too long"},
		{"no restriction", part("<AudienceRestriction", "</AudienceRestriction>"), "", "not for us alone"},
		{"second restriction", "</Conditions>", part("<AudienceRestriction", "</AudienceRestriction>") + "</Conditions>", "not for us alone"},
		{"audience", "urn:example:counter", "urn:example:counters", "not for us alone"},
		{"proof in the future", "08:59:30Z", "09:01:11Z", "in the future"},
		{"proof before the question", "08:59:30Z", "08:58:00Z", "older than the question"},
		{"long session index", "_s1", strings.Repeat("s", 300), "too long"},
		{"session over", `SessionIndex="_s1"`, `SessionNotOnOrAfter="2026-11-22T08:59:00Z"`, "is over"},
		{"second context", "</AuthnContext>", part("<AuthnContextClassRef", "</AuthnContextClassRef>") + "</AuthnContext>", "not one context"},
		{"level", "Level500", "Level350", "level 350 where 400"},
		{"level unknown", "Level500", "Level501", "level 0 where 400"},
		{"number", "85073003328", "85073003329", "no national number"},
		{"number twice", "</Attribute>", "<AttributeValue>85073003328</AttributeValue></Attribute>", "no national number"},
	} {
		if !strings.Contains(judged, tt.old) {
			t.Fatalf("%s: the assertion has no %q", tt.name, tt.old)
		}
		if _, _, err := judgeXML(t, strings.Replace(judged, tt.old, tt.by, 1), true); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("judge(%s) = %v, want %q", tt.name, err, tt.want)
		}
	}
	// What ends later says how long the answer is remembered.
	later := strings.Replace(judged, `"_q1" NotOnOrAfter="2026-11-22T09:05:00Z"`, `"_q1" NotOnOrAfter="2026-11-22T09:07:00Z"`, 1)
	if _, until, err := judgeXML(t, later, true); err != nil || !until.Equal(time.Date(2026, 11, 22, 9, 8, 0, 0, time.UTC)) {
		t.Errorf("judge(confirmed for longer) = %v, %v", until, err)
	}
	// Without a wish for a new proof an older one does, up to a bound.
	if _, _, err := judgeXML(t, strings.Replace(judged, "08:59:30Z", "01:00:00Z", 1), false); err != nil {
		t.Errorf("judge(proof of this morning) = %v", err)
	}
	if _, _, err := judgeXML(t, strings.Replace(judged, "2026-11-22T08:59:30Z", "2026-11-21T20:59:00Z", 1), false); !errors.Is(err, federation.ErrStale) {
		t.Errorf("judge(proof of yesterday) = %v, want ErrStale", err)
	}
}

// A flow that lacks what an answer must name is nobody's answer, though the form lacks it
// as well.
func TestAnswerOfNoFlow(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 10, 0, time.UTC)
	p := &Provider{settings: Settings{ID: "fas"}}
	whole := federation.Flow{ID: "flow", Provider: "fas", RequestID: "_q1", Created: now, Expires: now.Add(time.Minute)}
	form := func(f federation.Flow) url.Values { return url.Values{"SAMLResponse": {"PFI+"}, "RelayState": {f.ID}} }
	if _, err := p.fromForm(whole, form(whole), now); err != nil {
		t.Fatalf("fromForm = %v", err)
	}
	for name, change := range map[string]func(*federation.Flow){
		"no handle": func(f *federation.Flow) { f.ID = "" }, "no request": func(f *federation.Flow) { f.RequestID = "" },
		"another provider": func(f *federation.Flow) { f.Provider = "other" }, "over": func(f *federation.Flow) { f.Expires = now },
	} {
		f := whole
		change(&f)
		if doc, err := p.fromForm(f, form(f), now); err == nil {
			t.Errorf("fromForm(%s) = %q", name, doc)
		}
	}
}
