package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"guichet.example/auth/federation/saml"
	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/federal"
)

// errMetadata is the verdict of `guichet federation -check`; the lines above it say why.
var errMetadata = errors.New("metadata cannot be used as it is")

// runFederation prints our metadata for SAML providers, or looks at a provider's.
func runFederation(ctx context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "federation", "guichet federation (-config FILE | -check FILE|ADDRESS [-signer FILE])")
	config := flags.String("config", "", "settings `file`: print the metadata that providers are given of us")
	check := flags.String("check", "", "a provider's metadata, file or https `address`: say what it offers and what is wrong")
	signer := flags.String("signer", "", "with -check: certificate `file`, PEM, that must have signed it")
	rest, err := cli.Parse(flags, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 || !oneOf(*config, *check) || *signer != "" && *check == "" {
		return fmt.Errorf("%w: say -config or -check", cli.ErrUsage)
	}
	if *check != "" {
		return checkProvider(ctx, env, *check, *signer)
	}
	return printParty(env, *config)
}

// printParty prints our metadata; what is weak about it goes to standard error.
func printParty(env cli.Env, config string) error {
	settings, err := loadSettings(config)
	if err != nil {
		return fmt.Errorf("reading settings: %w", err)
	}
	if settings.SAML == nil {
		return errors.New(`settings have no "saml": there is nobody to be`)
	}
	party, err := saml.OpenParty(*settings.SAML, settings.Origin+federal.ACSPath, settings.Origin+federal.SAMLLogoutPath)
	if err != nil {
		return err
	}
	metadata, err := party.Metadata()
	if err != nil {
		return err
	}
	for _, line := range party.Warnings(time.Now()) {
		fmt.Fprintf(env.Stderr, "warning: %s\n", line)
	}
	_, err = env.Stdout.Write(metadata)
	return err
}

func checkProvider(ctx context.Context, env cli.Env, from, signer string) error {
	doc, err := saml.ReadMetadata(ctx, from)
	if err != nil {
		return err
	}
	in, err := saml.CheckMetadata(doc, signer, time.Now())
	if err != nil {
		return err
	}
	if err := printInspection(env.Stdout, in); err != nil {
		return err
	}
	if len(in.Problems) > 0 {
		return errMetadata
	}
	return nil
}

// bindings are their names without what is the same in all.
const bindings = "urn:oasis:names:tc:SAML:2.0:bindings:"

func printInspection(w io.Writer, in saml.Inspection) error {
	var b strings.Builder
	fmt.Fprintf(&b, "entity id    %q\n", in.EntityID)
	if !in.ValidUntil.IsZero() {
		fmt.Fprintf(&b, "valid until  %s\n", in.ValidUntil.UTC().Format(time.RFC3339))
	}
	signature := "none"
	switch {
	case in.Verified:
		signature = "verified"
	case in.Signed:
		signature = "there, not verified: give -signer"
	}
	fmt.Fprintf(&b, "signature    %s\n", signature)
	for _, k := range in.Keys {
		use := k.Use
		if use == "" {
			use = "signing, encryption"
		}
		fmt.Fprintf(&b, "key          %s, %s, until %s, %q\n", use, k.Kind, k.NotAfter.UTC().Format(time.DateOnly), k.Subject)
	}
	for _, e := range in.SignOn {
		fmt.Fprintf(&b, "sign-on      %s %q\n", strings.TrimPrefix(e.Name, bindings), e.Location)
	}
	for _, e := range in.Logout {
		fmt.Fprintf(&b, "logout       %s %q\n", strings.TrimPrefix(e.Name, bindings), e.Location)
	}
	for _, line := range in.Warnings {
		fmt.Fprintf(&b, "warning      %s\n", line)
	}
	for _, line := range in.Problems {
		fmt.Fprintf(&b, "PROBLEM      %s\n", line)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
