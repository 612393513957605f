package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/oidc"
	"guichet.example/auth/federation/saml"
	"guichet.example/portal"
	"guichet.example/portal/federal"
)

// ProviderSettings are one entry of "federation": a federal identity provider and what
// it is used for. The rest of the entry is what its protocol needs: saml.Settings or
// oidc.Settings.
type ProviderSettings struct {
	// Protocol is "saml" or "oidc". Required.
	Protocol string `json:"protocol"`
	// SignIn is the CSAM level asked to sign in. Empty: 200. 0: not used for that.
	SignIn *int `json:"sign_in"`
	// Approve is the CSAM level asked to approve a document, 400 or more. Empty: 400.
	// 0: not used for that.
	Approve *int `json:"approve"`
	// Top is the highest CSAM level of the provider's keys. Empty: 500.
	Top *int `json:"top"`

	saml *saml.Settings
	oidc *oidc.Settings
}

// UnmarshalJSON reads the entry as its protocol wants it; a key that it does not know is
// an error.
func (p *ProviderSettings) UnmarshalJSON(raw []byte) error {
	var kind struct{ Protocol string }
	if err := json.Unmarshal(raw, &kind); err != nil {
		return err
	}
	type use ProviderSettings // without this method
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	switch kind.Protocol {
	case federation.SAML:
		var entry struct {
			use
			saml.Settings
		}
		err := decoder.Decode(&entry)
		*p, p.saml = ProviderSettings(entry.use), &entry.Settings
		return err
	case federation.OIDC:
		var entry struct {
			use
			oidc.Settings
		}
		err := decoder.Decode(&entry)
		*p, p.oidc = ProviderSettings(entry.use), &entry.Settings
		return err
	}
	return fmt.Errorf(`"protocol" is %.20q, not "saml" or "oidc"`, kind.Protocol)
}

// way is what the provider is used for.
func (p *ProviderSettings) way(provider federation.Provider) federal.Way {
	or := func(level *int, otherwise int) int {
		if level == nil {
			return otherwise
		}
		return *level
	}
	return federal.Way{Provider: provider, SignIn: or(p.SignIn, 200), Approve: or(p.Approve, 400), Top: or(p.Top, 500)}
}

// checkFederation refuses settings that contradict each other. What needs the files they
// name is found when the providers are opened.
func (s *Settings) checkFederation() error {
	hasSAML := false
	for _, p := range s.Federation {
		hasSAML = hasSAML || p.saml != nil
	}
	switch {
	case hasSAML && s.SAML == nil:
		return errors.New(`"federation" has a SAML provider: "saml" is required, who we are to it`)
	case !hasSAML && s.SAML != nil:
		return errors.New(`"saml" is there without a SAML provider in "federation"`)
	case len(s.Federation) > maxProviders:
		return fmt.Errorf(`"federation" has more than %d providers`, maxProviders)
	}
	return nil
}

// maxProviders bounds "federation": each has a door on the sign-in page.
const maxProviders = 12

// providers are the federal identity providers of a counter, opened.
type providers struct {
	ways  []federal.Way
	party *saml.Party // nil without a SAML provider
	cache saml.Cache
	saml  []*saml.Provider
}

// openProviders reads the files that the settings name and asks nobody: a provider that
// is down is noticed by whoever wants to come in by it. What SAML providers say of
// themselves is kept in the folder of the data, authenticated by key, for the next start;
// without a key it is not.
func openProviders(s *Settings, key []byte, log *slog.Logger) (*providers, error) {
	opened := &providers{}
	if key != nil {
		opened.cache = saml.Cache{Dir: filepath.Join(s.Data, "saml-metadata"), Key: key}
	}
	if s.SAML != nil {
		var err error
		opened.party, err = saml.OpenParty(*s.SAML, s.Origin+federal.ACSPath, s.Origin+federal.SAMLLogoutPath)
		if err != nil {
			return nil, fmt.Errorf(`"saml": %w`, err)
		}
	}
	for i := range s.Federation {
		entry := &s.Federation[i]
		provider, err := opened.open(entry, s.Origin, log)
		if err != nil {
			return nil, fmt.Errorf(`"federation": %w`, err)
		}
		opened.ways = append(opened.ways, entry.way(provider))
	}
	return opened, (&federal.Federal{Ways: opened.ways}).Check()
}

func (o *providers) open(entry *ProviderSettings, origin string, log *slog.Logger) (federation.Provider, error) {
	if entry.saml != nil {
		p, err := saml.New(*entry.saml, o.party, saml.Options{Rand: rand.Reader, Cache: o.cache, Log: log})
		if err == nil {
			o.saml = append(o.saml, p)
		}
		return p, err
	}
	return oidc.New(*entry.oidc, oidc.Options{Callback: origin + callbackOf(entry.oidc.ID), Rand: rand.Reader, Log: log})
}

// callbackOf is where a provider's answers come: each has its own (RFC 9700, 4.4.2).
func callbackOf(provider string) string {
	return strings.ReplaceAll(federal.CallbackPath, ":provider", provider)
}

// run keeps metadata fresh until ctx ends.
func (o *providers) run(ctx context.Context) {
	var all sync.WaitGroup
	for _, p := range o.saml {
		all.Go(func() { p.Run(ctx) })
	}
	all.Wait()
}

// announced is what SAML providers are told of us; nothing without one of them.
func (o *providers) announced() portal.SAML {
	if o.party == nil {
		return nil
	}
	return o.party
}
