package page_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/a-h/templ"
)

// BenchmarkRender renders pages of the gallery into memory that is there already.
func BenchmarkRender(b *testing.B) {
	for name, component := range map[string]templ.Component{"home": home(), "documents": documents(20), "sign": readAndSign("")} {
		b.Run(name, func(b *testing.B) {
			var page bytes.Buffer
			b.ReportAllocs()
			for b.Loop() {
				page.Reset()
				if err := component.Render(context.Background(), &page); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(page.Len()), "B/page")
		})
	}
}

// TestRenderingStaysCheap: a page of 15 KB or more within 1,200 allocations.
func TestRenderingStaysCheap(t *testing.T) {
	component := documents(20)
	var page bytes.Buffer
	allocations := testing.AllocsPerRun(50, func() {
		page.Reset()
		_ = component.Render(context.Background(), &page)
	})
	if page.Len() < 15_000 || allocations > 1200 {
		t.Errorf("a page of %d bytes takes %.0f allocations, want 15,000 or more within 1,200", page.Len(), allocations)
	}
}
