package storetest

import (
	"context"
	"crypto/sha256"
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/requests"
	"guichet.example/portal/store"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// Signed walks an order of the member through the store, as signing does, without a card:
// what is kept of the document are the bytes given. The name tells it from others. Its job,
// to be raised, is leased: what came of that is told to the store's Raised.
func Signed(ctx context.Context, db *store.DB, login auth.Login, name string, pdf []byte, at time.Time) (requests.Raise, error) {
	act := document.EHICOrder{
		Reference: "GC-" + name, Language: document.FR, Date: at.Truncate(24 * time.Hour),
		Mutuality: document.Mutuality{Name: "Mutualité des Tilleuls", Street: "Quai des Tanneurs 14", Postcode: "4020", City: "Liège"},
		Member:    document.Person{Name: "Mathieu Delcourt", Birth: time.Date(1985, 7, 30, 0, 0, 0, 0, time.UTC)}, ForPersons: []string{"Mathieu Delcourt"},
		DeliverTo: []string{"Rue Hors-Château 28", "4000 Liège"},
	}
	id, err := db.PutRequest(ctx, login, requests.Request{
		Reference: act.Reference, Created: at, Act: act, Sheet: act.Sheet(), PDF: pdf, SHA256: sha256.Sum256(pdf), Pages: 1}, name)
	if err != nil {
		return requests.Raise{}, err
	}
	p := requests.Preparation{ID: strings.ReplaceAll("p"+name, "-", "_"), Request: id, Revision: 1, Expires: time.Now().Add(time.Hour),
		Prepared: &signing.Prepared{PDF: pdf, ByteRange: [4]int{0, 10, 20, 30}, Attributes: []byte{0x31, 0}, Digest: []byte("digest"),
			Certificate: []byte("certificate"), Path: [][]byte{{1}}, At: at, Field: "Signature1"}}
	if err := db.Prepare(ctx, login, p); err != nil {
		return requests.Raise{}, err
	}
	r, err := db.Complete(ctx, login, requests.Completion{Preparation: p.ID, ValueSHA256: sha256.Sum256([]byte(name)),
		State: requests.Signed, At: at, PDF: pdf, Signer: [][]byte{{1}}})
	if err != nil {
		return requests.Raise{}, err
	}
	return db.DueDocument(ctx, login, r.Document)
}
