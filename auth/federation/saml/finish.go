package saml

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/beevik/etree"
	crew "github.com/crewjam/saml"
	"github.com/crewjam/saml/xmlenc"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/saml/internal/shape"
)

// Finish checks the form that the browser posted: SAMLResponse, and RelayState with the
// flow's id. It reads nothing but those two, asks nobody, and takes bounded time and
// memory whatever comes.
func (p *Provider) Finish(ctx context.Context, f federation.Flow, answer url.Values) (id federation.Identity, err error) {
	defer func() {
		if recover() != nil { // what it says may hold the message
			id, err = federation.Identity{}, federation.Refuse(errors.New("reading the message panicked"))
		}
	}()
	m, err := p.current(ctx)
	if err != nil {
		return federation.Identity{}, err
	}
	id, err = p.finish(m, f, answer)
	if err != nil {
		return federation.Identity{}, federation.Refuse(err)
	}
	return id, nil
}

func (p *Provider) finish(m *Inspection, f federation.Flow, answer url.Values) (federation.Identity, error) {
	now := p.now()
	doc, err := p.fromForm(f, answer, now)
	if err != nil {
		return federation.Identity{}, err
	}
	head, err := shape.Check(doc, shape.Response)
	if err != nil {
		return federation.Identity{}, err
	}
	if err := p.checkHead(m, f, head, now); err != nil {
		return federation.Identity{}, err
	}
	if len(head.Status) == 0 || head.Status[0] != crew.StatusSuccess {
		return federation.Identity{}, p.declined(m, doc, head, now)
	}
	key, inside, err := p.open(doc, head)
	if err != nil {
		return federation.Identity{}, err
	}
	signed, err := p.verify(m, f, doc, inside, key, now)
	if err != nil {
		return federation.Identity{}, err
	}
	return p.identity(f, signed, now)
}

// fromForm takes the message out of the form.
func (p *Provider) fromForm(f federation.Flow, answer url.Values, now time.Time) ([]byte, error) {
	switch {
	case answer.Has("SAMLart"):
		return nil, errors.New("answer is an artifact")
	case len(answer["SAMLResponse"]) != 1 || len(answer["RelayState"]) != 1:
		return nil, errors.New("answer is missing or there are several")
	case f.ID == "" || answer.Get("RelayState") != f.ID || f.Provider != p.settings.ID || f.RequestID == "":
		return nil, errors.New("answer is not for this flow")
	case f.Over(now):
		return nil, errors.New("flow is over")
	}
	return strictBase64(answer.Get("SAMLResponse"), shape.MaxBytes)
}

// checkHead refuses by the outermost element, unverified as it is: what fails here is
// not worth a digest. crewjam reads the same fields again.
func (p *Provider) checkHead(m *Inspection, f federation.Flow, head shape.Head, now time.Time) error {
	switch {
	case head.InResponseTo != f.RequestID:
		return errors.New("message answers another request, or none")
	case head.Destination != p.party.acs.String():
		return errors.New("message was sent to another address, or to none")
	case head.Issuer != "" && head.Issuer != m.EntityID:
		return errors.New("message is of another issuer")
	}
	return fresh(head.IssueInstant, now)
}

// fresh checks the time at which a message was issued.
func fresh(told string, now time.Time) error {
	issued, err := readInstant(told)
	switch {
	case err != nil:
		return err
	case issued.After(now.Add(federation.Skew)):
		return errors.New("message was issued in the future")
	case issued.Before(now.Add(-maxAge - federation.Skew)):
		return errors.New("message is old")
	}
	return nil
}

// declined is a status other than success: saml-core-2.0-os, 3.2.2.2. The member turned
// back, or the provider does not want. It carries no assertion; if it is signed, the
// signature holds.
func (p *Provider) declined(m *Inspection, doc []byte, head shape.Head, now time.Time) error {
	if head.Assertion || head.Encrypted {
		return errors.New("message says no and holds an assertion")
	}
	if head.Signed {
		root, err := parse(doc)
		if err != nil {
			return err
		}
		if _, err := verifyElement(root, m.certs, now); err != nil {
			return err
		}
	}
	turnedBack := []string{crew.StatusNoAuthnContext, crew.StatusAuthnFailed, crew.StatusRequestDenied}
	if len(head.Status) == 2 && slices.Contains(turnedBack, head.Status[1]) {
		return federation.ErrCancelled
	}
	return errors.New("provider says no")
}

// open finds the key of ours that opens an encrypted assertion, and looks at the shape
// of what was inside. Without encryption it is our first key and nil.
func (p *Provider) open(doc []byte, head shape.Head) (KeyPair, []byte, error) {
	if !head.Encrypted {
		if !head.Assertion {
			return KeyPair{}, nil, errors.New("message holds no assertion")
		}
		return p.party.keys[0], nil, nil
	}
	root, err := parse(doc)
	if err != nil {
		return KeyPair{}, nil, err
	}
	for _, k := range p.party.keys {
		inside, err := decrypt(root, k)
		if err != nil {
			continue
		}
		assertion, err := shape.Check(inside, shape.Assertion)
		switch {
		case err != nil:
			return KeyPair{}, nil, fmt.Errorf("encrypted assertion: %w", err)
		case assertion.ID == head.ID:
			return KeyPair{}, nil, errors.New("encrypted assertion has the ID of its message")
		}
		return k, inside, nil
	}
	return KeyPair{}, nil, errors.New("encrypted assertion does not open")
}

// decrypt does what crewjam will do again, to see what it will see.
func decrypt(root *etree.Element, k KeyPair) ([]byte, error) {
	encrypted := root.SelectElement("EncryptedAssertion")
	if encrypted == nil {
		return nil, errXML
	}
	data := encrypted.SelectElement("EncryptedData")
	if beside := encrypted.SelectElement("EncryptedKey"); beside != nil {
		key, err := xmlenc.Decrypt(k.Key, beside)
		if err != nil {
			return nil, err
		}
		return xmlenc.Decrypt(key, data)
	}
	return xmlenc.Decrypt(k.Key, data)
}

// verify has crewjam read the message, then verifies the assertion itself. What it
// returns holds only what the assertion's signature covers.
func (p *Provider) verify(m *Inspection, f federation.Flow, doc, inside []byte, key KeyPair, now time.Time) (*capture, error) {
	c := &capture{certs: m.certs, now: now}
	sp := p.party.serviceProvider(key)
	sp.IDPMetadata = m.descriptor
	sp.SignatureVerifier = c
	// The library sees the last Audience only; judge looks at all.
	sp.ValidateAudienceRestriction = func(*crew.Assertion) error { return nil }
	read, err := sp.ParseXMLResponse(doc, []string{f.RequestID}, p.party.acs)
	if err != nil {
		return nil, errors.New("crewjam/saml refuses the message: " + reason(err))
	}
	assertion, err := p.assertionOf(c, doc, inside)
	if err != nil {
		return nil, err
	}
	if err := c.own(assertion); err != nil {
		return nil, fmt.Errorf("assertion: %w", err)
	}
	if c.assertion.SelectAttrValue("ID", "") != read.ID {
		return nil, errors.New("assertion read is not the one verified")
	}
	return c, nil
}

// assertionOf finds the assertion: inside what was encrypted, or in the response, and
// there in what the response's signature covers, if it has one.
func (p *Provider) assertionOf(c *capture, doc, inside []byte) (*etree.Element, error) {
	switch {
	case c.assertion != nil:
		return nil, nil
	case inside != nil:
		return parse(inside)
	case c.response != nil:
		return c.response.SelectElement("Assertion"), nil
	}
	root, err := parse(doc)
	if err != nil {
		return nil, err
	}
	return root.SelectElement("Assertion"), nil
}

// reason is a word for the log about an error of the library, whose own words may hold
// the message.
func reason(err error) string {
	var invalid *crew.InvalidResponseError
	if errors.As(err, &invalid) && (errors.Is(invalid.PrivateErr, errSignature)) {
		return errSignature.Error()
	}
	return "it is not valid"
}
