package soak

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// visitor is a member at a browser. She does one errand after another and remembers of
// each how far she was told it went; after a lost answer she does the last step again.
type visitor struct {
	*browser
	*person
	place  *place
	errand *errand
	done   []*errand
	pocket []byte // a token ready to be sent; nil: ask for a challenge first
}

// errand is a document from its form to the vault. Each step leaves what it was told.
type errand struct {
	kind        string     // "bank" or "orders"
	action      string     // where the form goes
	form        url.Values // as filled, with its key
	request     string
	drawn       []byte
	preparation string
	digest      []byte
	function    string
	value       []byte // of the card, over digest
	next        string // where completing led
	document    string
	sha256      string // of the document as first fetched
}

func (p *place) visitor(i int) *visitor {
	return &visitor{browser: newBrowser(p.address, &p.seen), person: p.people[i], place: p}
}

// refusal is an answer that is not the one a step needs.
type refusal struct {
	step   string
	answer answer
}

func (r *refusal) Error() string {
	text := r.answer.text()
	if text == "" {
		text = string(r.answer.body[:min(len(r.answer.body), 300)])
	}
	return fmt.Sprintf("%s: answered %d: %s", r.step, r.answer.status, text)
}

// state is the state named in a JSON problem.
func (a answer) state() string {
	var problem struct{ State string }
	if json.Unmarshal(a.body, &problem) != nil {
		return ""
	}
	return problem.State
}

// expect turns an unexpected status into an error.
func expect(step string, status int, a answer, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", step, err)
	}
	if a.status != status {
		return &refusal{step, a}
	}
	return nil
}

// asked and told are the two lines of a deed in the journal.
func (v *visitor) asked(r record) error {
	r.Member = string(v.id)
	return v.place.journal.write(r)
}

func (v *visitor) told(r record) error {
	r.Told = true
	return v.asked(r)
}

// signIn signs in with the card.
func (v *visitor) signIn(ctx context.Context) error {
	token, err := v.pocket, error(nil)
	if v.pocket = nil; token == nil {
		token, err = v.challenge(ctx)
	}
	if err != nil {
		return err
	}
	if err := v.asked(record{Do: signIn}); err != nil {
		return err
	}
	a, err := v.postJSON(ctx, "/fr/sign-in/card", token)
	if err := expect("token", http.StatusOK, a, err); err != nil {
		return err
	}
	return v.told(record{Do: signIn})
}

// challenge asks for a nonce and has the card sign it.
func (v *visitor) challenge(ctx context.Context) ([]byte, error) {
	a, err := v.postJSON(ctx, "/fr/sign-in/card/challenge", []byte("{}"))
	if err := expect("challenge", http.StatusOK, a, err); err != nil {
		return nil, err
	}
	var challenge struct{ Nonce string }
	if err := json.Unmarshal(a.body, &challenge); err != nil {
		return nil, err
	}
	return v.token(challenge.Nonce)
}

func (v *visitor) signedIn() bool { return v.cookies["__Host-session"] != "" }

// begin starts an errand: "bank" is a change of account, "orders" an order.
func (v *visitor) begin(kind string) *errand {
	v.errand = &errand{kind: kind}
	return v.errand
}

// finish does what is left of the errand.
func (v *visitor) finish(ctx context.Context) error {
	for v.errand != nil {
		if err := v.step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// until does the errand up to and including the deed.
func (v *visitor) until(ctx context.Context, d deed) error {
	for v.errand != nil && v.errand.upTo() != d {
		if err := v.step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// upTo is the last deed of the errand that was told.
func (e *errand) upTo() deed {
	switch {
	case e.document != "":
		return fetch
	case e.next != "":
		return complete
	case e.value != nil:
		return prepare
	case e.drawn != nil:
		return read
	case e.request != "":
		return freeze
	}
	return ""
}

// step does the next thing.
func (v *visitor) step(ctx context.Context) error {
	e := v.errand
	switch {
	case !v.signedIn():
		return v.signIn(ctx)
	case e.form == nil:
		return v.fill(ctx, e)
	case e.request == "":
		return v.freeze(ctx, e)
	case e.drawn == nil:
		return v.read(ctx, e)
	case e.value == nil:
		return v.prepare(ctx, e)
	case e.next == "":
		return v.complete(ctx, e)
	}
	if err := v.fetch(ctx, e); err != nil {
		return err
	}
	v.done, v.errand = append(v.done, e), nil
	return nil
}

// fill walks to the page that shows the answers once more, whose form is the one sent.
func (v *visitor) fill(ctx context.Context, e *errand) error {
	path, check, send := "/fr/orders/ehic", "/orders/ehic/check", "/orders/ehic/send"
	if e.kind == "bank" {
		path, check, send = "/fr/bank/change", "/bank/change/check", "/bank/change/send"
	}
	a, err := v.get(ctx, path)
	if a, err = v.led(ctx, "form", a, err); err != nil {
		return err
	}
	action, form, err := a.form(check)
	if err != nil {
		return err
	}
	if e.kind == "bank" {
		form.Set("iban", newIBAN)
		form.Set("holder", v.counterNames)
	}
	a, err = v.postForm(ctx, action, form)
	if a, err = v.led(ctx, "check", a, err); err != nil {
		return err
	}
	e.action, form, err = a.form(send)
	if err != nil {
		return err
	}
	e.form = form
	return nil
}

// led follows a redirect to the page that shows what is kept for the session.
func (v *visitor) led(ctx context.Context, step string, a answer, err error) (answer, error) {
	if err := expect(step, http.StatusSeeOther, a, err); err != nil {
		return a, err
	}
	a, err = v.get(ctx, a.location)
	return a, expect(step, http.StatusOK, a, err)
}

// newIBAN is the account that everybody changes to: a marker that must rest sealed.
const newIBAN = "BE68539007547034"

func (v *visitor) freeze(ctx context.Context, e *errand) error {
	if err := v.asked(record{Do: freeze, Form: e.form.Get("key")}); err != nil {
		return err
	}
	a, err := v.postForm(ctx, e.action, e.form)
	if err := expect("send", http.StatusSeeOther, a, err); err != nil {
		return err
	}
	id, ok := strings.CutSuffix(strings.TrimPrefix(a.location, "/fr/requests/"), "/read")
	if !ok || len(id) != 26 {
		return fmt.Errorf("sending the form led to %q", a.location)
	}
	e.request = id
	return v.told(record{Do: freeze, Form: e.form.Get("key"), Request: id})
}

// errShown means that page, file and digest are not of one document.
var errShown = errors.New("page and file are not the same document")

func (v *visitor) read(ctx context.Context, e *errand) error {
	a, err := v.get(ctx, "/fr/requests/"+e.request+"/document.pdf")
	if err := expect("document", http.StatusOK, a, err); err != nil {
		return err
	}
	sum := sha256.Sum256(a.body)
	page, err := v.get(ctx, "/fr/requests/"+e.request+"/read")
	if err := expect("page to read", http.StatusOK, page, err); err != nil {
		return err
	}
	if short := fmt.Sprintf("%x %x", sum[:2], sum[2:4]); !strings.Contains(page.text(), short) {
		return fmt.Errorf("%w: page does not show %s", errShown, short)
	}
	e.drawn = a.body
	return v.told(record{Do: read, Request: e.request, Drawn: hex.EncodeToString(sum[:])})
}

// prepare has the request made ready and lets the card sign what it is shown.
func (v *visitor) prepare(ctx context.Context, e *errand) error {
	if e.digest == nil {
		if err := v.askPrepare(ctx, e); err != nil {
			return err
		}
	}
	var err error
	e.value, err = v.sign(v.place.cards, e.digest, e.function)
	return err
}

func (v *visitor) askPrepare(ctx context.Context, e *errand) error {
	body, err := json.Marshal(v.certificate())
	if err != nil {
		return err
	}
	if err := v.asked(record{Do: prepare, Request: e.request}); err != nil {
		return err
	}
	a, err := v.postJSON(ctx, "/fr/requests/"+e.request+"/prepare", body)
	if err := expect("prepare", http.StatusOK, a, err); err != nil {
		return err
	}
	var m struct {
		Preparation, HashFunction string
		Hash                      []byte
	}
	if err := json.Unmarshal(a.body, &m); err != nil {
		return err
	}
	e.preparation, e.digest, e.function = m.Preparation, m.Hash, m.HashFunction
	return v.told(record{Do: prepare, Request: e.request, Preparation: m.Preparation, Digest: m.Hash})
}

func (v *visitor) complete(ctx context.Context, e *errand) error {
	r := record{Do: complete, Request: e.request, Preparation: e.preparation, Digest: e.digest, Value: e.value}
	if err := v.asked(r); err != nil {
		return err
	}
	a, err := v.postJSON(ctx, "/fr/requests/"+e.request+"/complete", e.completion())
	if err := expect("complete", http.StatusOK, a, err); err != nil {
		return err
	}
	var done struct{ Next string }
	if err := json.Unmarshal(a.body, &done); err != nil {
		return err
	}
	e.next = done.Next
	return v.told(r)
}

// completion is what the page sends once the card has signed.
func (e *errand) completion() []byte {
	body, _ := json.Marshal(map[string]any{ // strings only
		"preparation": e.preparation, "signature": base64.StdEncoding.EncodeToString(e.value),
		"signatureAlgorithm": map[string]string{}})
	return body
}

// fetch finds the document of the request in the vault and downloads it.
func (v *visitor) fetch(ctx context.Context, e *errand) error {
	document, err := v.documentOf(ctx, e.request)
	if err != nil {
		return err
	}
	pdf, err := v.download(ctx, document)
	if err != nil {
		return err
	}
	is, err := readSignature(pdf)
	if err != nil {
		return fmt.Errorf("document %s: %w", document, err)
	}
	sum := sha256.Sum256(pdf)
	e.document, e.sha256 = document, hex.EncodeToString(sum[:])
	return v.told(record{Do: fetch, Request: e.request, Document: document, SHA256: e.sha256, Core: is.core(),
		Final: bytes.Contains(pdf, []byte("/DSS"))})
}

func (v *visitor) documentOf(ctx context.Context, request string) (string, error) {
	a, err := v.get(ctx, "/fr/requests/"+request)
	if err := expect("request", http.StatusOK, a, err); err != nil {
		return "", err
	}
	for _, link := range a.links("/fr/documents/") {
		if id := strings.TrimPrefix(link, "/fr/documents/"); !strings.Contains(id, "/") {
			return id, nil
		}
	}
	return "", &refusal{"request without document", a}
}

func (v *visitor) download(ctx context.Context, document string) ([]byte, error) {
	if err := v.asked(record{Do: fetch, Document: document}); err != nil {
		return nil, err
	}
	a, err := v.get(ctx, "/fr/documents/"+document+"/file.pdf")
	return a.body, expect("download", http.StatusOK, a, err)
}

// report looks at the report on a document, for which the counter opens it.
func (v *visitor) report(ctx context.Context, document string) (answer, error) {
	if err := v.asked(record{Do: fetch, Document: document}); err != nil {
		return answer{}, err
	}
	a, err := v.get(ctx, "/fr/documents/"+document+"/report")
	return a, expect("report", http.StatusOK, a, err)
}
