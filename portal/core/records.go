package core

import "time"

// Dates are midnight UTC; the zero time is "not given". Amounts are cents of euro.
// Holder and Member are affiliation numbers as the insurance system prints them; the
// store finds the members behind them. Keys say which columns make a record the same
// one when it is delivered again: the newer replaces the older.

// Household says that a person is on somebody's booklet. Key: Holder, Member.
type Household struct {
	Holder, Member string
	Role           Role
	Since, Until   time.Time
}

// Role of a person in a household.
type Role string

// The roles. The holder herself has a record too.
const (
	RoleHolder  Role = "holder"
	RolePartner Role = "partner"
	RoleChild   Role = "child"
	RoleOther   Role = "other" // ascendant or somebody else who depends on the holder
)

// Cover is one of a person's insurances. Key: Member, Cover, Since.
type Cover struct {
	Member       string
	Cover        Insurance
	Status       CoverStatus
	Since, Until time.Time
	// Code is the pair of numbers on the vignette of a compulsory cover, "110/110"; empty for others.
	Code string
}

// Insurance is what a cover is of.
type Insurance string

// The insurances.
const (
	Compulsory    Insurance = "compulsory"
	Complementary Insurance = "complementary"
	Hospital      Insurance = "hospital"
	Dental        Insurance = "dental"
)

// CoverStatus of a cover.
type CoverStatus string

// The statuses.
const (
	InForce   CoverStatus = "in-force"
	Increased CoverStatus = "increased" // in force, with increased reimbursement
	Waiting   CoverStatus = "waiting"   // in its waiting time
	Suspended CoverStatus = "suspended"
	Ended     CoverStatus = "ended"
)

// Payment is one movement of money. Key: Reference; a
// payment that comes back with another Treated takes its lines with it.
type Payment struct {
	Member    string // whose file it is in: who gets or pays it
	Reference string // of the insurance system, [A-Z0-9-]{1,24}
	Kind      PaymentKind
	Received  time.Time // the claim reached the mutuality; zero: not known
	Treated   time.Time // it was dealt with and sent, not received; lists are in this order
	Paid      time.Time // the bank carried it out; zero: not yet
	Payee     string    // name: the member's, or the professional's
	Last4     string    // of the account; empty: not by transfer
	// Cents are positive for money to Payee, negative for money from the member.
	Cents         int64
	Communication string // text of the bank transfer
}

// PaymentKind says who pays whom for what.
type PaymentKind string

// The kinds.
const (
	Refund       PaymentKind = "refund"       // to the member, for care
	ThirdParty   PaymentKind = "third-party"  // to a professional: never money received by the member
	Contribution PaymentKind = "contribution" // from the member
	Allowance    PaymentKind = "indemnity"    // to the member, for incapacity; has no lines
	Ceiling      PaymentKind = "maf"          // to the member, above the ceiling
	Recovery     PaymentKind = "recovery"     // from the member: paid too much
)

// Line is an act of care in a payment. Key: Payment, Line. The lines of a
// refund add up to its Cents. It is filed under Member, who had the care.
type Line struct {
	Payment     string // its Reference; Treated is that of the payment
	Line        int    // from 1
	Member      string // who had the care
	Certificate string // number of the certificate of care; empty: none
	Nature      string // what it was, in the insurance system's words and language
	Code        string // of the nomenclature, 6 digits; empty: none
	Provider    string // name
	From, To    time.Time
	Quantity    int
	Fee         int64  // official fee
	Supplement  *int64 // nil: not declared
	Refund      int64
	Own         int64 // own share: Fee + Supplement - Refund, supplement 0 where not declared
}

// Incapacity is a period of incapacity for work. Key: Member, Since.
type Incapacity struct {
	Member       string
	Since, Until time.Time // Until zero: goes on
	Kind         string    // primary, invalidity, maternity, birth-leave, accident
	State        string    // asked, accepted, refused, ended
}

// Indemnity is a payment for a period of incapacity. Key: Member, Reference.
type Indemnity struct {
	Member    string
	Reference string
	Paid      time.Time
	From, To  time.Time
	Days      int
	Daily     int64 // gross, a day
	Gross     int64
	Tax       int64
	Net       int64 // Gross - Tax
	Last4     string
}

// Appointment is one with the medical adviser. Key: Member, Reference.
type Appointment struct {
	Member    string
	Reference string
	At        time.Time // moment
	Place     string    // name of the place
	Street    string
	Postcode  string
	City      string
	Bring     string // identity,medical-file,imaging,medicines: words of ours, comma between
	State     string // set, moved, cancelled, done
}

// MedicalFile is a global medical file, DMG/GMD. Key: Member, Since.
type MedicalFile struct {
	Member       string
	Since, Until time.Time
	Doctor       string
	Number       string // of the doctor, 11 digits
}

// Tariff is what a kind of care is refunded with and without the file. Key: Code, From.
type Tariff struct {
	Code          string
	Nature        string // consultation, visit, ...: a key of ours
	From          time.Time
	Increased     bool // for increased reimbursement
	Fee           int64
	With, Without int64 // refunds
}

// Maf is a household's year under maximum billing. Key: Holder, Year.
type Maf struct {
	Holder  string
	Year    int
	Class   int // of income, 1 to 7; 0: social MAF
	Since   time.Time
	Ceiling int64
	Counted int64
	Closed  bool
}

// MafShare is a person's part in it. Key: Holder, Year, Member. The Counted of a
// year's shares add up to that of the household.
type MafShare struct {
	Holder   string
	Year     int
	Member   string
	Counted  int64
	Refunded int64     // paid under MAF already
	Due      int64     // still to be paid
	Expected time.Time // when Due is paid; zero: not known
}

// Saving is a person's youth savings in a year. Key: Member, Year.
type Saving struct {
	Member      string
	Year        int
	From, Until time.Time // eligible: from 14 to 30
	Total       int64     // saved so far, all years
	Deposited   int64     // this year
	Most        int64     // at most this year
	Basis       int       // rate in hundredths of a percent: 1300 is 13 %
}

// Agreement of the medical adviser. Key: Member, Reference.
type Agreement struct {
	Member       string
	Reference    string
	Kind         string // medicine, waiting-time, speech-therapy, rehabilitation, care-pathway, quote-optical, quote-dental, approval
	Subject      string // what for, in the insurance system's words
	Professional string
	Since, Until time.Time
	State        string // asked, granted, refused, ended
	Cents        int64  // amount covered; 0: not a matter of amounts
}

// Provider is a health professional. Key: Number.
type Provider struct {
	Number     string // 11 digits
	Name       string
	Profession string // doctor, dentist, physiotherapist, speech-therapist, nurse, ...
	Speciality string
	Street     string
	Postcode   string
	City       string
	Status     string // full, partial, none
	Since      time.Time
	Hours      string // when not agreed, for partial; free text
}

// Branch is a contact point. Key: Code.
type Branch struct {
	Code, Name, Street, Postcode, City, Phone string
	Latitude, Longitude                       int64  // millionths of a degree
	Hours                                     string // "mon 08:30-12:30 13:30-17:00; tue ..."
	Services                                  string // advice,documents,enrolment,kiosk,home-care: keys of ours
	Wheelchair, Kiosk                         bool
}

// Postcode is where a postcode lies, for distances. Key: Code, Name.
type Postcode struct {
	Code, Name          string
	Latitude, Longitude int64 // millionths of a degree
}

// Shipment is how far an order got in the core system. Key: Reference.
type Shipment struct {
	Reference string // of the order at the counter
	State     string // prepared, posted, returned
	At        time.Time
}

// EuropeanCard is a person's European health insurance card, and whether she may have
// a provisional certificate in place of it. Key: Member.
type EuropeanCard struct {
	Member      string
	Institution string    // identification number, 4 to 10 digits
	Number      string    // of the card, at most 20 digits
	Until       time.Time // last day of the card
	// Certificate is the last day of a certificate that is made at the counter, not after
	// Until; zero: none may be made.
	Certificate time.Time
}

// Received is a document of the mutuality to the member. Key: Member, Reference.
type Received struct {
	Member    string
	Reference string
	Kind      string // yearly-balance, statement, letter, certificate, tax
	Title     string
	Language  string
	Issued    time.Time
	File      string // of the PDF, beside the import file; its SHA-256 follows
	SHA256    string // hex
	PDF       []byte // what is in File
}
