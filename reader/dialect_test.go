package reader_test

import (
	"testing"

	"guichet.example/reader"
	"guichet.example/reader/softcard"
	"guichet.example/reader/softcard/dialecttest"
)

// Every module that members have, against everything that can go wrong.
func TestDialects(t *testing.T) {
	ec := dialecttest.Traits{Card: "p256", Other: "p384", PIN: reader.GoodPIN}
	rsa := dialecttest.Traits{Card: "rsa", Other: "old", PIN: reader.GoodPIN}
	with := func(t dialecttest.Traits, change func(*dialecttest.Traits)) dialecttest.Traits {
		change(&t)
		return t
	}
	brief := func(t dialecttest.Traits) dialecttest.Traits {
		t.Brief = true
		return t
	}
	twice := func(t *dialecttest.Traits) { t.Presented = 2 } // keys hidden until a login, and a login for each use
	noDocument := func(t *dialecttest.Traits) { t.DocumentError, t.Presented = reader.ErrNotSupported, 2 }
	for _, row := range []struct {
		dialect softcard.Dialect
		traits  dialecttest.Traits
	}{
		{softcard.SoftHSM2, with(ec, twice)},
		{softcard.SoftHSM2.WithKeypad(), brief(with(ec, twice))},
		{softcard.Belgium, ec},
		{softcard.Belgium.WithKeypad(), brief(rsa)},
		{softcard.BelgiumBare, with(ec, func(t *dialecttest.Traits) { t.DocumentError = reader.ErrModuleFailed })},
		{softcard.OpenSC, with(rsa, noDocument)},
		{softcard.OpenSC, with(brief(ec), func(t *dialecttest.Traits) {
			t.LoginError, t.DocumentError = reader.ErrNotSupported, reader.ErrNotSupported
		})},
		{softcard.OpenSCNew.WithKeypad(), with(brief(ec), noDocument)},
	} {
		t.Run(row.dialect.Name+", "+row.traits.Card, func(t *testing.T) {
			t.Parallel()
			rig, err := dialecttest.NewSoft(reader.CopyDesk(t), row.dialect, row.traits)
			if err != nil {
				t.Fatal(err)
			}
			t.Log(dialecttest.Run(t, rig))
		})
	}
}
