package signing_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// town is what the examples need of the world: authorities with their services, and
// somebody's card. A real program has trust anchors from files and a card in a reader.
type town struct {
	*certstest.Server
	card *certstest.Card
}

func open() *town {
	server, err := certstest.Listen(certstest.Config{}, "")
	if err != nil {
		log.Fatal(err)
	}
	card, err := server.Issue(certstest.Person{
		GivenNames: "Nora", Surname: "Specimen", NationalNumber: "01050399864", Algorithm: certstest.P384,
	})
	if err != nil {
		log.Fatal(err)
	}
	return &town{server, card}
}

func letter() []byte {
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	drawn, err := document.Draw(document.EHICOrder{
		Reference: "GC-2026-4K7P-118", Language: document.EN, Date: day,
		Mutuality:  document.Mutuality{Name: "Mutualité des Tilleuls", Street: "Quai des Tanneurs 14", Postcode: "4020", City: "Liège"},
		Member:     document.Person{Name: "Nora Specimen", Birth: time.Date(2001, 5, 3, 0, 0, 0, 0, time.UTC)},
		ForPersons: []string{"Nora Specimen"}, DeliverTo: []string{"Rue Haute 1", "1000 Bruxelles"},
	}, day)
	if err != nil {
		log.Fatal(err)
	}
	return drawn.PDF
}

// sign does both phases; between them the digest goes to the card.
func (t *town) sign() []byte {
	path, err := t.Anchors().Path(t.card.Signature.Certificate, certs.Signature, time.Now())
	if err != nil {
		log.Fatal(err)
	}
	prepared, err := signing.Prepare(signing.Request{PDF: letter(), Path: path, At: time.Now()})
	if err != nil {
		log.Fatal(err)
	}
	value, err := t.card.Signature.Key.Sign(rand.Reader, prepared.Digest, prepared.Hash)
	if err != nil {
		log.Fatal(err)
	}
	signed, err := prepared.Complete(value)
	if err != nil {
		log.Fatal(err)
	}
	return signed
}

func (t *town) extender() *signing.Extender {
	status, err := revocation.New(revocation.Config{Hosts: t.Hosts()})
	if err != nil {
		log.Fatal(err)
	}
	tsa, err := signing.NewTSA(signing.TSAConfig{URLs: []string{t.TSAURL()}, Anchors: t.Anchors()})
	if err != nil {
		log.Fatal(err)
	}
	return &signing.Extender{TSA: tsa, Revocation: status, Anchors: t.Anchors()}
}

// A card signs in two phases: what is prepared may wait anywhere, for as long as the
// holder takes to type her PIN.
func ExamplePrepare() {
	town := open()
	defer town.Close()
	path, err := town.Anchors().Path(town.card.Signature.Certificate, certs.Signature, time.Now())
	if err != nil {
		log.Fatal(err)
	}
	prepared, err := signing.Prepare(signing.Request{PDF: letter(), Path: path, At: time.Now(), Reason: "Order"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("to sign:", len(prepared.Digest), "bytes of", prepared.Hash)

	value, err := town.card.Signature.Key.Sign(rand.Reader, prepared.Digest, prepared.Hash) // in the card
	if err != nil {
		log.Fatal(err)
	}
	if _, err := prepared.Complete(value); err != nil {
		log.Fatal(err)
	}
	fmt.Println("signed")
	// Output:
	// to sign: 48 bytes of SHA-384
	// signed
}

// Between the phases a preparation is plain data: another process completes it, any number
// of times, with the same bytes.
func ExamplePrepared_Complete() {
	town := open()
	defer town.Close()
	path, err := town.Anchors().Path(town.card.Signature.Certificate, certs.Signature, time.Now())
	if err != nil {
		log.Fatal(err)
	}
	prepared, err := signing.Prepare(signing.Request{PDF: letter(), Path: path, At: time.Now()})
	if err != nil {
		log.Fatal(err)
	}
	kept, err := json.Marshal(prepared) // in a store; the digest goes to the card
	if err != nil {
		log.Fatal(err)
	}
	value, err := town.card.Signature.Key.Sign(rand.Reader, prepared.Digest, prepared.Hash)
	if err != nil {
		log.Fatal(err)
	}

	var found signing.Prepared
	if err := json.Unmarshal(kept, &found); err != nil {
		log.Fatal(err)
	}
	_, err = found.Complete([]byte("not of this card"))
	fmt.Println(errors.Is(err, signing.ErrSignatureValue))
	once, err := found.Complete(value)
	if err != nil {
		log.Fatal(err)
	}
	again, err := found.Complete(value)
	fmt.Println(bytes.Equal(once, again), bytes.HasPrefix(once, letter()), err)
	// Output:
	// true
	// true true <nil>
}

// A file that others wrote is looked at first: what could show something else later is
// refused, with the reason.
func ExampleInspect() {
	found, err := signing.Inspect(letter())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(found.Pages, "page,", found.Signatures, "signatures")

	_, err = signing.Inspect([]byte("dear sir or madam"))
	var unsuitable *signing.UnsuitableError
	fmt.Println(errors.As(err, &unsuitable), unsuitable.Obstacle)
	// Output:
	// 1 page, 0 signatures
	// true not-pdf
}

// A service adds what makes a signature last. It needs no card and can come back later.
func ExampleExtender_Extend() {
	town := open()
	defer town.Close()
	_, level, err := town.extender().Extend(context.Background(), town.sign(), signing.LevelLTA)
	fmt.Println(level, err)
	// Output: PAdES B-LTA <nil>
}

// Archive timestamps are renewed before what they rest on runs out.
func ExampleExtender_Renew() {
	town := open()
	defer town.Close()
	extender := town.extender()
	file, _, err := extender.Extend(context.Background(), town.sign(), signing.LevelLTA)
	if err != nil {
		log.Fatal(err)
	}
	until, err := signing.NextRenewal(file, signing.Trust{Anchors: town.Anchors()})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("due within a year:", time.Until(until) < 365*24*time.Hour)
	renewed, err := extender.Renew(context.Background(), file)
	fmt.Println("longer:", len(renewed) > len(file), err)
	// Output:
	// due within a year: false
	// longer: true <nil>
}

// An organisation seals with a key that is at hand, in an HSM or here in memory, and says
// that others may sign after it.
func ExampleSealer_Seal() {
	town := open()
	defer town.Close()
	pair, err := town.IssueSeal("Mutualité des Tilleuls", "VATBE-0400000000", certstest.P384)
	if err != nil {
		log.Fatal(err)
	}
	sealer := &signing.Sealer{Key: pair.Key, Certificates: []*x509.Certificate{pair.Certificate}, Anchors: town.Anchors()}
	sealed, err := sealer.Seal(context.Background(), letter(), signing.SealOptions{Reason: "Received", Certify: signing.Signing})
	if err != nil {
		log.Fatal(err)
	}
	report, err := signing.Verify(context.Background(), sealed, signing.Trust{Anchors: town.Anchors()})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Signatures[0].Kind, "of", report.Signatures[0].Signer)
	// Output: seal of Mutualité des Tilleuls
}

// A verifier relies on its own anchors and clock, and on nothing in the file.
func ExampleVerify() {
	town := open()
	defer town.Close()
	file, _, err := town.extender().Extend(context.Background(), town.sign(), signing.LevelLT)
	if err != nil {
		log.Fatal(err)
	}
	trust := signing.Trust{Anchors: town.Anchors()}
	report, err := signing.Verify(context.Background(), file, trust)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Sentence(), "by", report.Signatures[0].Signer, "at", report.Signatures[0].Level)

	file = append(file, "a second thought"...)
	if report, err = signing.Verify(context.Background(), file, trust); err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Sentence(), report.Why())
	// Output:
	// valid-today by Nora Specimen at PAdES B-LT
	// changed [FORMAT_FAILURE]
}
