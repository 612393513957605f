package core

import (
	"slices"
	"time"

	"guichet.example/auth/nrn"
)

// Kind is what a record is of: one file holds records of one kind.
type Kind string

// The kinds.
const (
	KindMember       Kind = "member"
	KindHousehold    Kind = "household"
	KindCover        Kind = "cover"
	KindPayment      Kind = "payment"
	KindLine         Kind = "line"
	KindIncapacity   Kind = "incapacity"
	KindIndemnity    Kind = "indemnity"
	KindAppointment  Kind = "appointment"
	KindMedicalFile  Kind = "medical-file"
	KindTariff       Kind = "tariff"
	KindMaf          Kind = "maf"
	KindMafShare     Kind = "maf-share"
	KindSaving       Kind = "saving"
	KindAgreement    Kind = "agreement"
	KindProvider     Kind = "provider"
	KindBranch       Kind = "branch"
	KindPostcode     Kind = "postcode"
	KindShipment     Kind = "shipment"
	KindReceived     Kind = "received"
	KindEuropeanCard Kind = "european-card"
)

// kinds in the order in which they are taken in: what others refer to comes first.
var kinds = []Kind{
	KindMember, KindHousehold, KindCover, KindPayment, KindLine, KindIncapacity, KindIndemnity, KindAppointment,
	KindMedicalFile, KindTariff, KindMaf, KindMafShare, KindSaving, KindAgreement, KindProvider, KindBranch,
	KindPostcode, KindShipment, KindEuropeanCard, KindReceived,
}

// Kinds are all of them, what others refer to first.
func Kinds() []Kind { return slices.Clone(kinds) }

// ParseKind finds a kind by its name.
func ParseKind(name string) (Kind, bool) {
	i := slices.Index(kinds, Kind(name))
	if i < 0 {
		return "", false
	}
	return kinds[i], true
}

// Row is a record of any kind, as a value.
type Row interface {
	// Of is the kind of the record.
	Of() Kind
}

// Batch is rows that are stored together or not at all, but for those that are refused.
type Batch struct {
	Kind Kind
	Rows []Row
	// AsOf is the insurance system's own time of these data; zero leaves their age as it was.
	AsOf time.Time
	// Whole says that what belongs together and is in the batch is all of it: rows of the
	// same payment or year that are not are taken away (Replaced).
	Whole bool
	// Refused are keys of lines of the delivery that were refused before: they count as
	// delivered.
	Refused [][]string
	// Draft is what the store made of Rows ahead of loading them; nil: it does so then.
	Draft Draft
}

// Draft is rows as a store lays them out before it looks at what it holds already.
type Draft interface{ Of() Kind }

// Outcome is what became of a batch. Refused rows are in Rejects; the others are in one
// of the counts.
type Outcome struct {
	Added, Changed, Unchanged int
	Removed                   int // rows that are not in the batch (Batch.Whole)
	Rejects                   []Reject
}

// Reject is a row that was not taken, and why. It holds nothing of what stood in it.
type Reject struct {
	Row    int    // in the batch, from 0
	Field  string // as in the schema; empty: the row as a whole
	Reason string
}

// Member is a person of the mutuality: her file, and the account her benefits are
// paid on. Key: NationalNumber.
type Member struct {
	NationalNumber nrn.Number
	Affiliation    string // the number on the member card
	GivenNames     string
	Surname        string
	Birth          time.Time
	Street         string // with number and box
	Postcode       string
	Municipality   string
	Country        string // ISO 3166-1 alpha-2; empty: BE
	Email          string
	Phone          string // "+3243221100"
	Language       string // fr, nl, de or en
	AccessCode     string // printed on card or statements; empty: not changed
	Since          time.Time
	IBAN           string // empty: the account is not changed
	AccountHolder  string
	AccountSince   time.Time
}

// Of implements Row.
func (Member) Of() Kind { return KindMember }

// Of implements Row.
func (Household) Of() Kind { return KindHousehold }

// Of implements Row.
func (Cover) Of() Kind { return KindCover }

// Of implements Row.
func (Payment) Of() Kind { return KindPayment }

// Of implements Row.
func (Line) Of() Kind { return KindLine }

// Of implements Row.
func (Incapacity) Of() Kind { return KindIncapacity }

// Of implements Row.
func (Indemnity) Of() Kind { return KindIndemnity }

// Of implements Row.
func (Appointment) Of() Kind { return KindAppointment }

// Of implements Row.
func (MedicalFile) Of() Kind { return KindMedicalFile }

// Of implements Row.
func (Tariff) Of() Kind { return KindTariff }

// Of implements Row.
func (Maf) Of() Kind { return KindMaf }

// Of implements Row.
func (MafShare) Of() Kind { return KindMafShare }

// Of implements Row.
func (Saving) Of() Kind { return KindSaving }

// Of implements Row.
func (Agreement) Of() Kind { return KindAgreement }

// Of implements Row.
func (Provider) Of() Kind { return KindProvider }

// Of implements Row.
func (Branch) Of() Kind { return KindBranch }

// Of implements Row.
func (Postcode) Of() Kind { return KindPostcode }

// Of implements Row.
func (Shipment) Of() Kind { return KindShipment }

// Of implements Row.
func (EuropeanCard) Of() Kind { return KindEuropeanCard }

// Of implements Row.
func (Received) Of() Kind { return KindReceived }
