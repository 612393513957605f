package saml

import (
	"encoding/xml"
	"errors"
	"slices"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/federation"
)

const bearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer"

// identity judges a verified assertion and says whom it proves.
func (p *Provider) identity(f federation.Flow, c *capture, now time.Time) (federation.Identity, error) {
	var a assertion
	if err := xml.Unmarshal(serialize(c.assertion), &a); err != nil {
		return federation.Identity{}, errXML
	}
	until, err := p.judge(&a, f, now)
	if err != nil {
		return federation.Identity{}, err
	}
	proof, err := p.proof(&a, f, now)
	if err != nil {
		return federation.Identity{}, err
	}
	id := p.told(&a)
	id.At, id.Level, id.Until = proof.at, proof.level, until
	id.Logout.SessionIndex = proof.session
	if err := p.number(&a, &id); err != nil {
		return federation.Identity{}, err
	}
	id.Evidence = serialize(c.evidence)
	return id, nil
}

// judge makes the checks that crewjam/saml leaves to its caller, and makes those again
// that it makes by halves: saml-profiles-2.0-os, 4.1.4.3. It returns the time from which
// on the assertion is refused as expired.
func (p *Provider) judge(a *assertion, f federation.Flow, now time.Time) (time.Time, error) {
	switch {
	case a.Version != "2.0" || a.ID == "" || len(a.ID) > federation.MaxText:
		return time.Time{}, errors.New("assertion is not SAML 2.0 or has no ID")
	case a.Issuer.Value != p.settings.EntityID:
		return time.Time{}, errors.New("assertion is of another issuer")
	case a.Issuer.Format != "" && a.Issuer.Format != "urn:oasis:names:tc:SAML:2.0:nameid-format:entity":
		return time.Time{}, errors.New("assertion's issuer is not an entity")
	case len(a.Subjects) != 1 || len(a.Conditions) != 1 || len(a.AuthnStatements) != 1:
		return time.Time{}, errors.New("assertion has not one subject, one set of conditions, one authentication")
	}
	if err := fresh(a.IssueInstant, now); err != nil {
		return time.Time{}, err
	}
	confirmed, err := p.confirm(a, f, now)
	if err != nil {
		return time.Time{}, err
	}
	conditions := a.Conditions[0]
	ends, err := window(conditions.NotBefore, conditions.NotOnOrAfter, now)
	if err != nil {
		return time.Time{}, err
	}
	// One restriction that names us. Several would all have to hold; nobody sends them.
	if len(conditions.Restrictions) != 1 || !slices.Contains(conditions.Restrictions[0].Audiences, p.party.entityID) {
		return time.Time{}, errors.New("assertion is not for us alone")
	}
	if confirmed.After(ends) {
		ends = confirmed
	}
	return ends.Add(federation.Skew), nil
}

// confirm checks that the bearer answers this flow, here, now: saml-profiles-2.0-os,
// 4.1.4.2.
func (p *Provider) confirm(a *assertion, f federation.Flow, now time.Time) (time.Time, error) {
	s := a.Subjects[0]
	if len(s.NameIDs) != 1 || s.NameIDs[0].Value == "" || len(s.NameIDs[0].Value) > federation.MaxText {
		return time.Time{}, errors.New("assertion names its subject not at all or at length")
	}
	if len(s.Confirmations) != 1 || s.Confirmations[0].Method != bearer || len(s.Confirmations[0].Data) != 1 {
		return time.Time{}, errors.New("assertion has not one confirmation by its bearer")
	}
	data := s.Confirmations[0].Data[0]
	switch {
	case data.Recipient != p.party.acs.String():
		return time.Time{}, errors.New("assertion is for another recipient")
	case data.InResponseTo != f.RequestID:
		return time.Time{}, errors.New("assertion answers another request, or none")
	}
	return window(data.NotBefore, data.NotOnOrAfter, now)
}

// window checks a time span: it has an end, is neither before nor over, and not without
// bounds.
func window(notBefore, notOnOrAfter string, now time.Time) (time.Time, error) {
	if notBefore != "" {
		begins, err := readInstant(notBefore)
		if err != nil {
			return time.Time{}, err
		}
		if begins.After(now.Add(federation.Skew)) {
			return time.Time{}, errors.New("assertion is not valid yet")
		}
	}
	ends, err := readInstant(notOnOrAfter)
	switch {
	case err != nil:
		return time.Time{}, err
	case !now.Before(ends.Add(federation.Skew)):
		return time.Time{}, errors.New("assertion has expired")
	case ends.After(now.Add(maxLife + federation.Skew)):
		return time.Time{}, errors.New("assertion is valid for too long")
	}
	return ends, nil
}

// proof is how and when the member proved who she is.
type proof struct {
	at      time.Time
	level   int
	session string
}

// proof checks the statement about the authentication: saml-core-2.0-os, 2.7.2.
func (p *Provider) proof(a *assertion, f federation.Flow, now time.Time) (proof, error) {
	s := a.AuthnStatements[0]
	at, err := readInstant(s.AuthnInstant)
	switch {
	case err != nil:
		return proof{}, err
	case at.After(now.Add(federation.Skew)):
		return proof{}, errors.New("authentication is in the future")
	case f.Force && at.Before(f.Created.Add(-federation.Skew)):
		return proof{}, federation.ErrStale
	case at.Before(now.Add(-maxProofAge)):
		return proof{}, federation.ErrStale
	case len(s.SessionIndex) > federation.MaxText:
		return proof{}, errors.New("session index is too long")
	}
	if s.SessionNotOnOrAfter != "" {
		ends, err := readInstant(s.SessionNotOnOrAfter)
		if err != nil {
			return proof{}, err
		}
		if !now.Before(ends.Add(federation.Skew)) {
			return proof{}, errors.New("session at the provider is over")
		}
	}
	if len(s.ClassRefs) != 1 {
		return proof{}, errors.New("authentication has not one context")
	}
	level, err := p.levels.Check(s.ClassRefs[0], f.Asked)
	if err != nil {
		return proof{}, err
	}
	return proof{at: at.UTC(), level: level, session: s.SessionIndex}, nil
}

// told is what the assertion says of the person, as data.
func (p *Provider) told(a *assertion) federation.Identity {
	name := a.Subjects[0].NameIDs[0]
	return federation.Identity{
		Provider: p.settings.ID, Issuer: p.settings.EntityID, Subject: name.Value, Assertion: a.ID,
		GivenNames: federation.Text(a.value("givenName")),
		Surname:    federation.Text(a.value("surname")),
		Email:      federation.Text(a.value("mail")),
		Language:   federation.Language(a.value("PrefLanguage")),
		Logout: federation.Logout{Provider: p.settings.ID, NameID: name.Value, Format: name.Format,
			NameQualifier: name.NameQualifier, SPNameQualifier: name.SPNameQualifier},
	}
}

// number reads the national number: one attribute of exactly that name, one value,
// eleven digits that check. Without the attribute the person is known by no number, and
// worth nothing here; with a number that is not one the answer is refused.
func (p *Provider) number(a *assertion, id *federation.Identity) error {
	all := a.values(p.settings.NumberAttribute)
	if len(all) != 1 {
		return federation.ErrNoNumber
	}
	n, err := federation.Number(all[0])
	if err != nil {
		return err
	}
	id.Number, id.HasNumber = n, true
	id.Assurance = auth.OfCSAM(id.Level)
	return nil
}
