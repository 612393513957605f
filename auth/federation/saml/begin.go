package saml

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"github.com/beevik/etree"
	crew "github.com/crewjam/saml"

	"guichet.example/auth/federation"
)

// Begin makes the signed AuthnRequest of a flow: saml-core-2.0-os, 3.4.1. Its ID goes
// into f.RequestID; f.Force is set where the provider's settings want a new proof each
// time.
func (p *Provider) Begin(ctx context.Context, f *federation.Flow) (string, error) {
	m, err := p.current(ctx)
	if err != nil {
		return "", err
	}
	if !federation.IsHandle(f.ID) || f.Provider != p.settings.ID {
		return "", fmt.Errorf("flow is not one to %s", p.settings.ID)
	}
	f.Force = f.Force || p.settings.ForceAuthn || f.Purpose == federation.Approve
	sp := p.party.serviceProvider(p.party.keys[0])
	sp.IDPMetadata = &crew.EntityDescriptor{EntityID: m.EntityID}
	if f.Force {
		sp.ForceAuthn = &f.Force
	}
	if ref := p.ask(f.Asked); ref != "" {
		sp.RequestedAuthnContext = &crew.RequestedAuthnContext{Comparison: "minimum", AuthnContextClassRef: ref}
	}
	request, err := sp.MakeAuthenticationRequest(m.sso, crew.HTTPRedirectBinding, crew.HTTPPostBinding)
	if err != nil {
		return "", fmt.Errorf("making a request: %w", err)
	}
	if request.ID, err = p.messageID(); err != nil {
		return "", err
	}
	request.IssueInstant = p.now().UTC()
	address, err := p.party.redirect(m.sso, "SAMLRequest", request.Element(), f.ID)
	if err != nil {
		return "", err
	}
	f.RequestID = request.ID
	return address, nil
}

// ask is the class reference that stands for a level in a question; empty to ask for
// nothing in particular.
func (p *Provider) ask(level int) string {
	if ref, ok := p.settings.Ask[level]; ok {
		return ref
	}
	switch {
	case !federation.Known(level):
		return ""
	case p.settings.OlderLevels:
		return federation.OlderRef(level)
	}
	return federation.CitizenRef(level)
}

// messageID draws the ID of a message: 160 bits, and an NCName, saml-core-2.0-os, 1.3.4.
func (p *Provider) messageID() (string, error) {
	var raw [20]byte
	if _, err := io.ReadFull(p.rand, raw[:]); err != nil {
		return "", fmt.Errorf("drawing the id of a message: %w", err)
	}
	return "_" + hex.EncodeToString(raw[:]), nil
}

// timeFormat is xs:dateTime in UTC to the millisecond: saml-core-2.0-os, 1.3.3.
const timeFormat = "2006-01-02T15:04:05.000Z"

func instant(t time.Time) string { return t.UTC().Format(timeFormat) }

// message starts a protocol message of ours: saml-core-2.0-os, 3.2.
func (p *Provider) message(kind, id, destination string) *etree.Element {
	el := etree.NewElement("samlp:" + kind)
	el.CreateAttr("xmlns:samlp", "urn:oasis:names:tc:SAML:2.0:protocol")
	el.CreateAttr("xmlns:saml", "urn:oasis:names:tc:SAML:2.0:assertion")
	el.CreateAttr("ID", id)
	el.CreateAttr("Version", "2.0")
	el.CreateAttr("IssueInstant", instant(p.now()))
	el.CreateAttr("Destination", destination)
	el.CreateElement("saml:Issuer").SetText(p.party.entityID)
	return el
}
