package rights

import (
	"time"

	"guichet.example/portal/core"
	"guichet.example/portal/people"
)

// The ages at which youth savings are open: from the birthday of the first to the day
// before the birthday after the second. The data say from when until when in this
// mutuality; nobody outside these ages is listed whatever they say.
const youngest, oldest = 14, 30

// Eligible says whether the person can save on that day (midnight UTC).
func Eligible(p PersonSaving, today time.Time) bool {
	switch {
	case today.Before(p.From) || today.After(p.Until):
		return false
	case p.Birth.IsZero():
		return true
	}
	return people.OfAge(p.Birth, today, youngest) && !people.OfAge(p.Birth, today, oldest+1)
}

// FileState is where a medical file stands on a day.
type FileState string

// The states of a medical file.
const (
	NoFile      FileState = "none"
	FileHolds   FileState = "holds"
	FileSoon    FileState = "soon"   // ends within the second warning
	FileNow     FileState = "urgent" // ends within the first warning
	FileExpired FileState = "expired"
	FileLater   FileState = "later" // begins after today
)

// StateOf is where the file stands: urgent in its last days, soon in its last but not so
// last ones.
func StateOf(f *core.MedicalFile, today time.Time, urgent, soon int) FileState {
	switch {
	case f == nil:
		return NoFile
	case f.Since.After(today):
		return FileLater
	case f.Until.IsZero():
		return FileHolds
	case f.Until.Before(today):
		return FileExpired
	case !f.Until.After(today.AddDate(0, 0, urgent)):
		return FileNow
	case !f.Until.After(today.AddDate(0, 0, soon)):
		return FileSoon
	}
	return FileHolds
}

// Better are the tariffs for a status that a medical file makes better.
func Better(all []core.Tariff, increased bool) (list []core.Tariff) {
	for _, t := range all {
		if t.Increased == increased && t.With > t.Without {
			list = append(list, t)
		}
	}
	return list
}

// Left is what may still be counted until the ceiling.
func Left(m core.Maf) int64 { return max(0, m.Ceiling-m.Counted) }

// Above is what was counted above the ceiling: refunded, or still to be.
func Above(m core.Maf) int64 { return max(0, m.Counted-m.Ceiling) }

// Possible is what may still be saved this year.
func Possible(s core.Saving) int64 { return max(0, s.Most-s.Deposited) }

// AgreementState is where an agreement stands on a day.
type AgreementState string

// The states: those of the insurance system, and what a date makes of them.
const (
	Asked   AgreementState = "asked"
	Granted AgreementState = "granted"
	Ending  AgreementState = "ending" // granted, ends soon
	Refused AgreementState = "refused"
	Ended   AgreementState = "ended"
)

// AgreementOf is where an agreement stands; one that ends within soon days is ending.
func AgreementOf(a core.Agreement, today time.Time, soon int) AgreementState {
	switch {
	case a.State == string(Refused):
		return Refused
	case a.State == string(Ended) || !a.Until.IsZero() && a.Until.Before(today):
		return Ended
	case a.State == string(Granted) && !a.Until.IsZero() && !a.Until.After(today.AddDate(0, 0, soon)):
		return Ending
	case a.State == string(Granted):
		return Granted
	}
	return Asked
}
