package document

import (
	"slices"
	"strings"
	"testing"
)

func TestWrap(t *testing.T) {
	s := style{size: 10, leading: 14}
	wide := s.width("Rue de la Paix")
	for _, test := range []struct {
		text string
		want []string
	}{
		{"", []string{""}},
		{"Rue", []string{"Rue"}},
		{"Rue de la Paix", []string{"Rue de la Paix"}},
		{"Rue de la Paix 7", []string{"Rue de la Paix ", "7"}},
		{"Rue de la Paix ", []string{"Rue de la Paix "}}, // the space takes no room
		{"Rue de la\u00a0Paix\u00a07", []string{"Rue de ", "la\u00a0Paix\u00a07"}},
		{"  two", []string{"  two"}},
	} {
		if got := wrap(s, test.text, wide); !slices.Equal(got, test.want) {
			t.Errorf("wrap(%q) = %q, want %q", test.text, got, test.want)
		}
	}
}

// Whatever the text, no line is too wide, none is empty, and together they are the text.
func TestWrapLosesNothing(t *testing.T) {
	s := style{bold: true, size: 10, leading: 14, wordSpace: 90}
	for _, text := range []string{
		strings.Repeat("W", 300), strings.Repeat("W ", 150), strings.Repeat(" ", 300), strings.Repeat("é", 77) + " x",
		"a " + strings.Repeat("W", 40) + " b", "Je demande à ma mutualité de payer mes remboursements",
	} {
		for _, width := range []float64{0.5, 20, 57.3, 400} {
			lines := wrap(s, text, width)
			if strings.Join(lines, "") != text {
				t.Errorf("wrap(%q, %g) = %q", text, width, lines)
			}
			for _, l := range lines {
				one := len([]rune(strings.TrimSpace(l))) <= 1
				if blank := strings.TrimSpace(text) == ""; !blank && (l == "" || !one && s.width(strings.TrimRight(l, " ")) > width) {
					t.Errorf("wrap(%q, %g) has line %q", text, width, l)
				}
			}
		}
	}
}

func TestBalancedKeepsTheNumberOfLines(t *testing.T) {
	for _, l := range Languages() {
		for _, title := range []string{bankTitle.in(l), ehicTitle.in(l)} {
			plain, even := wrap(titleStyle, title, measure*0.85), balanced(titleStyle, title, measure*0.85)
			if len(even) != len(plain) || strings.Join(even, "") != title {
				t.Errorf("balanced(%q) = %q", title, even)
			}
		}
	}
}

// A group stays together when a page can hold it, and is taken apart when none can.
func TestPaginate(t *testing.T) {
	const full = top - bottom
	for _, test := range []struct {
		name   string
		chunks []chunk
		want   []int // chunks on each page
	}{
		{"one", []chunk{{height: 10}}, []int{1}},
		{"exactly full", []chunk{{height: full / 2}, {height: full / 2}}, []int{2}},
		{"space counts", []chunk{{height: full / 2}, {height: full / 2, space: 1}}, []int{1, 1}},
		{"no space on top", []chunk{{height: full}, {height: full, space: 40}}, []int{1, 1}},
		{"keep", []chunk{{height: full / 2}, {height: full / 4, keep: true}, {height: full / 2}}, []int{1, 2}},
		{"keep at the end", []chunk{{height: 10}, {height: 10, keep: true}}, []int{2}},
		{"group too large", []chunk{{height: full / 2, keep: true}, {height: full / 2, keep: true}, {height: full / 2}}, []int{1, 2}},
		{"higher than a page", []chunk{{height: 10}, {height: full * 2}, {height: 10}}, []int{1, 1, 1}},
	} {
		var got []int
		for i := range test.chunks {
			test.chunks[i].draw = func(p *page, _ float64) {
				for len(got) <= p.index {
					got = append(got, 0)
				}
				got[p.index]++
			}
		}
		pages := paginate(test.chunks, newFaces())
		if !slices.Equal(got, test.want) || len(pages) != len(test.want) {
			t.Errorf("%s: %v chunks on %d pages, want %v", test.name, got, len(pages), test.want)
		}
	}
}
