package places

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/core"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// branchesPage is the list, the nearest first where a postcode was given.
type branchesPage struct {
	Postcode string
	Rows     []branchRow
	All      string // address of the whole list; empty: it is shown
	Count    int    // of the whole list
	AsOf     string
}

// branchRow is a branch in words.
type branchRow struct {
	core.Branch
	Open     bool
	Hours    []string
	Services []string
	Distance string // empty: no postcode was given
	metres   float64
}

func (p *Places) branches(c *gin.Context) error {
	v, ctx := page.From(c), c.Request.Context()
	v.Title, v.Lead = v.T("places.branches.title"), v.T("places.branches.lead")
	shown := branchesPage{Postcode: strings.TrimSpace(c.Query("postcode"))}
	var from *core.Postcode
	if shown.Postcode != "" {
		if !p.Spend(c) {
			return nil
		}
		at, ok, err := p.where(c, shown.Postcode)
		if err != nil {
			return err
		}
		if from = &at; !ok {
			from = nil
			v.Errors = []page.FieldError{{Field: "postcode", Text: v.T("places.postcode.unknown")}}
		}
	}
	list, err := p.Store.Branches(ctx, p.Mutuality)
	if err != nil {
		return fmt.Errorf("listing branches: %w", err)
	}
	ages, err := p.Store.Ages(ctx, p.Mutuality)
	if err != nil {
		return fmt.Errorf("reading the age of data: %w", err)
	}
	if at := ages[core.KindBranch]; !at.IsZero() {
		shown.AsOf = v.T("places.asof", locale.A("date", locale.DateTime(v.Lang, at)))
	}
	for _, b := range list {
		shown.Rows = append(shown.Rows, p.row(v, b, from))
	}
	slices.SortStableFunc(shown.Rows, func(a, b branchRow) int {
		if from != nil && a.metres != b.metres {
			return int(math.Copysign(1, a.metres-b.metres))
		}
		return strings.Compare(core.Fold(a.City+a.Name), core.Fold(b.City+b.Name))
	})
	shown.Count = len(shown.Rows)
	if shown.Count > perPage && c.Query("all") == "" {
		shown.Rows = shown.Rows[:perPage]
		shown.All = v.URL(branchesPath + "?" + url.Values{"postcode": {shown.Postcode}, "all": {"1"}}.Encode())
	}
	return page.Render(c, page.FormStatus(v), branchesView(v, shown))
}

// where finds a postcode of four digits.
func (p *Places) where(c *gin.Context, text string) (core.Postcode, bool, error) {
	if len(text) != 4 || strings.Trim(text, "0123456789") != "" {
		return core.Postcode{}, false, nil
	}
	at, ok, err := p.Store.Where(c.Request.Context(), p.Mutuality, text)
	if err != nil {
		return at, false, fmt.Errorf("finding a postcode: %w", err)
	}
	return at, ok, nil
}

// kioskService is said of a branch that has one, as a fact or among its services.
const kioskService = "places.service.kiosk"

func (p *Places) row(v page.View, b core.Branch, from *core.Postcode) branchRow {
	w := weekOf(b.Hours)
	row := branchRow{Branch: b, Open: w.open(p.Now(), p.Working), Hours: w.lines(v)}
	for s := range strings.SplitSeq(b.Services, ",") {
		if key := "places.service." + strings.TrimSpace(s); locale.Has(key) && (key != kioskService || v.Leads("kiosk")) {
			row.Services = append(row.Services, v.T(key))
		}
	}
	if kiosk := v.T(kioskService); b.Kiosk && v.Leads("kiosk") && !slices.Contains(row.Services, kiosk) {
		row.Services = append(row.Services, kiosk)
	}
	if b.Wheelchair {
		row.Services = append(row.Services, v.T("places.wheelchair"))
	}
	if from != nil {
		row.metres = distance(from.Latitude, from.Longitude, b.Latitude, b.Longitude)
		row.Distance = v.T("places.distance", locale.A("km", tenths(v.Lang, row.metres)))
	}
	return row
}

// tenths are metres as kilometres with one decimal.
func tenths(l locale.Language, metres float64) string {
	text := fmt.Sprintf("%.1f", metres/1000)
	if l != locale.EN {
		text = strings.Replace(text, ".", ",", 1)
	}
	return text
}

// distance on the globe in metres, of places in millionths of a degree (haversine).
func distance(lat1, lon1, lat2, lon2 int64) float64 {
	rad := func(n int64) float64 { return float64(n) / 1e6 * math.Pi / 180 }
	a, b := rad(lat1), rad(lat2)
	h := math.Pow(math.Sin((b-a)/2), 2) + math.Cos(a)*math.Cos(b)*math.Pow(math.Sin((rad(lon2)-rad(lon1))/2), 2)
	return 2 * 6_371_000 * math.Asin(math.Sqrt(min(1, h)))
}

// badgeOf says whether a branch is open now.
func badgeOf(v page.View, open bool) (page.Kind, string) {
	if open {
		return page.Valid, v.T("places.open")
	}
	return page.Neutral, v.T("places.closed")
}
