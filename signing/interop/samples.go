package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"time"

	"guichet.example/signing/document"
)

// samples are made-up documents of every kind there is, on one day.
type samples struct {
	day time.Time
	key *ecdsa.PrivateKey // of printed checks
}

func newSamples(day time.Time) (*samples, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return &samples{day, key}, err
}

func (s *samples) house() document.Mutuality {
	return document.Mutuality{Name: "Mutualité des Tilleuls", Street: "Quai des Tanneurs 14", Postcode: "4020", City: "Liège", Phone: "0800 00 142"}
}

func (s *samples) member() document.Person {
	return document.Person{Name: "Mathieu Delcourt", Birth: time.Date(1985, 7, 30, 0, 0, 0, 0, time.UTC), Affiliation: "319-0042-17"}
}

// acts has one act of each kind that is drawn; a paper is not.
func (s *samples) acts(l document.Language) map[document.Kind]document.Act {
	const reference = "GC-2026-KINDS"
	later := s.day.AddDate(0, 0, 11)
	to := []string{"Mathieu Delcourt", "Rue de la Paix 7, boîte 3", "4020 Liège"}
	both := []string{"Mathieu Delcourt", "Γιώργος Παπαδόπουλος"}
	all := map[document.Kind]document.Act{
		document.KindBankChange: document.BankChange{
			Reference: reference, Language: l, Mutuality: s.house(), Member: s.member(), Date: s.day,
			NewIBAN: "BE68539007547034", BIC: "GKCCBEBB", Bank: "Banque de la Place", Holder: "Mathieu Delcourt",
			From: later, ReplacesLast4: "6769", AccountVersion: 3, AlsoFor: both[1:]},
		document.KindEHICOrder: document.EHICOrder{
			Reference: reference, Language: l, Mutuality: s.house(), Member: s.member(), Date: s.day,
			ForPersons: both, DeliverTo: to, Departure: &later, Country: "Österreich"},
		document.KindRefundReceipt: document.RefundReceipt{
			Reference: reference, Language: l, Mutuality: s.house(), Member: s.member(), Date: s.day, Payments: s.refunds(40)},
		document.KindIndemnities: document.Indemnities{
			Reference: reference, Language: l, Mutuality: s.house(), Member: s.member(), Date: s.day, Beneficiary: s.member(),
			From: s.day.AddDate(0, -6, 0), To: s.day, DataAsOf: s.day,
			Payments: []document.Indemnity{{Paid: s.day.AddDate(0, -1, 0), From: s.day.AddDate(0, -2, 0), To: s.day.AddDate(0, -1, -1),
				Days: 24, Daily: 6_210, Gross: 149_040, Tax: 16_543, Net: 132_497}}},
	}
	all[document.KindEHICCertificate] = document.EHICCertificate{
		Reference: reference, Language: l, Mutuality: s.house(), Member: s.member(), Date: s.day,
		State: "BE", Surname: "Delcourt", GivenNames: "Mathieu", Birth: s.member().Birth, Number: "85073003328", Institution: "319000",
		Card: "80056000000123456789", Expiry: s.day.AddDate(1, 0, 0), From: s.day, Until: s.day.AddDate(0, 3, 0)}
	for kind, allow := range map[document.Kind]bool{document.KindAccessAllow: true, document.KindAccessBlock: false} {
		all[kind] = document.AccessChange{Reference: reference, Language: l, Mutuality: s.house(), Member: s.member(), Date: s.day,
			Allow: allow, Holder: "Nora Delcourt", Booklet: "h0000000000000000000000001"}
	}
	for kind, paper := range map[document.Kind]bool{document.KindStatementsOnline: false, document.KindStatementsPaper: true} {
		all[kind] = document.StatementsChange{Reference: reference, Language: l, Mutuality: s.house(), Member: s.member(), Date: s.day, Paper: paper}
	}
	for _, kind := range document.PostKinds() {
		a := document.PostOrder{What: kind, Reference: reference, Language: l, Mutuality: s.house(), Member: s.member(), Date: s.day,
			ForPersons: both[:1], DeliverTo: to}
		switch kind {
		case document.KindEnvelopes:
			a.Quantity = 5
		case document.KindTravelPapers:
			a.From, a.Until, a.Country = &later, &later, "Türkiye"
		}
		all[kind] = a
	}
	return all
}

// refunds fill more than a page.
func (s *samples) refunds(n int) []document.Refund {
	var list []document.Refund
	for i := range n {
		list = append(list, document.Refund{Reference: fmt.Sprintf("R-2026-%06d", i), Treated: s.day.AddDate(0, 0, -i), Acts: []document.RefundAct{{
			Person: "Mathieu Delcourt", Nature: "Consultation", Code: "102535", Provider: "Dr A. Sarton", From: s.day.AddDate(0, 0, -i-6), Refunded: 2280, Own: 400}}})
	}
	return list
}

// draw draws an act as the counter has it: with its printed check.
func (s *samples) draw(act document.Act) (*document.Drawn, error) {
	code, err := document.NewCheckCode(rand.Reader)
	if err != nil {
		return nil, err
	}
	check, err := document.NewCheck(act, "https://counter.example/check", "tilleuls", code)
	if err != nil {
		return nil, err
	}
	if check.Payload, err = check.Payload.Sign(s.key); err != nil {
		return nil, err
	}
	return document.DrawChecked(act, s.day, &check)
}

// sheets are the documents that nobody signs, in one language: by name.
func (s *samples) sheets(l document.Language) (map[string]*document.Drawn, error) {
	all := map[string]*document.Drawn{}
	rows := []document.Row{{Label: "Montant", Value: "22,80 €"}}
	listing, err := document.DrawListing(document.Listing{
		Language: l, Mutuality: s.house(), Member: s.member(), Title: "Vos remboursements", Made: s.day, Facts: rows,
		Parts: []document.ListingPart{{Heading: "Consultation", Rows: rows}}, Note: "Document sans signature.", References: "Imprimé le"})
	if err != nil {
		return nil, err
	}
	all["listing"] = listing
	all["blank-form"], err = document.DrawIncapacityForm(l, s.house(), s.member(), "F-20261122", s.day)
	if err != nil {
		return nil, err
	}
	all["proof"], err = document.DrawProof(document.Proof{
		Language: l, Mutuality: s.house(), Checked: s.day, File: "demande.pdf", Size: 148213, SHA256: sha256.Sum256([]byte("demande")),
		Verdict: "Valide, et inchangé depuis la signature.", Facts: rows,
		Signatures: []document.ProofSignature{{Kind: document.ProofPerson, Result: "Valide", Indication: "TOTAL-PASSED", Signer: "Γιώργος Παπαδόπουλος",
			Time: s.day, Level: "PAdES B-LTA", Path: []document.ProofCertificate{{Subject: "Citizen CA", Issuer: "Root", NotBefore: s.day, NotAfter: s.day, Anchor: true}}}},
		Revisions: []document.ProofRevision{{Number: 1, Bytes: 41200, What: "Original"}},
	}, s.day)
	return all, err
}

// letters are two letters to be printed, as one file.
func (s *samples) letters(l document.Language) (*document.Drawn, error) {
	p := document.Post{
		Language: l, Mutuality: s.house(), Reference: "L-7KQ2-94MA", Date: s.day, To: []string{"Mathieu Delcourt", "Rue de la Paix 7", "4020 Liège"},
		Title: "Votre accès à votre espace en ligne", Texts: []string{"Votre code est au verso."}, Rows: []document.Row{{Label: "Numéro", Value: "4017 2283"}},
		Page: "https://counter.example/activate", PageLabel: "Tapez cette adresse :", Fold: &document.Fold{Title: "Votre code", Code: "K7QM-2XWD-94RT", Texts: []string{"Ne le donnez à personne."}},
	}
	left := p
	left.Window = document.WindowLeft
	return document.DrawPosts("Lettres", []document.Post{p, left}, s.day)
}
