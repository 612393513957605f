package document

import "testing"

func BenchmarkDraw(b *testing.B) {
	a := bankChange(FR)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Draw(a, created); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppearance(b *testing.B) {
	lines := []string{"Signé par Mathieu Delcourt", "Carte d’identité électronique", "20 novembre 2026, 14 h 08"}
	b.ReportAllocs()
	for b.Loop() {
		a, err := NewAppearance(lines, markWidth, markHeight)
		if err != nil {
			b.Fatal(err)
		}
		a.Objects(20)
	}
}
