package agent

import (
	"context"
	"net/http"
	"regexp"
	"strings"

	"guichet.example/certs"
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
