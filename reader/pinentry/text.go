package pinentry

import (
	"strconv"
	"strings"

	"guichet.example/certs"
	"guichet.example/reader"
)

// text is what the window says, in one language. The sentences about tries are those of
// the counter's card panel.
type text struct {
	title, prompt, cancel, close string
	login, loginHere             string // login has {site}
	sign, signHere, digest       string // sign has {site}, digest {digest}
	okLogin, okSign              string
	notPIN                       string // has {min} and {max}
	wrongMany, wrongOne          string // wrongMany has {n}
	wrongSome, leftMany, leftOne string // leftMany has {n}; wrongSome when the number is not known
	keypad                       string
}

var texts = map[string]*text{
	"fr": {
		title: "Carte d'identité", prompt: "Code PIN :", cancel: "Annuler", close: "Fermer",
		login:     "{site}\nvous demande de prouver qui vous êtes.",
		loginHere: "Prouvez qui vous êtes avec votre carte.",
		sign:      "{site}\nvous demande votre signature.",
		signHere:  "Signez avec votre carte.",
		digest:    "Comparez avec la page du site : {digest}",
		okLogin:   "Prouver qui je suis", okSign: "Signer",
		notPIN:    "Le code PIN a de {min} à {max} chiffres. Aucun essai n'a été compté.",
		wrongMany: "Code PIN incorrect. Il vous reste {n} essais.",
		wrongOne:  "Code PIN incorrect. Il vous reste 1 essai : une erreur de plus bloquera la carte. Vous pouvez arrêter ici.",
		wrongSome: "Code PIN incorrect. Tapez-le avec attention : trois erreurs bloquent la carte.",
		leftMany:  "Il vous reste {n} essais.",
		leftOne:   "Il vous reste 1 essai : une erreur de plus bloquera la carte. Vous pouvez arrêter ici.",
		keypad:    "Tapez votre code PIN sur le lecteur, puis OK.",
	},
	"nl": {
		title: "Identiteitskaart", prompt: "Pincode:", cancel: "Annuleren", close: "Sluiten",
		login:     "{site}\nvraagt u te bewijzen wie u bent.",
		loginHere: "Bewijs met uw kaart wie u bent.",
		sign:      "{site}\nvraagt uw handtekening.",
		signHere:  "Onderteken met uw kaart.",
		digest:    "Vergelijk met de pagina van de site: {digest}",
		okLogin:   "Bewijzen wie ik ben", okSign: "Ondertekenen",
		notPIN:    "De pincode heeft {min} tot {max} cijfers. Er is geen poging geteld.",
		wrongMany: "Onjuiste pincode. U hebt nog {n} pogingen.",
		wrongOne:  "Onjuiste pincode. U hebt nog 1 poging: nog één fout blokkeert de kaart. U kunt hier stoppen.",
		wrongSome: "Onjuiste pincode. Typ ze met aandacht: drie fouten blokkeren de kaart.",
		leftMany:  "U hebt nog {n} pogingen.",
		leftOne:   "U hebt nog 1 poging: nog één fout blokkeert de kaart. U kunt hier stoppen.",
		keypad:    "Typ uw pincode op de kaartlezer en druk op OK.",
	},
	"de": {
		title: "eID-Karte", prompt: "PIN:", cancel: "Abbrechen", close: "Schließen",
		login:     "{site}\nbittet Sie zu zeigen, wer Sie sind.",
		loginHere: "Zeigen Sie mit Ihrer Karte, wer Sie sind.",
		sign:      "{site}\nbittet um Ihre Unterschrift.",
		signHere:  "Unterschreiben Sie mit Ihrer Karte.",
		digest:    "Vergleichen Sie mit der Seite der Website: {digest}",
		okLogin:   "Zeigen, wer ich bin", okSign: "Unterschreiben",
		notPIN:    "Die PIN hat {min} bis {max} Ziffern. Es wurde kein Versuch gezählt.",
		wrongMany: "Falsche PIN. Sie haben noch {n} Versuche.",
		wrongOne:  "Falsche PIN. Noch 1 Versuch: Ein weiterer Fehler sperrt die Karte. Sie können hier aufhören.",
		wrongSome: "Falsche PIN. Geben Sie sie mit Bedacht ein: Drei Fehler sperren die Karte.",
		leftMany:  "Sie haben noch {n} Versuche.",
		leftOne:   "Noch 1 Versuch: Ein weiterer Fehler sperrt die Karte. Sie können hier aufhören.",
		keypad:    "Geben Sie Ihre PIN am Lesegerät ein und drücken Sie OK.",
	},
	"en": {
		title: "Identity card", prompt: "PIN:", cancel: "Cancel", close: "Close",
		login:     "{site}\nasks you to prove who you are.",
		loginHere: "Prove who you are with your card.",
		sign:      "{site}\nasks for your signature.",
		signHere:  "Sign with your card.",
		digest:    "Compare with the page of the site: {digest}",
		okLogin:   "Prove who I am", okSign: "Sign",
		notPIN:    "The PIN has {min} to {max} digits. No try was counted.",
		wrongMany: "Wrong PIN. You have {n} tries left.",
		wrongOne:  "Wrong PIN. You have 1 try left: one more mistake blocks the card. You can stop here.",
		wrongSome: "Wrong PIN. Type it with care: three mistakes block the card.",
		leftMany:  "You have {n} tries left.",
		leftOne:   "You have 1 try left: one more mistake blocks the card. You can stop here.",
		keypad:    "Type your PIN on the reader, then press OK.",
	},
}

func textIn(lang string) *text {
	if t, ok := texts[lang]; ok {
		return t
	}
	return texts["fr"]
}

// purpose says who asks for what, and names the button that agrees.
func (t *text) purpose(c Config, ask reader.PINRequest) (desc, ok string) {
	with, without, ok := t.login, t.loginHere, t.okLogin
	if ask.Purpose == certs.Signature {
		with, without, ok = t.sign, t.signHere, t.okSign
	}
	desc = without
	if c.Site != "" {
		desc = strings.ReplaceAll(with, "{site}", c.Site)
	}
	if c.Digest != "" {
		desc += "\n" + strings.ReplaceAll(t.digest, "{digest}", c.Digest)
	}
	return desc, ok
}

// wrong says that the PIN before was wrong and what is left; -1 when that is not known.
func (t *text) wrong(tries int) string {
	return t.tries(tries, t.wrongMany, t.wrongOne, t.wrongSome)
}

// left says how many tries there are.
func (t *text) left(tries int) string { return t.tries(tries, t.leftMany, t.leftOne, "") }

func (t *text) tries(n int, many, one, unknown string) string {
	switch {
	case n < 1:
		return unknown
	case n == 1:
		return one
	}
	return strings.ReplaceAll(many, "{n}", strconv.Itoa(n))
}

// digits fills in how many a PIN has.
func (t *text) digits(sentence string, ask reader.PINRequest) string {
	return strings.NewReplacer("{min}", strconv.Itoa(ask.MinLen), "{max}", strconv.Itoa(ask.MaxLen)).Replace(sentence)
}
