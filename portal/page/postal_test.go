package page

import (
	"slices"
	"testing"

	"guichet.example/portal/locale"
)

func TestPostalLines(t *testing.T) {
	known := func(country string) Postal {
		return Postal{Street: "Rue Neuve 1", Postcode: "4000", City: "Liège", Country: country}
	}
	at := []string{"Rue Neuve 1", "4000 Liège"}
	for _, tt := range []struct {
		name, house string
		of          Postal
		want        []string
	}{
		{"no street", "", Postal{Postcode: "4000", City: "Liège"}, nil},
		{"no city", "", Postal{Street: "Rue Neuve 1", Postcode: "4000"}, nil},
		{"no postcode", "", Postal{Street: "Rue Neuve 1", City: "Liège"}, []string{"Rue Neuve 1", "Liège"}},
		{"at home, not said", "", known(""), at},
		{"at home", "", known("be"), at},
		{"abroad", "", known("FR"), append(slices.Clone(at), "France")},
		{"at home in France", "fr", known("FR"), at},
		{"abroad from France", "FR", known("BE"), append(slices.Clone(at), "Belgique")},
	} {
		if got := tt.of.Lines(View{Lang: locale.FR, Country: tt.house}); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
