package native

import (
	"strconv"
	"strings"
	"time"
)

// ending is how a language says that a certificate's time is over, in the words of the
// counter's card panel.
type ending struct {
	sentence string // has {date}
	months   [12]string
	day      string // behind the number of the day
	first    string // in place of "1"; "": as every day
}

var endings = map[string]ending{
	"fr": {
		sentence: "Les certificats de votre carte ont expiré le {date}, même si la carte reste valable. Renouvelez-les à la commune.",
		months:   [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
		first:    "1er",
	},
	"nl": {
		sentence: "De certificaten op uw kaart zijn verlopen op {date}, ook al is de kaart nog geldig. Vernieuw ze bij uw gemeente.",
		months:   [12]string{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"},
	},
	"de": {
		sentence: "Die Zertifikate Ihrer Karte sind am {date} abgelaufen, auch wenn die Karte noch gültig ist. Erneuern Sie sie bei der Gemeinde.",
		months:   [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
		day:      ".",
	},
	"en": {
		sentence: "The certificates on your card expired on {date}, even if the card is still valid. Renew them at your municipality.",
		months:   [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	},
}

// expired says when the certificate's time was over: the day in UTC.
func (t *text) expired(at time.Time) string {
	e := endings[t.lang]
	at = at.UTC()
	day := strconv.Itoa(at.Day()) + e.day
	if at.Day() == 1 && e.first != "" {
		day = e.first
	}
	date := day + " " + e.months[at.Month()-1] + " " + strconv.Itoa(at.Year())
	return strings.ReplaceAll(e.sentence, "{date}", date)
}
