package enrol

import (
	"guichet.example/auth"
	"guichet.example/portal/profile"
)

// ByKiosk is the way of who enrols at a kiosk: the card that opens the session is in the
// machine, whose agent has told what its identity files say. The account is made only if
// the registry signed them and they are the holder's.
const ByKiosk = profile.ByKiosk

// wayOf is how somebody enrols who proved herself so.
func wayOf(login auth.Login) profile.Way {
	switch {
	case login.Kiosk != "":
		return ByKiosk
	case login.Method == auth.Federal:
		return profile.ByFederal
	}
	return profile.ByCard
}

// letterAfter says whether first credentials follow by post: where the mutuality wants
// it, and at a kiosk, which one does not come back to as easily as to one's own reader.
func (e *Enrol) letterAfter(login auth.Login) bool {
	return e.Settings.LetterAfterCard || login.Kiosk != ""
}
