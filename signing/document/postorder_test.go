package document

import (
	"errors"
	"testing"
	"time"
)

func TestValidateRefusesPostOrder(t *testing.T) {
	early := on(2026, 12, 1)
	tests := []struct {
		name   string
		kind   Kind
		change func(*PostOrder)
		field  string
		want   error
	}{
		{"of no kind", KindLabels, func(a *PostOrder) { a.What = "ehic-order" }, "kind", ErrFormat},
		{"for nobody", KindLabels, func(a *PostOrder) { a.ForPersons = nil }, "forPersons", ErrTooMany},
		{"no address", KindLabels, func(a *PostOrder) { a.DeliverTo = nil }, "deliverTo", ErrTooMany},
		{"labels with a number", KindLabels, func(a *PostOrder) { a.Quantity = 3 }, "quantity", ErrFormat},
		{"labels with a country", KindLabels, func(a *PostOrder) { a.Country = "Italie" }, "from", ErrFormat},
		{"no envelope", KindEnvelopes, func(a *PostOrder) { a.Quantity = 0 }, "quantity", ErrFormat},
		{"eleven envelopes", KindEnvelopes, func(a *PostOrder) { a.Quantity = 11 }, "quantity", ErrFormat},
		{"a journey without end", KindTravelPapers, func(a *PostOrder) { a.Until = nil }, "until", ErrFormat},
		{"a journey that ends before", KindTravelPapers, func(a *PostOrder) { a.Until = &early }, "until", ErrFormat},
		{"a journey to nowhere", KindTravelPapers, func(a *PostOrder) { a.Country = "" }, "country", ErrMissing},
		{"a national number for a country", KindTravelPapers, func(a *PostOrder) { a.Country = "85.07.30-033.28" }, "country", ErrNationalNumber},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := postOrder(FR, tt.kind)
			tt.change(&a)
			var field *FieldError
			if err := a.Validate(); !errors.As(err, &field) || field.Field != tt.field || !errors.Is(err, tt.want) {
				t.Errorf("Validate = %v, want %s %v", err, tt.field, tt.want)
			}
		})
	}
}

// The blank form names the member and leaves the rest to the doctor.
func TestIncapacityForm(t *testing.T) {
	for _, l := range Languages() {
		d, err := DrawIncapacityForm(l, mutuality(), member(), "GC-2026-FORM-001", created)
		if err != nil || d.Pages != 1 {
			t.Fatalf("%s: %v, %v", l, d, err)
		}
		again, err := DrawIncapacityForm(l, mutuality(), member(), "GC-2026-FORM-001", created)
		if err != nil || again.SHA256 != d.SHA256 {
			t.Errorf("%s: drawn again it is another file", l)
		}
	}
	p := member()
	p.Name = ""
	if _, err := DrawIncapacityForm(FR, mutuality(), p, "GC-2026-FORM-001", created); err == nil {
		t.Error("a form for nobody is drawn")
	}
	if _, err := DrawIncapacityForm(FR, mutuality(), member(), "GC-2026-FORM-001", time.Time{}); err == nil {
		t.Error("a form of no day is drawn")
	}
}
