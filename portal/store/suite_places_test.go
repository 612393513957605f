package store_test

import (
	"testing"

	"guichet.example/portal/core"
	"guichet.example/portal/places"
)

func TestPlacesSQLite(t *testing.T) { runPlaces(t, openSQLite) }

func TestPlacesPostgreSQL(t *testing.T) {
	t.Parallel()
	runPlaces(t, openPostgreSQL)
}

// What the insurance system delivered of places.
func runPlaces(t *testing.T, open opener) {
	b := newBed(t, open)
	ctx, m := t.Context(), b.claire.Mutuality
	doctor := func(number, name, postcode, city string) core.Row {
		return core.Provider{Number: number, Name: name, Profession: "doctor", Street: "Rue Neuve 1", Postcode: postcode, City: city, Status: "full"}
	}
	for _, batch := range []core.Batch{
		{Kind: core.KindProvider, AsOf: noon, Rows: []core.Row{doctor("10000000001", "Peeters Anne", "4000", "Liège"), doctor("10000000002", "Péeters Jan", "9000", "Gent"),
			doctor("10000000003", "Van Peeters Luc", "4000", "Liège"), doctor("10000000004", "Dubois Zoé", "4000", "Liège")}},
		{Kind: core.KindPostcode, AsOf: noon, Rows: []core.Row{core.Postcode{Code: "4000", Name: "Liège", Latitude: 50_633_000, Longitude: 5_567_000}}},
		{Kind: core.KindBranch, AsOf: noon, Rows: []core.Row{core.Branch{Code: "B1", Name: "Liège", Street: "Rue Haute 2", Postcode: "4000", City: "Liège", Phone: "+3243221100",
			Latitude: 50_640_000, Longitude: 5_571_000, Hours: "mon 08:30-12:30", Services: "advice", Wheelchair: true}}},
	} {
		if out, err := b.Load(ctx, m, batch); err != nil || len(out.Rejects) > 0 {
			t.Fatalf("%s: %+v, %v", batch.Kind, out, err)
		}
	}
	for name, tt := range map[string]struct {
		q    places.Query
		want int
	}{
		"a name": {places.Query{Name: "peeters"}, 3}, "in a postcode": {places.Query{Name: "peeters", Place: "4000"}, 2},
		"in a town": {places.Query{Name: "peeters", Place: "lie"}, 2}, "words in any order": {places.Query{Name: "anne peet"}, 1},
		"signs of LIKE": {places.Query{Name: "p%s_"}, 0}, "the middle of a word": {places.Query{Name: "eeters"}, 0},
		"a cursor that is none": {places.Query{Name: "peeters", After: "x"}, 3},
	} {
		if list, _, err := b.Providers(ctx, m, tt.q, 20); err != nil || len(list) != tt.want {
			t.Errorf("%s: %+v, %v, want %d", name, list, err, tt.want)
		}
	}
	seen := map[string]bool{}
	q := places.Query{Name: "peeters"}
	for range 5 {
		list, next, err := b.Providers(ctx, m, q, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			seen[p.Number] = true
		}
		if q.After = next; next == "" {
			break
		}
	}
	if len(seen) != 3 {
		t.Errorf("page by page: %v", seen)
	}
	if list, _, err := b.Providers(ctx, "319", places.Query{Name: "peeters"}, 20); err != nil || len(list) != 0 {
		t.Errorf("of another mutuality: %+v, %v", list, err)
	}
	if list, err := b.Branches(ctx, m); err != nil || len(list) != 1 || !list[0].Wheelchair || list[0].Kiosk {
		t.Errorf("Branches = %+v, %v", list, err)
	}
	if _, ok, err := b.Where(ctx, m, "1111"); err != nil || ok {
		t.Errorf("an unknown postcode: %v, %v", ok, err)
	}
	if p, ok, err := b.Where(ctx, m, "4000"); err != nil || !ok || p.Latitude != 50_633_000 {
		t.Errorf("Where = %+v, %v, %v", p, ok, err)
	}
}
