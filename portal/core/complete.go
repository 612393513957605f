package core

import (
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"guichet.example/auth/nrn"
)

// A complete delivery holds every row of its kind that the insurance system has. What
// becomes of a row that is here and not in it is the Fate of its kind.

// Fate is what becomes of a row that a complete delivery does not hold any more.
type Fate string

// The fates.
const (
	// Stays: what happened happened, and a document stays for the time that it is kept.
	Stays Fate = ""
	// Ends: a row that goes on ends on the day before the delivery's; one that is over
	// stays as it is, and one that has not begun yet goes. A member is never taken away:
	// her documents and requests are hers, and her right to see them.
	Ends Fate = "ended"
	// Goes: the row is taken away, and with it what is nothing without it.
	Goes Fate = "removed"
	// Replaced: the rows that belong together, the lines of a payment and the shares of a
	// year, are all that is delivered of it, where that adds up; others of the same go.
	Replaced Fate = "replaced"
)

var fates = map[Kind]Fate{
	KindMember: Ends, KindHousehold: Ends, KindCover: Ends, KindIncapacity: Ends, KindAppointment: Ends, KindMedicalFile: Ends, KindAgreement: Ends,
	KindPayment: Goes, KindIndemnity: Goes, KindTariff: Goes, KindMaf: Goes, KindSaving: Goes, KindEuropeanCard: Goes, KindProvider: Goes, KindBranch: Goes, KindPostcode: Goes,
	KindLine: Replaced, KindMafShare: Replaced,
}

// FateOf is that of rows of a kind; a kind that nothing is said of stays.
func FateOf(kind Kind) Fate { return fates[kind] }

// Gone is what a complete delivery takes away, or would.
type Gone struct {
	// Stand is how many rows of the kind it could take away: those that are over do not count.
	Stand          int64
	Ended, Removed int64
	Rows           []GoneRow // the first of them, at most MostGoneRows
}

// MostGoneRows is how many rows are told one by one.
const MostGoneRows = 200

// GoneRow is a row that is taken away: its key as in the schema, with a member's
// affiliation number for her national number.
type GoneRow struct {
	Key  []string
	Fate Fate // Ends or Goes
}

// Count is how many rows go, in whatever way.
func (g Gone) Count() int64 { return g.Ended + g.Removed }

// Note counts a row, and keeps it while there is room.
func (g *Gone) Note(row GoneRow) {
	if row.Fate == Ends {
		g.Ended++
	} else {
		g.Removed++
	}
	if len(g.Rows) < MostGoneRows {
		g.Rows = append(g.Rows, row)
	}
}

// MostGone is the share of its rows, in percent, that a complete delivery takes away at
// most, where the operator says nothing else: a file that was cut short is not the end of
// half a mutuality.
const MostGone = 10

// TooMany says why a delivery is not believed that takes away more than most percent of
// the rows; nil if it is.
func (g Gone) TooMany(most int) error {
	if g.Count()*100 <= g.Stand*int64(most) {
		return nil
	}
	return fmt.Errorf("takes away %d of %d rows, more than %d %%", g.Count(), g.Stand, most)
}

// Errors of a complete delivery, which takes nothing away then.
var (
	// ErrOlderDelivery: data that are newer are in.
	ErrOlderDelivery = errors.New("newer data of this kind are in: a complete delivery is the newest")
	// ErrAnotherDelivery: another file of the kind was taken in after it began.
	ErrAnotherDelivery = errors.New("another file of this kind is being taken in: nothing more is taken away")
	// ErrManyDelivered: more rows than are held in mind.
	ErrManyDelivered = fmt.Errorf("more than %d rows of a kind: a complete delivery holds no more", MostDelivered)
)

// MostDelivered is how many rows of a kind a complete delivery has at most: half a
// gigabyte of hashes.
const MostDelivered = 1 << 26

// Delivered is which rows complete deliveries hold, by hashes of 64 bits of their keys. A
// row whose hash is another's is taken for delivered.
type Delivered struct {
	seed   maphash.Seed
	number func(nrn.Number) string
	keys   map[Kind][]uint64
	sorted bool
	groups map[Kind]map[uint64]struct{}
}

// NewDelivered begins with none. number is what the store finds a member by.
func NewDelivered(number func(nrn.Number) string) *Delivered {
	return &Delivered{seed: maphash.MakeSeed(), number: number, keys: map[Kind][]uint64{}, groups: map[Kind]map[uint64]struct{}{}}
}

// Add notes a row by its key, as a Reader that is Keyed tells it.
func (d *Delivered) Add(kind Kind, key []string) error {
	if kind == KindMember {
		id, err := nrn.Parse(key[0])
		if err != nil {
			return err
		}
		key = []string{d.number(id)}
	}
	if len(d.keys[kind]) >= MostDelivered {
		return ErrManyDelivered
	}
	d.keys[kind], d.sorted = append(d.keys[kind], d.sum(key)), false
	return nil
}

// Rows is how many rows of a kind are delivered.
func (d *Delivered) Rows(kind Kind) int64 { return int64(len(d.keys[kind])) }

// Begin notes that rows begin here which add up, those of one payment or one year, and tells
// whether they are the first of it: a key of Group that comes again is delivered in pieces.
func (d *Delivered) Begin(kind Kind, group []string) (first bool, err error) {
	begun := d.groups[kind]
	if begun == nil {
		begun = map[uint64]struct{}{}
		d.groups[kind] = begun
	}
	sum := d.sum(group)
	if _, again := begun[sum]; again {
		return false, nil
	}
	if len(begun) >= MostDelivered {
		return false, ErrManyDelivered
	}
	begun[sum] = struct{}{}
	return true, nil
}

// Group is what a row that is Replaced adds up with others to, by its key: a payment, or the
// year of a household. nil for other kinds.
func Group(kind Kind, key []string) []string {
	switch kind {
	case KindLine:
		return key[:1]
	case KindMafShare:
		return key[:2]
	}
	return nil
}

// Holds tells whether the row is delivered. Of a member, the key is what the store finds
// her by. Not to be used by several at once.
func (d *Delivered) Holds(kind Kind, key []string) bool {
	if !d.sorted {
		for _, sums := range d.keys {
			slices.Sort(sums)
		}
		d.sorted = true
	}
	_, found := slices.BinarySearch(d.keys[kind], d.sum(key))
	return found
}

func (d *Delivered) sum(key []string) uint64 {
	var h maphash.Hash
	h.SetSeed(d.seed)
	for _, part := range key {
		h.WriteString(part)
		h.WriteByte(0)
	}
	return h.Sum64()
}

// unspaced is an affiliation number as it is compared.
var unspaced = strings.NewReplacer(" ", "", ".", "", "-", "")

// Unspaced is an affiliation number as it is compared: without blanks, points and dashes.
func Unspaced(affiliation string) string {
	if !strings.ContainsAny(affiliation, " .-") {
		return affiliation
	}
	return unspaced.Replace(affiliation)
}

// KeyFields are the fields that make a record of the kind the same one, in order.
func (s *Schema) KeyFields() []Field {
	fields := make([]Field, len(s.keys))
	for i, at := range s.keys {
		fields[i] = s.Fields[at]
	}
	return fields
}

// keyOf is the key of a line: as it is written, affiliation numbers as they are compared.
// nil where one of its fields is wrong or missing: which row it is cannot be told.
func (s *Schema) keyOf(values []value, wrong []Problem) []string {
	key := make([]string, len(s.keys))
	for i, at := range s.keys {
		f, v := &s.Fields[at], &values[at]
		if slices.ContainsFunc(wrong, func(p Problem) bool { return p.Field == f.Name && p.Reason != ReasonDuplicate }) {
			return nil
		}
		switch key[i] = v.spelled(); {
		case f.Type == Flag && v.form == absent:
			key[i] = "false"
		case f.person:
			key[i] = Unspaced(key[i])
		}
	}
	return key
}

// LastDay is the day on which a row that goes on ends, if a delivery of asOf does not hold
// it any more: the day before, in Belgium.
func LastDay(asOf time.Time, zone *time.Location) time.Time {
	y, m, d := asOf.In(zone).Date()
	return time.Date(y, m, d-1, 0, 0, 0, 0, time.UTC)
}
