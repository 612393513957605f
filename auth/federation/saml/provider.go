package saml

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"guichet.example/auth/federation"
)

// Settings describe one identity provider in the settings file.
type Settings struct {
	// ID is the provider's name in paths and the audit trail: 1 to 32 lower-case letters,
	// digits and hyphens. Required.
	ID string `json:"id"`
	// Names is what members read on the button, by language. Required: fr, nl, de, en.
	Names map[string]string `json:"names"`
	// EntityID is the provider's entity id exactly as its metadata spells it. Required.
	EntityID string `json:"entity_id"`
	// Metadata is a file, or an https address that is fetched when needed and again in
	// the background. Required.
	Metadata string `json:"metadata"`
	// MetadataSigner is a PEM file with the certificate that signs the metadata. Empty:
	// its signature is not asked for; then TLS, or whoever wrote the file, vouches for it.
	MetadataSigner string `json:"metadata_signer"`
	// CAFile holds the PEM certificates of the authorities that vouch for the address of
	// the metadata. Empty: those of the system.
	CAFile string `json:"ca_file"`
	// RefreshMinutes is how often metadata is fetched again, 5 to 1440. Empty: 360. What
	// the metadata itself says about it counts if it is sooner.
	RefreshMinutes int `json:"refresh_minutes"`
	// OlderLevels has FAS asked in the older spelling of its levels. Both are accepted.
	OlderLevels bool `json:"older_levels"`
	// Levels are further rows of the table from AuthnContextClassRef to CSAM level.
	Levels map[string]int `json:"levels"`
	// Ask names, by CSAM level, what a provider that is not FAS is asked for instead of
	// FAS's spelling: {"400": "urn:..."}. An empty text asks for nothing in particular;
	// what comes back is judged all the same.
	Ask map[int]string `json:"ask"`
	// ForceAuthn wants a new proof at each sign-in. Approvals always do.
	ForceAuthn bool `json:"force_authn"`
	// NumberAttribute is the exact Name of the attribute with the national number.
	// Empty: egovNRN.
	NumberAttribute string `json:"number_attribute"`
	// NoLogout hides "log out everywhere", though the provider offers it.
	NoLogout bool `json:"no_logout"`
}

// Options are what a provider needs besides its settings.
type Options struct {
	// Now tells the time. Empty: time.Now. The library compares with the machine's clock
	// besides, so that another clock must not stand more than two minutes off.
	Now func() time.Time
	// Rand draws the ids of messages. Required.
	Rand io.Reader
	// Loopback accepts http for loopback names: for the demo and tests only.
	Loopback bool
	// Cache keeps metadata that was fetched for the next start.
	Cache Cache
	// Log gets an alarm when metadata cannot be renewed. Empty: nothing is logged.
	Log *slog.Logger
}

// Provider is one SAML identity provider, as a federation.Provider. It is safe for
// concurrent use.
type Provider struct {
	settings Settings
	party    *Party
	levels   federation.Levels
	signer   *x509.Certificate // of the metadata; nil: not asked for
	loopback bool
	now      func() time.Time
	rand     io.Reader
	log      *slog.Logger
	client   *http.Client
	cache    Cache

	metadata atomic.Pointer[Inspection] // nil: none yet
	fetching sync.Mutex
	failures int       // in a row; with fetching
	tried    time.Time // the last fetch ended; with fetching
}

var _ federation.Provider = (*Provider)(nil)

var providerID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// defaultNumber is FAS's attribute with the national number.
const defaultNumber = "egovNRN"

// New returns a provider as the settings describe it. It reads the files they name; an
// address is fetched by Run, or when the first member comes, and begins with what Cache
// holds of it. Its errors say which
// setting is wrong.
func New(s Settings, party *Party, o Options) (*Provider, error) {
	p := &Provider{settings: s, party: party, loopback: o.Loopback, now: o.Now, rand: o.Rand, log: o.Log, cache: o.Cache}
	if p.settings.NumberAttribute == "" {
		p.settings.NumberAttribute = defaultNumber
	}
	if p.now == nil {
		p.now = time.Now
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	if o.Rand == nil || party == nil {
		return nil, fmt.Errorf("provider %.40q: no source of randomness, or nobody to be", s.ID)
	}
	if err := built(); err != nil {
		return nil, err
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("provider %.40q: %w", s.ID, err)
	}
	if !p.byAddress() {
		if err := p.Refresh(context.Background()); err != nil {
			return nil, fmt.Errorf("provider %s: %w", s.ID, err)
		}
	}
	p.begin()
	return p, nil
}

// begin starts with the copy of the metadata that an earlier start fetched, if it is still
// good; Run fetches it anew all the same.
func (p *Provider) begin() {
	if !p.caches() {
		return
	}
	m, err := p.recall()
	switch {
	case err == nil:
		p.metadata.Store(m)
	case !errors.Is(err, fs.ErrNotExist):
		p.log.Warn("kept metadata of an identity provider is not used", "provider", p.settings.ID, "cause", err)
	}
}

// check refuses settings that are incomplete or contradict each other, and reads the
// certificates they name.
func (p *Provider) check() error {
	s := p.settings
	if !providerID.MatchString(s.ID) {
		return errors.New(`"id" is not 1 to 32 lower-case letters, digits and hyphens`)
	}
	for _, lang := range []string{"fr", "nl", "de", "en"} {
		if name := s.Names[lang]; name == "" || federation.Text(name) != name || len(s.Names) != 4 {
			return fmt.Errorf(`"names" has no name in %q, or one in a language that the counter does not speak`, lang)
		}
	}
	switch {
	case s.EntityID == "" || s.EntityID == p.party.entityID:
		return errors.New(`"entity_id" is required, and is the provider's own`)
	case s.Metadata == "":
		return errors.New(`"metadata" is required`)
	case s.RefreshMinutes != 0 && (s.RefreshMinutes < 5 || s.RefreshMinutes > 1440):
		return errors.New(`"refresh_minutes" is not 5 to 1440`)
	}
	for level := range s.Ask {
		if !federation.Known(level) {
			return fmt.Errorf(`"ask": %d is no CSAM level`, level)
		}
	}
	var err error
	if p.levels, err = federation.NewLevels(s.Levels); err != nil {
		return fmt.Errorf(`"levels": %w`, err)
	}
	if s.MetadataSigner != "" {
		if p.signer, err = readCertificate(s.MetadataSigner); err != nil {
			return fmt.Errorf(`"metadata_signer": %w`, err)
		}
	}
	return errors.Join(p.checkCache(), p.newClient())
}

// ID is the provider's name in settings and paths.
func (p *Provider) ID() string { return p.settings.ID }

// Names says what members read on the button, by language.
func (p *Provider) Names() map[string]string { return maps.Clone(p.settings.Names) }

// Protocol is federation.SAML.
func (p *Provider) Protocol() string { return federation.SAML }

// EntityID is the provider's own name, the issuer of its assertions.
func (p *Provider) EntityID() string { return p.settings.EntityID }

// Offers reports whether the provider can be asked to log out everywhere.
func (p *Provider) Offers() bool {
	m := p.metadata.Load()
	return m != nil && m.slo != "" && !p.settings.NoLogout
}
