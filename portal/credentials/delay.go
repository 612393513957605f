package credentials

import (
	"time"

	"guichet.example/portal/profile"
)

// freeTries are the failures after which nobody waits: what a person mistypes.
const freeTries = 3

// MaxDelay is the longest wait between two tries.
const MaxDelay = 15 * time.Minute

// Delay is how long the next try waits after so many failures in a row: none for the
// first three, then 2 s, 4 s, 8 s, up to MaxDelay.
func Delay(failures int) time.Duration {
	if failures < freeTries {
		return 0
	}
	if failures > freeTries+10 {
		return MaxDelay
	}
	return min(MaxDelay, time.Second<<(failures-freeTries+1))
}

// Of a network, whatever its tries name: a household or an office that mistypes, not
// more. One failure in SourceForgives is forgotten, and nobody behind it waits longer
// than SourceMaxDelay.
const (
	sourceFree     = 20
	SourceForgives = 5 * time.Minute
	SourceMaxDelay = time.Minute
)

// SourceDelay is Delay for a network.
func SourceDelay(failures int) time.Duration {
	if failures < sourceFree {
		return 0
	}
	if failures > sourceFree+6 {
		return SourceMaxDelay
	}
	return min(SourceMaxDelay, time.Second<<(failures-sourceFree))
}

// Limits are the failures in a row after which a bucket is closed until the password is
// set anew: Known those of the browsers known to the account, and again those of the
// networks.
type Limits struct{ Known, Unknown int }

// maxFailures are those of SP 800-63B-4, 3.2.2, for one account: a tenth of browsers
// known to it, a tenth of others in networks known to it, so that a stranger cannot use
// them up.
const maxFailures = 100

// LimitsOf divides the hundred by the identifiers under which one account is counted.
func LimitsOf(p profile.Profile) Limits {
	n := max(1, len(p.Identifiers))
	if p.Takes(profile.NationalNumber) { // who has a user number has no national number
		n = 1
	}
	return Limits{Known: maxFailures / 10 / n, Unknown: maxFailures * 4 / 5 / n}
}
