// Package bench measures Guichet against what cannot be avoided: each figure is taken
// in turns with the bare primitive it needs (a signature verified, a commit synced),
// in the same run on the same machine, so that the ratio means something where the
// absolute figure does not.
package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Result is one line of the report.
type Result struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Limit float64 `json:"limit"` // the bare primitive in the same unit; 0: there is none
	Ratio float64 `json:"ratio"` // share of the limit reached; 1 is the limit
	Note  string  `json:"note,omitempty"`
	// Parts are lines of their own, with names below this one.
	Parts []Result `json:"parts,omitempty"`
}

// measure is one named measurement.
type measure struct {
	name string
	run  func(ctx context.Context) (Result, error)
}

var measures = []measure{
	{"token-rsa", tokenRSA},
	{"token-p384", tokenP384},
	{"card-login", cardLogin},
	{"password-login", passwordLogin},
	{"password-unknown", passwordUnknown},
	{"storm-memory", stormMemory},
	{"storm-page", stormPage},
	{"storm-answer", stormAnswer},
	{"saml-login", samlLogin},
	{"oidc-login", oidcLogin},
	{"sign-store", signStore},
	{"seal-bb", sealBB},
	{"complete-lt", completeLT},
	{"verify-lt", verifyLT},
	{"render-home", renderHome},
	{"home-page", homePage},
	{"home-page-postgres", homePagePostgres},
	{"home-page-static", homeStatic},
	{"home-page-static-postgres", homeStaticPostgres},
	{"home-page-tail", homeTail},
	{"home-page-tail-postgres", homeTailPostgres},
	{"home-page-size", bySize(false, homePath)},
	{"refunds-page", bySize(false, "/fr/refunds")},
	{"document-download", download(false)},
	{"home-page-size-postgres", bySize(true, homePath)},
	{"refunds-page-postgres", bySize(true, "/fr/refunds")},
	{"document-download-postgres", download(true)},
	{"memory-volume", memoryVolume},
	{"import-sqlite", imports(false)},
	{"import-postgres", imports(true)},
	{"growth-sqlite", growth(false)},
	{"growth-postgres", growth(true)},
	{"start", start},
	{"memory", memory},
	{"reader-sign", readerSign},
	{"reader-identity", readerIdentity},
}

// Names lists the measurements in the order in which they run.
func Names() []string {
	names := make([]string, len(measures))
	for i, m := range measures {
		names[i] = m.name
	}
	return names
}

// Run measures what is named, or everything, and prints a line for each.
func Run(ctx context.Context, out io.Writer, names []string, asJSON bool, sizes Sizes) error {
	volume.sizes = sizes.orDefault()
	defer release()
	for _, name := range names {
		if !slices.Contains(Names(), name) {
			return fmt.Errorf("no measurement %q; there are %s", name, strings.Join(Names(), ", "))
		}
	}
	for _, m := range measures {
		if len(names) > 0 && !slices.Contains(names, m.name) {
			continue
		}
		result, err := m.run(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		result.Name = m.name
		if err := print(out, result, asJSON); err != nil {
			return err
		}
	}
	return nil
}

func print(out io.Writer, r Result, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(r)
	}
	limit := ""
	if r.Limit > 0 {
		limit = fmt.Sprintf("   limit %.1f, reached %.0f %%", r.Limit, 100*r.Ratio)
	}
	if r.Note != "" {
		limit += "   " + r.Note
	}
	_, err := fmt.Fprintf(out, "%-25s %10.1f %s%s\n", r.Name, r.Value, r.Unit, limit)
	for _, part := range r.Parts {
		err = errors.Join(err, print(out, part, false))
	}
	return err
}

// turns is how often the two sides take turns; the medians are compared.
const turns = 15

// compare runs ours and bare in turns, each for about slice a turn, and returns the
// median time of one operation of each.
func compare(ctx context.Context, slice time.Duration, ours, bare func() error) (a, b time.Duration, err error) {
	var as, bs []time.Duration
	for range turns {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		one, err := timed(slice, ours)
		if err != nil {
			return 0, 0, err
		}
		other, err := timed(slice, bare)
		if err != nil {
			return 0, 0, err
		}
		as, bs = append(as, one), append(bs, other)
	}
	slices.Sort(as)
	slices.Sort(bs)
	return as[turns/2], bs[turns/2], nil
}

// timed repeats op for about slice and returns the time of one.
func timed(slice time.Duration, op func() error) (time.Duration, error) {
	start := time.Now()
	for n := 1; ; n++ {
		if err := op(); err != nil {
			return 0, err
		}
		if took := time.Since(start); took >= slice {
			return took / time.Duration(n), nil
		}
	}
}

// against is the result of a comparison in microseconds an operation.
func against(a, b time.Duration) Result {
	return Result{
		Value: float64(a.Nanoseconds()) / 1000, Unit: "µs",
		Limit: float64(b.Nanoseconds()) / 1000, Ratio: float64(b) / float64(a),
	}
}
