// Package seed makes up a mutuality: households of all ages with names, numbers,
// addresses and two years of care, payments and rights, as an insurance system would
// deliver them. Nobody in it exists.
//
//	New(Config) ─▶ Places()      providers, branches, postcodes, tariffs: once
//	            └▶ Families()    one family after another, each with all its records
//
// The same [Config] gives the same records, byte for byte: all chance comes from a PCG
// generator of the seed number and the number of the household. Families are made one
// at a time, so a million members take no more memory than one.
//
// [Generator.Live] gives a family that is known already its two years; the demo's people
// get their data by it.
package seed

import (
	"errors"
	"iter"
	"math/rand/v2"
	"reflect"
	"time"

	"guichet.example/portal/core"
)

// Config says what to make up.
type Config struct {
	Seed    uint64
	Members int       // persons, 1 to MostMembers
	Lines   int       // lines of care a person in two years, on average; 0: DefaultLines
	Until   time.Time // last day of the data; zero: DefaultUntil
}

// Bounds and defaults.
const (
	MostMembers  = 20_000_000
	MostLines    = 1_000
	DefaultLines = 20
)

// DefaultUntil is a fixed day, so that the same seed number gives the same files
// tomorrow.
var DefaultUntil = time.Date(2026, time.November, 20, 0, 0, 0, 0, time.UTC)

// ErrConfig means that a number of the configuration is out of bounds.
var ErrConfig = errors.New("seed: members or lines out of bounds")

// Generator makes records up. Not safe for concurrent use.
type Generator struct {
	cfg       Config
	from      time.Time // first day of care
	providers map[string][]provider
	serials   map[int32]uint16 // next serial of a day and sex, for national numbers
}

// New makes the generator, and its places and providers.
func New(cfg Config) (*Generator, error) {
	if cfg.Lines == 0 {
		cfg.Lines = DefaultLines
	}
	if cfg.Until.IsZero() {
		cfg.Until = DefaultUntil
	}
	if cfg.Members < 1 || cfg.Members > MostMembers || cfg.Lines < 1 || cfg.Lines > MostLines {
		return nil, ErrConfig
	}
	g := &Generator{cfg: cfg, from: cfg.Until.AddDate(-2, 0, 0), serials: map[int32]uint16{}}
	g.settle()
	return g, nil
}

// chance is the generator of one household, or of another stream.
func (g *Generator) chance(stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(g.cfg.Seed, stream))
}

// Records are all that is known of one family. The kinds without people are in Places.
type Records struct {
	Members      []core.Member
	Households   []core.Household
	Covers       []core.Cover
	Payments     []core.Payment
	Lines        []core.Line
	Incapacities []core.Incapacity
	Indemnities  []core.Indemnity
	Appointments []core.Appointment
	Files        []core.MedicalFile
	Mafs         []core.Maf
	Shares       []core.MafShare
	Savings      []core.Saving
	Agreements   []core.Agreement
	Cards        []core.EuropeanCard
}

// Places are the records that belong to nobody.
type Places struct {
	Tariffs   []core.Tariff
	Providers []core.Provider
	Branches  []core.Branch
	Postcodes []core.Postcode
}

// Families makes one family after another until there are as many persons as asked for.
// It starts anew each time it is called.
func (g *Generator) Families() iter.Seq[Records] {
	return func(yield func(Records) bool) {
		g.serials = map[int32]uint16{}
		for household, left := uint64(0), g.cfg.Members; left > 0; household++ {
			r := g.chance(household)
			f := g.draw(r, household, left)
			left -= len(f.People)
			if !yield(g.live(r, f)) {
				return
			}
		}
	}
}

// Person is somebody of a family, and what the two years hold for her.
type Person struct {
	core.Member
	Sex       byte // 'm' or 'f'
	Role      core.Role
	Entitled  time.Time // on the booklet since
	Health    float64   // how much care: 1 is usual, 0 none
	Illness   string    // kind of an incapacity: primary, invalidity, maternity, birth-leave, accident; empty: none
	StillIll  bool      // the incapacity goes on; false: chance says
	Dentures  bool      // has dental insurance
	Hospital  bool      // has hospital insurance
	DoctorNo  int       // which of the place's doctors; DMG there
	NoFile    bool      // has no global medical file
	Lapsing   bool      // her file ends at the end of this year
	Saves     bool      // youth savings
	Treatment string    // kind of an agreement of the medical adviser; empty: none
}

// Family is a booklet: the holder first.
type Family struct {
	People    []Person
	Increased bool // increased reimbursement
	Class     int  // of income, 1 to 7; 0: social MAF
	Ceiling   int64
	place     place
}

// Rows of a kind, as the store takes them in; the kinds in the order in which they refer
// to each other are those of core.Kinds.
func (r Records) Rows(kind core.Kind) []core.Row { return rowsOf(reflect.ValueOf(r), kind) }

// Rows of a kind.
func (p Places) Rows(kind core.Kind) []core.Row { return rowsOf(reflect.ValueOf(p), kind) }

func rowsOf(lists reflect.Value, kind core.Kind) (rows []core.Row) {
	for i := range lists.NumField() {
		list := lists.Field(i)
		if reflect.Zero(list.Type().Elem()).Interface().(core.Row).Of() != kind {
			continue
		}
		for j := range list.Len() {
			rows = append(rows, list.Index(j).Interface().(core.Row))
		}
	}
	return rows
}
