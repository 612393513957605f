package demo

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/revocation"
	"guichet.example/reader/api"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// levels makes one file for each PAdES level, kind of key and sort of signer, for other
// programs to judge: no counter, only package signing with cards and seal keys in their
// PKCS#11 modules, and the demo's timestamping and revocation services.
func (j *journey) levels(ctx context.Context) error {
	l, err := j.newLeveller()
	if err != nil {
		return err
	}
	for _, c := range []struct{ name, card string }{{"card-rsa", "mathieu"}, {"card-ec", "lotte"}} {
		if err := l.every(ctx, c.name, func(pdf []byte) ([]byte, error) { return l.byCard(ctx, c.card, pdf) }); err != nil {
			return err
		}
	}
	if err := l.every(ctx, "seal-ec", l.sealed(ctx, j.world.seal, signing.SealOptions{Certify: signing.Signing})); err != nil {
		return err
	}
	key, err := j.world.sealRSA(ctx)
	if err != nil {
		return err
	}
	if err := l.every(ctx, "seal-rsa", l.sealed(ctx, key, signing.SealOptions{})); err != nil {
		return err
	}
	if err := l.every(ctx, "seal-rsa-pss", l.sealed(ctx, key, signing.SealOptions{PSS: true})); err != nil {
		return err
	}
	return l.together(ctx)
}

// leveller makes the files of the levels journey.
type leveller struct {
	j     *journey
	raise *signing.Extender
}

func (j *journey) newLeveller() (*leveller, error) {
	services := j.world.services
	status, err := revocation.New(revocation.Config{Hosts: services.Hosts()})
	if err != nil {
		return nil, err
	}
	tsa, err := signing.NewTSA(signing.TSAConfig{URLs: []string{services.TSAURL()}, Anchors: services.Anchors()})
	if err != nil {
		return nil, err
	}
	return &leveller{j, &signing.Extender{TSA: tsa, Revocation: status, Anchors: services.Anchors()}}, nil
}

// every signs a letter and keeps it at each of the four levels.
func (l *leveller) every(ctx context.Context, name string, sign func([]byte) ([]byte, error)) error {
	letter, err := l.letter()
	if err != nil {
		return err
	}
	file, err := sign(letter)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, want := range []signing.Level{signing.LevelB, signing.LevelT, signing.LevelLT, signing.LevelLTA} {
		var level signing.Level
		if file, level, err = l.raise.Extend(ctx, file, want); err != nil || level != want {
			return fmt.Errorf("%s at %v: %v, %w", name, want, level, err)
		}
		text, err := want.MarshalText()
		if err != nil {
			return err
		}
		if err := l.keep(ctx, name+"-"+strings.ToLower(string(text)), file, want); err != nil {
			return err
		}
	}
	return nil
}

// together has a member sign, then the mutuality, and renews the archive timestamp.
func (l *leveller) together(ctx context.Context) error {
	letter, err := l.letter()
	if err != nil {
		return err
	}
	file, err := l.byCard(ctx, "lotte", letter)
	if err != nil {
		return err
	}
	if file, _, err = l.raise.Extend(ctx, file, signing.LevelT); err != nil {
		return err
	}
	if file, err = l.sealed(ctx, l.j.world.seal, signing.SealOptions{Reason: "Received"})(file); err != nil {
		return err
	}
	if file, _, err = l.raise.Extend(ctx, file, signing.LevelLTA); err != nil {
		return err
	}
	if file, err = l.raise.Renew(ctx, file); err != nil {
		return err
	}
	return l.keep(ctx, "member-then-seal-renewed", file, signing.LevelLTA)
}

func (l *leveller) letter() ([]byte, error) {
	day := time.Now()
	drawn, err := document.Draw(document.BankChange{
		Reference: "GC-" + day.Format("2006") + "-LEVELS", Language: document.FR, Date: day, Mutuality: mutuality().Letterhead,
		Member:  document.Person{Name: "Mathieu Delcourt", Birth: time.Date(1985, 7, 30, 0, 0, 0, 0, time.UTC)},
		NewIBAN: "BE68539007547034", BIC: "GKCCBEBB", Bank: "Banque de la Place", Holder: "Mathieu Delcourt",
		From: day.AddDate(0, 0, 11), AccountVersion: 1,
	}, day)
	if err != nil {
		return nil, err
	}
	return drawn.PDF, nil
}

// byCard signs with the card of that name through the agent, as the counter has it done.
func (l *leveller) byCard(ctx context.Context, name string, pdf []byte) ([]byte, error) {
	if err := l.j.world.desk.Insert(name); err != nil {
		return nil, err
	}
	told, err := l.j.agent.SigningCertificate(ctx)
	if err != nil {
		return nil, err
	}
	der, err := base64.StdEncoding.DecodeString(told.Certificate)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	path, err := l.j.world.services.Anchors().Path(cert, certs.Signature, time.Now())
	if err != nil {
		return nil, err
	}
	p, err := signing.Prepare(signing.Request{PDF: pdf, Path: path, At: time.Now()})
	if err != nil {
		return nil, err
	}
	signature, err := l.j.agent.Sign(ctx, api.SignRequest{
		Certificate: told.Certificate, Hash: base64.StdEncoding.EncodeToString(p.Digest), HashFunction: p.Hash.String(), Lang: "fr"})
	if err != nil {
		return nil, err
	}
	value, err := base64.StdEncoding.DecodeString(signature.Signature)
	if err != nil {
		return nil, err
	}
	return p.Complete(value)
}

func (l *leveller) sealed(ctx context.Context, s *signing.Sealer, o signing.SealOptions) func([]byte) ([]byte, error) {
	return func(pdf []byte) ([]byte, error) { return s.Seal(ctx, pdf, o) }
}

// keep verifies a file and writes it beside the others.
func (l *leveller) keep(ctx context.Context, name string, pdf []byte, want signing.Level) error {
	r, err := signing.Verify(ctx, pdf, signing.Trust{Anchors: l.j.world.services.Anchors()})
	if err != nil {
		return err
	}
	s := r.Signatures[0]
	if s.Level != want || !s.Integrity.Passed || len(s.ChangedAfter) > 0 || want >= signing.LevelLT && !r.Valid() {
		return fmt.Errorf("%s does not verify at %v: %v, %v", name, want, s.Level, s.Reasons)
	}
	l.j.say("%-24s %s by %s, %s %s", name, s.Level, s.Signer, s.Algorithm, s.Indication)
	if l.j.dir == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(l.j.dir, name+".pdf"), pdf, 0o600)
}
