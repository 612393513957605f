package demo

import (
	"bytes"
	"crypto/sha256"

	"guichet.example/auth"
	"guichet.example/portal"
	"guichet.example/portal/account"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

const mutualityID = "tilleuls"

// mutuality is the made-up mutuality of the demo.
func mutuality() portal.Mutuality {
	return portal.Mutuality{
		ID:    mutualityID,
		Brand: page.DefaultBrand(),
		Letterhead: document.Mutuality{
			Name: "Mutualité des Tilleuls", Street: "Quai des Tanneurs 14", Postcode: "4020", City: "Liège", Phone: "0800 00 142"},
		Post: portal.PostSettings{From: "guichet@tilleuls.example"},
	}
}

// member completes the member's file with what the card says of the same person.
func (p character) member() account.Member {
	m := *p.Member
	m.Mutuality, m.ID = mutualityID, memberID(p.Key)
	m.NationalNumber = mustNumber(p.Person.NationalNumber)
	m.Birth = p.Person.Birth
	m.Street, m.Postcode, m.Municipality, m.Country = p.Person.Street, p.Person.Postcode, p.Person.Municipality, "BE"
	return m
}

// memberID is the same at each start, so that a demo's folder can be used again.
func memberID(key string) auth.MemberID {
	seed := sha256.Sum256([]byte("made-up member " + key))
	id, err := auth.NewMemberID(bytes.NewReader(seed[:]))
	if err != nil {
		panic(err) // 32 bytes are enough for an id
	}
	return id
}
