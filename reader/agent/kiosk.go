package agent

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/api"
)

// Kiosk is the machine that an agent runs in, where it is one: *kiosk.Machine.
type Kiosk interface {
	Status() api.KioskStatus
	// Bind makes the browser with that mark the kiosk's.
	Bind(ctx context.Context, browser string) error
	// Told waits until the portal knows of the card that is in, or ctx ends.
	Told(ctx context.Context) error
}

// kioskStatus tells the kiosk's own pages how it stands, with the first given name on the
// inserted card: the same that the certificate would tell a page in the next moment.
func (a *Agent) kioskStatus(w http.ResponseWriter, r *http.Request, _ string) {
	status := a.config.Kiosk.Status()
	if status.Card {
		status.Holder = a.holder(r.Context())
	}
	reply(w, status, nil)
}

// holder is the first given name of whose card is inserted, "" if that cannot be told now.
func (a *Agent) holder(ctx context.Context) string {
	card, err := a.config.Cards.Card(ctx)
	if err != nil {
		return ""
	}
	defer card.Close()
	certificate, err := card.Certificate(certs.Authentication)
	if err != nil {
		return ""
	}
	holder, err := certs.HolderOf(certificate)
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(holder.GivenNames, " ")
	return first
}

var browserMark = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

func (a *Agent) kioskBind(w http.ResponseWriter, r *http.Request, _ string) {
	var request api.KioskBindRequest
	err := decode(w, r, &request)
	if err == nil && !browserMark.MatchString(request.Browser) {
		err = invalid("browser is not a SHA-256 in base64url")
	}
	if err == nil {
		err = a.config.Kiosk.Bind(r.Context(), request.Browser)
	}
	if err != nil {
		reply(w, nil, err)
		return
	}
	reply(w, struct{}{}, nil)
}

// identified is a card that gives out its identity files.
type identified interface {
	Files(ctx context.Context) (*reader.Files, error)
	Issuers() []*x509.Certificate
}

var errNoFiles = errors.New("the card's module gives out no identity files")

// kioskIdentity hands the identity files of the inserted card to a page of the portal,
// without photo, for somebody who enrols. No PIN protects them on the card either.
func (a *Agent) kioskIdentity(w http.ResponseWriter, r *http.Request, _ string) {
	var nothing struct{}
	err := decode(w, r, &nothing)
	var id api.KioskIdentity
	if err == nil {
		id, err = a.identity(r.Context())
	}
	if err != nil {
		reply(w, nil, err)
		return
	}
	reply(w, id, nil)
}

func (a *Agent) identity(ctx context.Context) (api.KioskIdentity, error) {
	card, err := a.config.Cards.Card(ctx)
	if err != nil {
		return api.KioskIdentity{}, err
	}
	defer card.Close()
	source, ok := card.(identified)
	if !ok {
		return api.KioskIdentity{}, errNoFiles
	}
	files, err := source.Files(ctx)
	if err != nil {
		return api.KioskIdentity{}, err
	}
	if files == nil {
		return api.KioskIdentity{}, errNoFiles
	}
	issuers := [][]byte{}
	for _, cert := range source.Issuers() {
		issuers = append(issuers, cert.Raw)
	}
	return api.KioskIdentity{
		Identity: files.Identity, IdentitySignature: files.IdentitySignature,
		Address: files.Address, AddressSignature: files.AddressSignature, Registry: files.Registry, Certificates: issuers,
	}, nil
}
