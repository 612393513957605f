package saml

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	crew "github.com/crewjam/saml"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/saml/internal/shape"
)

// Out makes our LogoutRequest, by Redirect: saml-core-2.0-os, 3.7.1. The provider sends
// the browser to our logout service with a LogoutResponse; l.State comes back with it as
// RelayState. back is not used: the provider knows the service from our metadata.
func (p *Provider) Out(ctx context.Context, l federation.Logout, back string) (string, bool, error) {
	m, err := p.current(ctx)
	if err != nil {
		return "", false, err
	}
	if m.slo == "" || p.settings.NoLogout || l.Provider != p.settings.ID || l.NameID == "" || l.State == "" {
		return "", false, nil
	}
	id, err := p.logoutID(l.State)
	if err != nil {
		return "", false, err
	}
	request := p.message("LogoutRequest", id, m.slo)
	request.CreateAttr("NotOnOrAfter", instant(p.now().Add(maxAge)))
	name := crew.NameID{NameQualifier: l.NameQualifier, SPNameQualifier: l.SPNameQualifier, Format: l.Format, Value: l.NameID}
	request.AddChild(name.Element())
	if l.SessionIndex != "" {
		request.CreateElement("samlp:SessionIndex").SetText(l.SessionIndex)
	}
	address, err := p.party.redirect(m.slo, "SAMLRequest", request, l.State)
	return address, err == nil, err
}

// logoutID makes the ID of a request that goes out with a state: a random part, and a
// MAC over it and the state under our key. So the answer can be told on any server,
// without anything being kept.
func (p *Provider) logoutID(state string) (string, error) {
	var nonce [10]byte
	if _, err := io.ReadFull(p.rand, nonce[:]); err != nil {
		return "", fmt.Errorf("drawing the id of a message: %w", err)
	}
	return "_" + hex.EncodeToString(append(nonce[:], p.logoutMAC(p.party.keys[0], nonce[:], state)...)), nil
}

func (p *Provider) logoutMAC(k KeyPair, nonce []byte, state string) []byte {
	mac := hmac.New(sha256.New, k.Key.D.Bytes())
	fmt.Fprintf(mac, "guichet logout 1\x00%s\x00%x\x00%s", p.settings.ID, nonce, state)
	return mac.Sum(nil)[:16]
}

// ours reports whether id is that of a request of ours with that state.
func (p *Provider) ours(id, state string) bool {
	raw, err := hex.DecodeString(strings.TrimPrefix(id, "_"))
	if err != nil || len(raw) != 26 {
		return false
	}
	for _, k := range p.party.keys {
		if hmac.Equal(raw[10:], p.logoutMAC(k, raw[:10], state)) {
			return true
		}
	}
	return false
}

// LogoutMessage is what came to the logout service, after every check: a provider's
// request that sessions end, or its answer to ours.
type LogoutMessage struct {
	Provider string // Provider.ID
	Issuer   string // the provider's entity id
	ID       string // of the message: with Issuer the replay key of a request
	Until    time.Time
	Relay    string // RelayState: our state in an answer; in a request the provider's, for AnswerLogout

	// A request: whose sessions end. Without an index all of them.
	Request         bool
	NameID          string
	Format          string
	NameQualifier   string
	SPNameQualifier string
	Sessions        []string

	// An answer: whether all sessions at the provider's other parties ended, too.
	Complete bool
}

// LogoutInput is the request to the logout service: by GET its raw query, by POST its form.
type LogoutInput struct {
	RawQuery string
	Form     url.Values
}

// ReadLogout reads what came to the logout service from one of the providers. Everything
// it returns was signed by that provider, is for us and is fresh. It is ErrRefused
// otherwise: no session ends on the word of a stranger (saml-profiles-2.0-os, 4.4.4.1).
// The caller remembers Issuer and ID of a request until Until, and refuses it the second
// time, before any session ends.
func ReadLogout(ctx context.Context, in LogoutInput, providers ...*Provider) (msg LogoutMessage, err error) {
	defer func() {
		if recover() != nil { // what it says may hold the message
			msg, err = LogoutMessage{}, federation.Refuse(errors.New("reading the message panicked"))
		}
	}()
	raw, err := in.read()
	if err != nil {
		return LogoutMessage{}, federation.Refuse(err)
	}
	head, err := shape.Check(raw.message, raw.kind)
	if err != nil {
		return LogoutMessage{}, federation.Refuse(err)
	}
	for _, p := range providers {
		if head.Issuer != p.settings.EntityID {
			continue
		}
		m, err := p.current(ctx)
		if err != nil {
			return LogoutMessage{}, err
		}
		if msg, err = p.readLogout(m, raw, head); err != nil {
			return LogoutMessage{}, federation.Refuse(err)
		}
		return msg, nil
	}
	return LogoutMessage{}, federation.Refuse(errors.New("message is of no provider here"))
}

// rawLogout is a logout message that is not yet verified.
type rawLogout struct {
	redirected
	kind shape.Kind
	post bool
}

// read takes the one message out of the query or the form.
func (in LogoutInput) read() (rawLogout, error) {
	var found []rawLogout
	query, err := url.ParseQuery(in.RawQuery)
	if err != nil {
		return rawLogout{}, errors.New("query does not decode")
	}
	for param, kind := range map[string]shape.Kind{"SAMLRequest": shape.LogoutRequest, "SAMLResponse": shape.LogoutResponse} {
		if query.Has(param) {
			r, err := readRedirect(in.RawQuery, param)
			if err != nil {
				return rawLogout{}, err
			}
			found = append(found, rawLogout{redirected: r, kind: kind})
		}
		if values := in.Form[param]; len(values) > 0 {
			message, err := strictBase64(values[0], shape.MaxBytes)
			if err != nil {
				return rawLogout{}, err
			}
			found = append(found, rawLogout{redirected: redirected{message: message, relay: in.Form.Get("RelayState")}, kind: kind, post: true})
		}
	}
	if len(found) != 1 || len(in.Form["SAMLRequest"])+len(in.Form["SAMLResponse"]) > 1 || len(in.Form["RelayState"]) > 1 {
		return rawLogout{}, errors.New("there is no message, or there are several")
	}
	if len(found[0].relay) > maxRelay {
		return rawLogout{}, errors.New("relay state is too long")
	}
	return found[0], nil
}

// maxRelay bounds a provider's RelayState, in bytes: saml-bindings-2.0-os, 3.4.3 says
// 80, and providers write more.
const maxRelay = 1024

func (p *Provider) readLogout(m *Inspection, raw rawLogout, head shape.Head) (LogoutMessage, error) {
	now := p.now()
	if head.Destination != p.party.slo.String() {
		return LogoutMessage{}, errors.New("message was sent to another address, or to none")
	}
	if err := fresh(head.IssueInstant, now); err != nil {
		return LogoutMessage{}, err
	}
	covered, err := p.covered(m, raw, head, now)
	if err != nil {
		return LogoutMessage{}, err
	}
	issued, err := readInstant(head.IssueInstant)
	if err != nil {
		return LogoutMessage{}, err
	}
	msg := LogoutMessage{Provider: p.settings.ID, Issuer: p.settings.EntityID, ID: head.ID, Relay: raw.relay,
		Until: issued.Add(maxAge + 2*federation.Skew)}
	if raw.kind == shape.LogoutResponse {
		return msg, p.readAnswer(&msg, head)
	}
	return msg, readRequest(&msg, covered, head, now)
}

// covered are the bytes that the provider signed: by Redirect the whole message with the
// query, by POST what the embedded signature covers.
func (p *Provider) covered(m *Inspection, raw rawLogout, head shape.Head, now time.Time) ([]byte, error) {
	if !raw.post {
		if head.Signed { // saml-bindings-2.0-os, 3.4.4.1: it must not be in there
			return nil, errors.New("message by Redirect has a signature inside")
		}
		return raw.message, raw.verify(m.certs, now)
	}
	if !head.Signed {
		return nil, errors.New("message is not signed")
	}
	root, err := parse(raw.message)
	if err != nil {
		return nil, err
	}
	verified, err := verifyElement(root, m.certs, now)
	if err != nil {
		return nil, err
	}
	return serialize(verified), nil
}

// readAnswer: the answer is to the request that went out with its state.
func (p *Provider) readAnswer(msg *LogoutMessage, head shape.Head) error {
	if msg.Relay == "" || !p.ours(head.InResponseTo, msg.Relay) {
		return errors.New("message answers no request of ours")
	}
	msg.Complete = len(head.Status) == 1 && head.Status[0] == crew.StatusSuccess
	return nil
}

// readRequest reads whose sessions end: saml-core-2.0-os, 3.7.1.
func readRequest(msg *LogoutMessage, covered []byte, head shape.Head, now time.Time) error {
	if head.NotOnOrAfter != "" {
		ends, err := readInstant(head.NotOnOrAfter)
		if err != nil {
			return err
		}
		if !now.Before(ends.Add(federation.Skew)) {
			return errors.New("message has expired")
		}
	}
	var request struct {
		NameIDs  []nameID `xml:"urn:oasis:names:tc:SAML:2.0:assertion NameID"`
		Sessions []string `xml:"urn:oasis:names:tc:SAML:2.0:protocol SessionIndex"`
	}
	if err := xml.Unmarshal(covered, &request); err != nil {
		return errXML
	}
	if len(request.NameIDs) != 1 || request.NameIDs[0].Value == "" || len(request.NameIDs[0].Value) > federation.MaxText {
		return errors.New("message names its subject not at all or at length")
	}
	for _, s := range request.Sessions {
		if s == "" || len(s) > federation.MaxText {
			return errors.New("session index is empty or too long")
		}
	}
	name := request.NameIDs[0]
	msg.Request, msg.NameID, msg.Format, msg.Sessions = true, name.Value, name.Format, request.Sessions
	msg.NameQualifier, msg.SPNameQualifier = name.NameQualifier, name.SPNameQualifier
	return nil
}

// AnswerLogout is the address that carries our LogoutResponse to a request, by Redirect:
// saml-core-2.0-os, 3.7.2. done is false if the sessions could not be ended. ok is false
// if the provider takes no answer that way.
func (p *Provider) AnswerLogout(ctx context.Context, msg LogoutMessage, done bool) (address string, ok bool, err error) {
	m, err := p.current(ctx)
	if err != nil {
		return "", false, err
	}
	if m.sloEnd == "" {
		return "", false, nil
	}
	if !msg.Request || msg.Provider != p.settings.ID {
		return "", false, fmt.Errorf("message is no request of %s", p.settings.ID)
	}
	id, err := p.messageID()
	if err != nil {
		return "", false, err
	}
	response := p.message("LogoutResponse", id, m.sloEnd)
	response.CreateAttr("InResponseTo", msg.ID)
	status := crew.Status{StatusCode: crew.StatusCode{Value: crew.StatusSuccess}}
	if !done {
		status.StatusCode.Value = crew.StatusResponder
	}
	response.AddChild(status.Element())
	address, err = p.party.redirect(m.sloEnd, "SAMLResponse", response, msg.Relay)
	return address, err == nil, err
}
