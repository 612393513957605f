package main

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// maker signs, with authorities and keys in memory, what the journeys do not show: each
// kind of document and what other programs wrote. Everything is archived (B-LTA).
type maker struct {
	dir     string
	pki     *certstest.Server
	card    *certstest.Card
	seal    *signing.Sealer
	raise   *signing.Extender
	samples *samples
}

func newMaker(dir string) (*maker, error) {
	pki, err := certstest.Listen(certstest.Config{}, "")
	if err != nil {
		return nil, err
	}
	m := &maker{dir: dir, pki: pki}
	if err := m.keys(); err != nil {
		pki.Close()
		return nil, err
	}
	return m, nil
}

// keys issues a card and a seal, and writes the roots that judge them beside the others.
func (m *maker) keys() (err error) {
	m.card, err = m.pki.Issue(certstest.Person{GivenNames: "Mathieu Luc", Surname: "Delcourt", NationalNumber: "85073003328", Algorithm: certstest.P384})
	if err != nil {
		return err
	}
	pair, err := m.pki.IssueSeal("Mutualité des Tilleuls", "VATBE-0400000000", certstest.P256)
	if err != nil {
		return err
	}
	m.seal = &signing.Sealer{Key: pair.Key, Certificates: []*x509.Certificate{pair.Certificate}, Anchors: m.pki.Anchors()}
	status, err := revocation.New(revocation.Config{Hosts: m.pki.Hosts()})
	if err != nil {
		return err
	}
	tsa, err := signing.NewTSA(signing.TSAConfig{URLs: []string{m.pki.TSAURL()}, Anchors: m.pki.Anchors()})
	if err != nil {
		return err
	}
	m.raise = &signing.Extender{TSA: tsa, Revocation: status, Anchors: m.pki.Anchors()}
	if m.samples, err = newSamples(time.Now()); err != nil {
		return err
	}
	return m.pki.WriteAnchors(filepath.Join(m.dir, "trust"))
}

// kinds makes a file of each kind of act twice, by card and under the seal, in languages
// that take turns; the letters to be printed; and the sheets that nobody signs.
func (m *maker) kinds(ctx context.Context) error {
	languages := document.Languages()
	for i, kind := range document.Kinds() {
		if kind == document.KindPaper || kind == document.KindOfficePaper {
			continue // what others wrote: papers
		}
		for j, sign := range []func(context.Context, *document.Drawn) ([]byte, error){m.byCard, m.sealed} {
			l := languages[(i+j)%len(languages)]
			act, ok := m.samples.acts(l)[kind]
			if !ok {
				return fmt.Errorf("no sample of kind %s", kind)
			}
			drawn, err := m.samples.draw(act)
			if err != nil {
				return fmt.Errorf("%s: %w", kind, err)
			}
			name := fmt.Sprintf("kind-%s-%s-%s", kind, []string{"card", "seal"}[j], l)
			if err := m.archive(ctx, name, func() ([]byte, error) { return sign(ctx, drawn) }); err != nil {
				return err
			}
		}
	}
	for _, l := range languages {
		if err := m.unsigned(l); err != nil {
			return err
		}
	}
	letters, err := m.samples.letters(document.FR)
	if err != nil {
		return err
	}
	return m.archive(ctx, "kind-letters-seal-fr", func() ([]byte, error) {
		return m.seal.Seal(ctx, letters.PDF, signing.SealOptions{Reason: "Lettres"})
	})
}

// unsigned writes the sheets of a language.
func (m *maker) unsigned(l document.Language) error {
	sheets, err := m.samples.sheets(l)
	if err != nil {
		return err
	}
	for name, drawn := range sheets {
		if err := m.write(fmt.Sprintf("%s%s-%s", sheet, name, l), drawn.PDF); err != nil {
			return err
		}
	}
	return nil
}

// papers signs every PDF of a folder as it came, and the first by two.
func (m *maker) papers(ctx context.Context, folder string) error {
	names, err := filepath.Glob(filepath.Join(folder, "*.pdf"))
	if err != nil || len(names) == 0 {
		return errors.Join(fmt.Errorf("no papers in %s", folder), err)
	}
	for i, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		err = m.archive(ctx, paper+strings.TrimSuffix(filepath.Base(name), ".pdf"), func() ([]byte, error) {
			file, err := m.byCard(ctx, &document.Drawn{PDF: content})
			if err != nil || i > 0 {
				return file, err
			}
			if file, _, err = m.raise.Extend(ctx, file, signing.LevelT); err != nil {
				return nil, err
			}
			return m.byCard(ctx, &document.Drawn{PDF: file})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// byCard signs with the card, in the box of what was drawn.
func (m *maker) byCard(_ context.Context, d *document.Drawn) ([]byte, error) {
	path, err := m.pki.Anchors().Path(m.card.Signature.Certificate, certs.Signature, time.Now())
	if err != nil {
		return nil, err
	}
	p, err := signing.Prepare(signing.Request{PDF: d.PDF, Path: path, At: time.Now().Truncate(time.Second), Mark: mark(d, "Mathieu Luc Delcourt")})
	if err != nil {
		return nil, err
	}
	value, err := m.card.Signature.Key.Sign(rand.Reader, p.Digest, p.Hash)
	if err != nil {
		return nil, err
	}
	return p.Complete(value)
}

// sealed seals as an approval is: certified, with the evidence attached.
func (m *maker) sealed(ctx context.Context, d *document.Drawn) ([]byte, error) {
	return m.seal.Seal(ctx, d.PDF, signing.SealOptions{
		Reason: "Reçu", Certify: signing.Signing, Mark: mark(d, m.seal.Name()),
		Attachment: &signing.Attachment{Name: "consent.json", Description: "Preuve", JSON: []byte("{}\n")},
	})
}

// mark is the visible signature of what was drawn; none on what others drew.
func mark(d *document.Drawn, name string) signing.Mark {
	if d.Mark.Page == 0 {
		return signing.Mark{}
	}
	return signing.Mark{Page: d.Mark.Page, Rect: d.Mark.Rect, Lines: []string{name, time.Now().Format("2.1.2006 15:04")}}
}

// archive signs a file, raises it and writes it under a name that says its level.
func (m *maker) archive(ctx context.Context, name string, sign func() ([]byte, error)) error {
	file, err := sign()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	file, level, err := m.raise.Extend(ctx, file, signing.LevelLTA)
	if err != nil || level != signing.LevelLTA {
		return fmt.Errorf("%s: %v, %w", name, level, err)
	}
	return m.write(name+"-b-lta", file)
}

func (m *maker) write(name string, file []byte) error {
	return os.WriteFile(filepath.Join(m.dir, name+".pdf"), file, 0o600)
}
