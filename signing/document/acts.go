package document

import (
	"maps"
	"slices"
	"time"
)

// Head is what every act has.
type Head struct {
	Reference string // of the request: letters, digits and -./
	Language  Language
	Mutuality Mutuality
	Member    Person
	Date      time.Time // calendar date of the request
}

// forms read back what Marshal wrote, by kind.
var forms = map[Kind]func([]byte) (Act, bool){
	KindBankChange:      read[wireBankChange, BankChange],
	KindEHICOrder:       read[wireEHICOrder, EHICOrder],
	KindIndemnities:     read[wireIndemnities, Indemnities],
	KindEHICCertificate: read[wireEHICCertificate, EHICCertificate],
	KindAccessBlock:     read[wireAccessChange, AccessChange],
	KindAccessAllow:     read[wireAccessChange, AccessChange],
	KindRefundReceipt:   read[wireRefundReceipt, RefundReceipt],
	KindPaper:           read[wirePaper, Paper],
	KindLabels:          read[wirePostOrder, PostOrder],
	KindEnvelopes:       read[wirePostOrder, PostOrder],
	KindIncapacityForm:  read[wirePostOrder, PostOrder],
	KindTravelPapers:    read[wirePostOrder, PostOrder],
	KindOfficePaper:     read[wirePaper, Paper],

	KindStatementsOnline: read[wireStatementsChange, StatementsChange],
	KindStatementsPaper:  read[wireStatementsChange, StatementsChange],
}

// Kinds returns every kind of act there is, by name.
func Kinds() []Kind { return slices.Sorted(maps.Keys(forms)) }

// read is a form of which W is the JSON.
func read[W interface{ act() A }, A Act](b []byte) (Act, bool) {
	var w W
	if !decode(b, &w) {
		return nil, false
	}
	return w.act(), true
}

// Head returns what every act has.
func (a BankChange) Head() Head { return Head{a.Reference, a.Language, a.Mutuality, a.Member, a.Date} }

// WithReference returns the act under that reference.
func (a BankChange) WithReference(r string) Act { a.Reference = r; return a }

func (a BankChange) wired() any { return a.wire() }

// Head returns what every act has.
func (a EHICOrder) Head() Head { return Head{a.Reference, a.Language, a.Mutuality, a.Member, a.Date} }

// WithReference returns the act under that reference.
func (a EHICOrder) WithReference(r string) Act { a.Reference = r; return a }

func (a EHICOrder) wired() any { return a.wire() }

// Head returns what every act has.
func (a Paper) Head() Head { return Head{a.Reference, a.Language, a.Mutuality, a.Member, a.Date} }

// WithReference returns the act under that reference.
func (a Paper) WithReference(r string) Act { a.Reference = r; return a }

func (a Paper) wired() any { return a.wire() }
