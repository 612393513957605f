package core

import (
	"strconv"

	"guichet.example/auth/nrn"
)

// Why a row is refused that is right in itself.
const (
	ReasonMissing     = "is required"
	ReasonDuplicate   = "same key as an earlier one"
	ReasonNoMember    = "no member has this affiliation number"
	ReasonNational    = "no member has this affiliation number: it is a national register number"
	ReasonNotNational = "no member has this affiliation number: as a national register number it has wrong check digits"
	ReasonManyMembers = "several members have this affiliation number"
	ReasonNumberTaken = "another member has this affiliation number"
	ReasonNoPayment   = "no payment has this reference"
	ReasonPaymentSum  = "the lines of this payment do not add up to its cents"
	ReasonNoKey       = "which row this line is of cannot be told, so none can be taken away"
	ReasonApart       = "rows that add up do not stand together, so which are all there are cannot be told"
	ReasonNoYear      = "no household has this year under maximum billing"
	ReasonNoRows      = "the file holds no rows"
	ReasonYearSum     = "the shares of this year do not add up to what the household has counted"
)

// NoMember is the reason why nobody is known by an affiliation number (Unspaced): a feed that
// names members by their national numbers is told so.
func NoMember(number string) string {
	if len(number) != 11 || !only(number, decimals) {
		return ReasonNoMember
	}
	if _, err := nrn.Parse(number); err == nil {
		return ReasonNational
	}
	month, _ := strconv.Atoi(number[2:4]) // a BIS number has 20 or 40 more
	if day := number[4:6]; month < 60 && month%20 <= 12 && day <= "31" {
		return ReasonNotNational
	}
	return ReasonNoMember
}

// MaxPDF is the largest document that is received, in bytes.
const MaxPDF = 10 << 20
