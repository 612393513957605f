package core

// Why a row is refused that is right in itself.
const (
	ReasonMissing     = "is required"
	ReasonDuplicate   = "same key as an earlier one"
	ReasonNoMember    = "no member has this affiliation number"
	ReasonManyMembers = "several members have this affiliation number"
	ReasonNumberTaken = "another member has this affiliation number"
	ReasonNoPayment   = "no payment has this reference"
	ReasonPaymentSum  = "the lines of this payment do not add up to its cents"
	ReasonNoKey       = "which row this line is of cannot be told, so none can be taken away"
	ReasonApart       = "rows that add up do not stand together, so which are all there are cannot be told"
	ReasonNoYear      = "no household has this year under maximum billing"
	ReasonYearSum     = "the shares of this year do not add up to what the household has counted"
)

// MaxPDF is the largest document that is received, in bytes.
const MaxPDF = 10 << 20
