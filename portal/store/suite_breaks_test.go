package store_test

import (
	"testing"

	"guichet.example/auth"
	"guichet.example/portal/core"
	"guichet.example/portal/office"
	"guichet.example/portal/places"
	"guichet.example/portal/requests"
)

// TestBreaks holds what was broken once.
func TestBreaks(t *testing.T) {
	for engine, open := range map[string]opener{"sqlite": openSQLite, "postgres": openPostgreSQL} {
		for name, test := range map[string]func(*testing.T, *bed){
			"nobody works on her household's requests": testOwnHousehold,
			"a yes of who left the staff is none":      testAgreedAndLeft,
			"a cursor that is no text":                 testNoText,
		} {
			t.Run(engine+" "+name, func(t *testing.T) { test(t, newBed(t, open)) })
		}
	}
}

func testOwnHousehold(t *testing.T, b *bed) {
	ctx := t.Context()
	out, err := b.Load(ctx, "141", core.Batch{Kind: core.KindHousehold, AsOf: noon, Rows: []core.Row{
		core.Household{Holder: ofClaire, Member: ofBram, Role: core.RolePartner, Until: day("2020-01-01")}}})
	if err != nil || out.Added != 1 {
		t.Fatalf("Load = %+v, %v", out, err)
	}
	his, _ := bram()
	partner := b.hire("Bram", his.NationalNumber, auth.Advisor)
	holder := b.hire("Claire", claire.NationalNumber, auth.Advisor)
	stranger := b.ines()
	request, _ := b.signed(b.claire)
	other, _ := b.signed(b.bram)
	want(t, "the partner's", b.TakeItem(ctx, partner, b.item(b.claire, request), office.Hold{}, ""), office.ErrOwn)
	want(t, "the holder's", b.TakeItem(ctx, holder, b.item(b.bram, other), office.Hold{}, ""), office.ErrOwn)
	_, err = b.OpenFile(ctx, partner, claire.ID, visit)
	want(t, "her file", err, office.ErrOwn)
	b.taken(stranger, b.claire, request)
	want(t, "given to her", b.AssignItem(ctx, stranger, b.item(b.claire, request), partner.ID, "please"), office.ErrOwn)
}

func testAgreedAndLeft(t *testing.T, b *bed) {
	ines, bob := b.ines(), b.bob()
	request, _ := b.signed(b.claire)
	want(t, "first", b.agreed(ines, b.claire, request), nil)
	want(t, "she leaves", b.DisableStaff(t.Context(), office.By{Mutuality: "141"}, ines.ID, true), nil)
	want(t, "the next", b.agreed(bob, b.claire, request), nil)
	if s := b.state(b.claire, request); s != requests.Signed {
		t.Fatalf("accepted by one officer: %s", s)
	}
	want(t, "the same", b.TakeItem(t.Context(), bob, b.item(b.claire, request), office.Hold{}, ""), office.ErrFirst)
}

func testNoText(t *testing.T, b *bed) {
	for _, after := range []string{"\xff~1", "a\x00~1", "~\xff"} {
		if _, _, err := b.Providers(t.Context(), "141", places.Query{Name: "maes", After: after}, 10); err != nil {
			t.Errorf("%q: %v", after, err)
		}
	}
}
