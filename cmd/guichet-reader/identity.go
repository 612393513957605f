package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"guichet.example/certs"
	"guichet.example/certs/registry"
	"guichet.example/cmd/internal/cli"
	"guichet.example/reader/remote"
)

var errNoPhoto = errors.New("the card gives out no photo that its identity file vouches for")

// identityFlags are how the identity is wanted.
type identityFlags struct {
	json         bool
	photo, trust string
	lang         string
}

func identity(ctx context.Context, env cli.Env, args []string) error {
	set := cli.Flags(env, "identity", "guichet-reader identity [-json] [-photo FILE] [-lang fr|nl|de|en] [-trust DIR]")
	var f cardFlags
	f.add(set)
	var want identityFlags
	set.BoolVar(&want.json, "json", false, "print JSON, photo included")
	set.StringVar(&want.photo, "photo", "", "write the photo, a JPEG, to this `file`, which must not be there yet")
	set.StringVar(&want.lang, "lang", systemLang(os.Getenv), "`language` of the words: fr, nl, de or en")
	set.StringVar(&want.trust, "trust", "", "`folder` of trust anchors that the registry's certificate must lead to")
	rest, err := cli.Parse(set, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("%w: it takes no arguments", cli.ErrUsage)
	}
	if err := checkLang(want.lang); err != nil {
		return err
	}
	var anchors *certs.TrustAnchors
	if want.trust != "" {
		if anchors, err = certs.LoadTrustAnchors(want.trust); err != nil {
			return err
		}
	}
	return f.withCard(ctx, func(ctx context.Context, card *remote.Card) error {
		id, err := card.Identity(ctx, anchors)
		if err != nil {
			return err
		}
		return giveIdentity(env.Stdout, id, want)
	})
}

// giveIdentity hands out what was read and verified.
func giveIdentity(w io.Writer, id *registry.Identity, want identityFlags) error {
	if want.photo != "" {
		if err := writePhoto(want.photo, id.Photo); err != nil {
			return err
		}
	}
	if want.json {
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		return out.Encode(id)
	}
	return printIdentity(w, id, want.lang)
}

// writePhoto makes a file that its owner alone may read.
func writePhoto(path string, photo []byte) error {
	if len(photo) == 0 {
		return errNoPhoto
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("writing the photo: %w", err)
	}
	_, err = file.Write(photo)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("writing the photo: %w", err)
	}
	return nil
}

func printIdentity(w io.Writer, id *registry.Identity, lang string) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(label phrase, values ...string) {
		for _, value := range values {
			if value != "" {
				fmt.Fprintf(table, "%s\t%s\n", label.in(lang), value)
			}
		}
	}
	row(wordSurname, id.Surname)
	row(wordGivenNames, id.GivenNames)
	row(wordInitial, id.Initial)
	row(wordNumber, id.NationalNumber)
	row(wordBorn, birth(id))
	row(wordBirthPlace, id.BirthPlace)
	row(wordSex, sexes[id.Sex].in(lang))
	row(wordNationality, id.Nationality)
	row(wordNobility, id.Nobility)
	row(wordStatus, statuses(id.SpecialStatus, lang)...)
	row(wordStreet, id.Address.Street)
	row(wordPostcode, id.Address.Postcode)
	row(wordMunicipality, id.Address.Municipality)
	row(wordDocument, documentName(id.DocumentType, lang))
	row(wordCardNumber, id.CardNumber)
	row(wordDuplicate, id.Duplicate)
	row(wordValidFrom, id.ValidFrom.String())
	row(wordValidTo, id.ValidTo.String())
	row(wordIssuedAt, id.Municipality)
	rowsOfResidence(row, id, lang)
	if len(id.Photo) > 0 {
		row(wordPhoto, fmt.Sprintf("JPEG, %d bytes", len(id.Photo)))
	}
	row(wordSource, sources[id.Source].in(lang))
	return table.Flush()
}

// rowsOfResidence are what only residence documents have.
func rowsOfResidence(row func(phrase, ...string), id *registry.Identity, lang string) {
	row(wordOrganization, coded(organizations, id.Organization, lang))
	if id.FamilyMember {
		row(wordFamilyMember, wordYes.in(lang))
	}
	row(wordProtection, id.Protection.Text)
	if since := id.Protection.Since; !since.IsZero() {
		row(wordProtectedSince, since.String()+" "+id.Protection.Country)
	}
	row(wordWork, coded(works, id.Work, lang))
	row(wordEmployer, id.Employers...)
	row(wordRegionalFile, id.RegionalFile)
	for _, m := range id.Mentions {
		row(wordMention, coded(mentions, m, lang))
	}
	row(wordResidentSince, id.ResidentSince.String())
}

// birth is the day in the way of all other dates here, or what the card says instead.
func birth(id *registry.Identity) string {
	if id.Birth.IsZero() {
		return id.BirthText
	}
	return id.Birth.String()
}
