package demo

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"guichet.example/portal/profile"
	"guichet.example/reader/agent/agenttest"
	"guichet.example/reader/api"
	"guichet.example/signing"
)

// journey is one walk through the counter, printed step by step. A step that fails
// ends it.
type journey struct {
	world   *world
	browser *browser
	agent   *agenttest.Client
	out     io.Writer
	dir     string // where signed documents go; empty: nowhere
	step    int
	prefix  string // of every page: "/fr/"
}

// Journeys are the walks by name.
var journeys = map[string]func(j *journey, ctx context.Context) error{
	"card":          (*journey).changeAccount,
	"order":         (*journey).orderCard,
	"saml":          (*journey).approveBySAML,
	"oidc":          (*journey).approveByOIDC,
	"enrol-federal": (*journey).enrolFederal,
	"kiosk":         (*journey).atKiosk,
	"enrol-letter":  (*journey).enrolByLetter,
	"enrol-card":    (*journey).enrolByCard,
	"enrol-counter": (*journey).enrolAtCounter,

	"password":         (*journey).byPassword,
	"recover":          (*journey).recoverAccess,
	"levels":           (*journey).levels,
	"emut":             (*journey).byProfile,
	"webmut":           (*journey).byProfile,
	"unimutuelles":     (*journey).byProfile,
	"mutame-marseille": (*journey).byProfile,
	"mutame-plus":      (*journey).byProfile,
}

// Names lists the journeys in the order in which they are documented.
func Names() []string {
	return append([]string{"card", "order", "saml", "oidc", "enrol-federal", "kiosk", "enrol-letter", "enrol-card", "enrol-counter", "password", "recover", "levels"}, profile.IDs()...)
}

func (w *world) journey(out io.Writer, dir string) (*journey, error) {
	b, err := newBrowser(w.origin)
	if err != nil {
		return nil, err
	}
	return &journey{
		world: w, browser: b, out: out, dir: dir, prefix: "/fr/",
		agent: &agenttest.Client{Agent: w.agent.URL(), Origin: w.origin, PIN: agenttest.FixedPIN(PIN)},
	}, nil
}

// say prints the step that just succeeded.
func (j *journey) say(format string, args ...any) {
	j.step++
	fmt.Fprintf(j.out, "%2d  %s\n", j.step, fmt.Sprintf(format, args...))
}

// run walks the journey of that name. The error says which step failed.
func (j *journey) run(ctx context.Context, name string) error {
	walk, ok := journeys[name]
	if !ok {
		return fmt.Errorf("no journey %q; there are %s", name, strings.Join(Names(), ", "))
	}
	if err := walk(j, ctx); err != nil {
		return fmt.Errorf("step %d: %w", j.step+1, err)
	}
	return j.writeTrust()
}

// signIn puts the card of that name into the reader and signs in with it.
func (j *journey) signIn(ctx context.Context, card string) error {
	if err := j.world.desk.Insert(card); err != nil {
		return fmt.Errorf("inserting a card: %w", err)
	}
	j.say("card of %s in the reader (PKCS#11 module %s)", card, filepath.Base(j.world.desk.Module()))
	if err := j.browser.open(ctx, j.prefix+"sign-in/card"); err != nil {
		return err
	}
	var challenge struct{ Nonce string }
	if err := j.browser.postJSON(ctx, j.prefix+"sign-in/card/challenge", struct{}{}, &challenge); err != nil {
		return err
	}
	j.say("challenge received, %d characters", len(challenge.Nonce))
	token, err := j.agent.Authenticate(ctx, challenge.Nonce)
	if err != nil {
		return fmt.Errorf("authenticating: %w", err)
	}
	j.say("card signed origin and challenge after its PIN on the agent's page")
	var entered struct{ Next string }
	if err := j.browser.postJSON(ctx, j.prefix+"sign-in/card", rawJSON(token), &entered); err != nil {
		return err
	}
	if err := j.browser.open(ctx, entered.Next); err != nil {
		return err
	}
	j.say("signed in: %s", j.browser.heading())
	return nil
}

// rawJSON is JSON that is sent as it is.
type rawJSON []byte

func (r rawJSON) MarshalJSON() ([]byte, error) { return r, nil }

// sign reads the document of the request the browser stands at, and signs it.
func (j *journey) sign(ctx context.Context) error {
	read, err := j.browser.link("/document.pdf")
	if err != nil {
		return err
	}
	shown, err := j.browser.download(ctx, read)
	if err != nil {
		return err
	}
	j.say("document read: %d bytes of PDF, and the same as a page", len(shown))
	return j.signAsRead(ctx)
}

// signAsRead signs the document of the page the browser stands at.
func (j *journey) signAsRead(ctx context.Context) error {
	if err := j.browser.submit(ctx, "/read", map[string]string{"read": "1"}); err != nil {
		return err
	}
	request := strings.TrimSuffix(j.browser.at.Path, "/sign")
	certificate, err := j.agent.SigningCertificate(ctx)
	if err != nil {
		return fmt.Errorf("reading the signature certificate: %w", err)
	}
	var prepared struct{ Preparation, Hash, HashFunction string }
	if err := j.browser.postJSON(ctx, request+"/prepare", certificate, &prepared); err != nil {
		return fmt.Errorf("preparing: %w", err)
	}
	j.say("prepared: %s to sign", prepared.HashFunction)
	signature, err := j.agent.Sign(ctx, api.SignRequest{
		Certificate: certificate.Certificate, Hash: prepared.Hash, HashFunction: prepared.HashFunction, Lang: "fr"})
	if err != nil {
		return fmt.Errorf("signing: %w", err)
	}
	j.say("card signed the document, second PIN")
	var done struct{ Next string }
	err = j.browser.postJSON(ctx, request+"/complete", map[string]any{
		"preparation": prepared.Preparation, "signature": signature.Signature,
		"signatureAlgorithm": signature.SignatureAlgorithm}, &done)
	if err != nil {
		return fmt.Errorf("completing: %w", err)
	}
	if err := j.browser.open(ctx, done.Next); err != nil {
		return err
	}
	j.say("%s", j.browser.heading())
	return j.signedByCard(prepared.Hash)
}

// signedByCard checks that the digest the counter prepared stands in the card's own
// record of what it signed.
func (j *journey) signedByCard(hash string) error {
	digest, err := base64.StdEncoding.DecodeString(hash)
	if err != nil {
		return err
	}
	journal, err := j.world.desk.Journal()
	if err != nil {
		return err
	}
	if !j.world.desk.CanMove() {
		return nil // SoftHSM2 alone keeps no journal
	}
	for _, entry := range journal {
		if entry.Label == "Signature" && strings.HasSuffix(string(entry.Data), string(digest)) {
			return nil
		}
	}
	return errors.New("the card's journal does not hold the digest")
}

// collect downloads the signed document from the vault, verifies it and keeps it.
func (j *journey) collect(ctx context.Context, name string) error {
	if err := j.browser.open(ctx, j.prefix+"documents"); err != nil {
		return err
	}
	if err := j.browser.follow(ctx, j.prefix+"documents/"); err != nil {
		return err
	}
	file, err := j.browser.link("/file.pdf")
	if err != nil {
		return err
	}
	pdf, err := j.browser.download(ctx, file)
	if err != nil {
		return err
	}
	report, err := signing.Verify(ctx, pdf, signing.Trust{Anchors: j.world.services.Anchors()})
	if err != nil {
		return err
	}
	if !report.Valid() || len(report.Signatures) == 0 {
		return fmt.Errorf("the document from the vault does not verify: %+v", report)
	}
	signature := report.Signatures[0]
	j.say("in the vault: %d bytes, %s by %s, %s", len(pdf), signature.Level, signature.Signer, signature.Indication)
	if j.dir == "" {
		return nil
	}
	path := filepath.Join(j.dir, name)
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		return err
	}
	j.say("written to %s", path)
	return nil
}

// writeTrust leaves the trust anchors beside the documents, for guichet verify. Their
// files are named by fingerprint too: each run has authorities of its own, and the
// documents of several runs in one folder all verify.
func (j *journey) writeTrust() error {
	if j.dir == "" {
		return nil
	}
	trust := filepath.Join(j.dir, "trust")
	if err := os.MkdirAll(trust, 0o700); err != nil {
		return err
	}
	for _, anchor := range j.world.services.AnchorCertificates() {
		name := strings.ToLower(strings.ReplaceAll(anchor.Subject.CommonName, " ", "-"))
		fingerprint := sha256.Sum256(anchor.Raw)
		file := filepath.Join(trust, fmt.Sprintf("%s-%x.pem", name, fingerprint[:4]))
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: anchor.Raw})
		if err := os.WriteFile(file, text, 0o600); err != nil {
			return err
		}
	}
	return nil
}
