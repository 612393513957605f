// Package feature says what a mutuality can do without, and which addresses of the counter
// that takes away.
//
// All is on unless the settings of the mutuality list it under "off". What is off has no
// entry in a menu and no link on a page, its addresses are unknown to the counter, the help
// is silent about it, and nothing is sent about it. Its data stay where they are: imports
// and exports go on, and what is switched on again is there.
package feature

import (
	"fmt"
	"slices"
	"strings"
)

// Feature is a part of the counter that can be switched off, as the settings name it.
type Feature string

// The features.
const (
	MedicalFiles   Feature = "medical-files"   // global medical file of each person
	MaximumBilling Feature = "maximum-billing" // counter of own shares
	YouthSavings   Feature = "youth-savings"
	Agreements     Feature = "agreements"  // of the medical adviser
	Indemnities    Feature = "indemnities" // incapacity for work: periods, appointments, statements
	Receipts       Feature = "receipts"    // of refunds that are ticked
	Statements     Feature = "statements"  // of benefits, to download

	EuropeanCard   Feature = "european-card"
	Labels         Feature = "labels"
	Envelopes      Feature = "envelopes"
	IncapacityForm Feature = "incapacity-form"
	TravelPapers   Feature = "travel-papers"

	Papers        Feature = "papers"         // signing a file that one brings
	Messages      Feature = "messages"       // writing from within the counter
	CannotConnect Feature = "cannot-connect" // writing without signing in
	Branches      Feature = "branches"       // search of contact points
	Doctors       Feature = "doctors"        // search of professionals
	Kiosks        Feature = "kiosks"
)

var all = []Feature{
	MedicalFiles, MaximumBilling, YouthSavings, Agreements, Indemnities, Receipts, Statements,
	EuropeanCard, Labels, Envelopes, IncapacityForm, TravelPapers,
	Papers, Messages, CannotConnect, Branches, Doctors, Kiosks,
}

// All lists the features. The slice is the caller's.
func All() []Feature { return slices.Clone(all) }

// Off is what a mutuality has switched off. The zero value: nothing.
type Off []Feature

// Check refuses a name that is no feature; the error lists those that are. To be called at
// start-up.
func (o Off) Check() error {
	for _, f := range o {
		if !slices.Contains(all, f) {
			return fmt.Errorf("%.40q is nothing that can be switched off; what can is %s", string(f), o.names(all))
		}
	}
	return nil
}

// String is the list as the settings have it.
func (o Off) String() string { return o.names(o) }

func (Off) names(list []Feature) string {
	var names []string
	for _, f := range list {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}

// Has says whether a feature is off.
func (o Off) Has(f Feature) bool { return slices.Contains(o, f) }

// Closes says whether an address of a page is gone: path is below the language, with or
// without query and anchor.
func (o Off) Closes(path string) bool {
	if len(o) == 0 {
		return false
	}
	needs, _ := Of(path)
	return len(needs) > 0 && !slices.ContainsFunc(needs, func(f Feature) bool { return !o.Has(f) })
}
