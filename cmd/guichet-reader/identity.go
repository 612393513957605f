package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"guichet.example/certs"
	"guichet.example/cmd/internal/cli"
	"guichet.example/reader"
)

func identity(ctx context.Context, env cli.Env, args []string) error {
	set := cli.Flags(env, "identity", "guichet-reader identity [-json] [-trust DIR]")
	var f cardFlags
	f.add(set)
	asJSON := set.Bool("json", false, "print JSON, photo included")
	trust := set.String("trust", "", "`folder` of trust anchors that the registry's certificate must lead to")
	rest, err := cli.Parse(set, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("%w: it takes no arguments", cli.ErrUsage)
	}
	var anchors *certs.TrustAnchors
	if *trust != "" {
		if anchors, err = certs.LoadTrustAnchors(*trust); err != nil {
			return fmt.Errorf("reading trust anchors: %w", err)
		}
	}
	return f.withCard(ctx, func(ctx context.Context, card *reader.Card) error {
		id, err := card.IdentityContext(ctx, anchors)
		if err != nil {
			return err
		}
		if *asJSON {
			out := json.NewEncoder(env.Stdout)
			out.SetIndent("", "  ")
			return out.Encode(id)
		}
		return printIdentity(env.Stdout, id)
	})
}

func printIdentity(w io.Writer, id *reader.Identity) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(table, "%s\t%s\n", name, value)
		}
	}
	row("surname", id.Surname)
	row("given names", id.GivenNames)
	row("initial", id.Initial)
	row("national number", id.NationalNumber)
	row("born", id.BirthText)
	row("birth place", id.BirthPlace)
	row("sex", id.Sex)
	row("nationality", id.Nationality)
	row("nobility", id.Nobility)
	row("street", id.Address.Street)
	row("postcode", id.Address.Postcode)
	row("municipality", id.Address.Municipality)
	row("card number", id.CardNumber)
	row("valid from", day(id.ValidFrom))
	row("valid to", day(id.ValidTo))
	row("issued at", id.Municipality)
	if id.DocumentType != 0 {
		row("document type", strconv.Itoa(id.DocumentType))
	}
	if len(id.Photo) > 0 {
		row("photo", fmt.Sprintf("JPEG, %d bytes", len(id.Photo)))
	}
	row("source", map[reader.Source]string{
		reader.FromFiles:           "identity files, signed by the national registry",
		reader.FromUnanchoredFiles: "identity files; nothing says that the registry signed them (-trust)",
		reader.FromCertificate:     "authentication certificate, as the module gives out no identity files",
	}[id.Source])
	return table.Flush()
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}
