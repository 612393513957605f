package account

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"guichet.example/portal/areatest"
)

// seenAt is a look so many minutes before noon, of who, at what, for which reason.
func seenAt(minutes int, by, what, reason string) Look {
	at := areatest.Noon.Add(time.Duration(-minutes) * time.Minute)
	return Look{At: at, By: by, What: what, Reason: reason, Holder: by == "holder", Place: LookPlace{At: at.UnixMicro(), Chain: "c"}}
}

// inWords is a row as "by reason minutes-minutes times things".
func inWords(rows []visit) (list []string) {
	for _, r := range rows {
		ago := func(at time.Time) int { return int(areatest.Noon.Sub(at).Minutes()) }
		list = append(list, fmt.Sprintf("%s %s %d-%d %dx %s", r.By, r.reason(), ago(r.first), ago(r.At), r.times, strings.Join(r.things, "+")))
	}
	return list
}

func TestFold(t *testing.T) {
	visitBy := func(by string, minutes ...int) (list []Look) {
		for _, m := range minutes {
			list = append(list, seenAt(m, by, "file", "visit"))
		}
		return list
	}
	for _, c := range []struct {
		name   string
		list   []Look
		enough int
		more   bool
		want   []string
		used   int
	}{
		{"none", nil, 2, false, nil, 0},
		{"one visit", visitBy("a", 1, 2, 12), 2, false, []string{"a visit 12-1 3x file"}, 3},
		{"a pause", visitBy("a", 1, 12), 2, false, []string{"a visit 1-1 1x file", "a visit 12-12 1x file"}, 2},
		{"another person", append(visitBy("a", 1), visitBy("b", 1, 2)...), 9, false, []string{"a visit 1-1 1x file", "b visit 2-1 2x file"}, 3},
		{"two at once", []Look{seenAt(1, "a", "file", "visit"), seenAt(2, "holder", "care", ""), seenAt(3, "a", "file", "visit"), seenAt(4, "holder", "cover", ""), seenAt(5, "holder", "care", "")},
			9, false, []string{"a visit 3-1 2x file", "holder holder 5-2 3x care+cover"}, 5},
		{"another reason", []Look{seenAt(1, "a", "file", "visit"), seenAt(2, "a", "request", ""), seenAt(3, "a", "identity", "card"), seenAt(4, "a", "file", "call")},
			9, false, []string{"a visit 1-1 1x file", "a work 3-2 2x request+identity", "a call 4-4 1x file"}, 4},
		{"by card or not", []Look{seenAt(1, "a", "file", "visit by card"), seenAt(2, "a", "file", "visit"), seenAt(3, "a", "file", "else by card")},
			9, false, []string{"a visit by card 1-1 1x file", "a visit 2-2 1x file", "a work 3-3 1x file"}, 3},
		{"her own pause, while others look", append(append(visitBy("a", 1), visitBy("b", 8)...), visitBy("a", 15)...),
			9, false, []string{"a visit 1-1 1x file", "b visit 8-8 1x file", "a visit 15-15 1x file"}, 3},
		{"enough, and a pause", visitBy("a", 1, 2, 30, 60), 1, false, []string{"a visit 2-1 2x file"}, 2},
		{"enough, but it goes on", visitBy("a", 1, 2, 3, 60), 1, true, []string{"a visit 3-1 3x file"}, 3},
		{"more than was read: the last pause", visitBy("a", 1, 30, 31), 9, true, []string{"a visit 1-1 1x file"}, 1},
		{"more than was read, and no pause", visitBy("a", 1, 2, 3), 9, true, []string{"a visit 3-1 3x file"}, 3},
	} {
		rows, used := fold(c.list, c.enough, c.more)
		if got := inWords(rows); !reflect.DeepEqual(got, c.want) || used != c.used {
			t.Errorf("%s: %q, %d used, want %q, %d", c.name, got, used, c.want, c.used)
		}
	}
}

// TestFoldedPages: page after page tells of each look once, in order, however they lie.
func TestFoldedPages(t *testing.T) {
	c, s := newDesk(t)
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 12 {
		s.looks = nil
		for minutes := 0; len(s.looks) < 250; minutes += r.IntN(2 + round) {
			l := seenAt(minutes, []string{"a", "b", "holder"}[r.IntN(3)], []string{"file", "care"}[r.IntN(2)], []string{"visit", "call"}[r.IntN(2)])
			l.Place.Seq = int64(1000 - len(s.looks))
			s.looks = append(s.looks, l)
		}
		whole, _ := fold(s.looks, len(s.looks), false)
		rows, looks, path := 0, 0, looksPath
		for pages := 0; path != ""; pages++ {
			p := c.Get(path)
			list := p.Texts("tbody tr")
			if rows += len(list); len(list) == 0 || pages > 60 {
				t.Fatalf("round %d: page %d has %d rows", round, pages, len(list))
			}
			looks += len(list)
			for _, often := range p.Texts("tbody small") {
				n, err := strconv.Atoi(strings.Fields(often)[0])
				if err != nil {
					t.Fatalf("%q: %v", often, err)
				}
				looks += n - 1
			}
			path = ""
			for _, link := range p.Links("main") {
				if _, before, ok := strings.Cut(link, looksPath+"?"); ok {
					path = looksPath + "?" + before
				}
			}
		}
		if looks != len(s.looks) {
			t.Errorf("round %d: the pages tell of %d looks, want %d", round, looks, len(s.looks))
		}
		if pauses := round > 8; rows < len(whole) || pauses && rows != len(whole) {
			t.Errorf("round %d: %d rows, of one list %d", round, rows, len(whole))
		}
	}
}
