package native

import (
	"crypto/x509"
	"strings"
	"unicode"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/api"
)

// text is what the person reads, in one language. The sentences about the card are those
// of the counter's card panel.
type text struct {
	lang string

	from_                    string // a sentence after the site: {site} {sentence}
	consent_, holder         string // consent_ has {site}, holder {name}
	login, sign, digest      string // before a PIN typed elsewhere; login and sign have {site}, digest {digest}
	onKeypad, inWindow       string // where it is typed then
	handOut, goOn            string // buttons that agree
	again, cancel, close     string // other buttons
	noReader, noCard         string
	unknown, busy, several   string
	otherCard, noSignature   string
	removed, blocked, wrong  string
	noModule, unsupported    string
	technical                string
	pageTitle, working, over string // of the page
}

var texts = map[string]*text{"fr": &french, "nl": &dutch, "de": &german, "en": &english}

// textIn takes the first language that we have.
func textIn(langs ...string) *text {
	for _, lang := range langs {
		if t, ok := texts[strings.ToLower(lang)]; ok {
			return t
		}
	}
	return &french
}

// from puts a sentence below the site that it is about.
func (t *text) from(site, sentence string) string {
	return strings.NewReplacer("{site}", site, "{sentence}", sentence).Replace(t.from_)
}

// waiting says what is missing.
func (t *text) waiting(site string, state api.State) string {
	return t.from(site, map[api.State]string{
		api.NoReader: t.noReader, api.NoCard: t.noCard, api.CardUnknown: t.unknown, api.CardBusy: t.busy,
		severalCards: t.several, api.WrongPerson: t.otherCard, api.NoSignCert: t.noSignature, api.CardRemoved: t.removed,
	}[state])
}

// consent asks whether the site may have the certificate, and says whose it is.
func (t *text) consent(site string, c *x509.Certificate) string {
	question := strings.ReplaceAll(t.consent_, "{site}", site)
	if name := holderOf(c); name != "" {
		question += "\n\n" + strings.ReplaceAll(t.holder, "{name}", name)
	}
	return question
}

// maxName bounds the name of a certificate, in characters, where it is shown.
const maxName = 64

// holderOf is the name on the certificate as Belgian cards have it, without what it is for.
// Nobody has verified it: it is cut and cleared of what could change a window.
func holderOf(c *x509.Certificate) string {
	name, _, _ := strings.Cut(c.Subject.CommonName, " (")
	clean := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, name)
	if letters := []rune(clean); len(letters) > maxName {
		clean = string(letters[:maxName])
	}
	return clean
}

// before asks before a PIN is typed where no site is named.
func (t *text) before(site string, p certs.Purpose, digest string, place reader.PINPlace) string {
	question := t.login
	if p == certs.Signature {
		question = t.sign
	}
	question = strings.ReplaceAll(question, "{site}", site)
	if digest != "" {
		question += "\n" + strings.ReplaceAll(t.digest, "{digest}", digest)
	}
	where := t.inWindow
	if place == reader.Keypad {
		where = t.onKeypad
	}
	return question + "\n\n" + where
}

var french = text{
	lang:        "fr",
	from_:       "{site}\nattend votre carte.\n\n{sentence}",
	consent_:    "{site}\ndemande votre certificat de signature. Ce site connaîtra votre nom et votre numéro national.",
	holder:      "Carte de {name}.",
	login:       "{site}\nvous demande de prouver qui vous êtes.",
	sign:        "{site}\nvous demande votre signature.",
	digest:      "Comparez avec la page du site\u00a0: {digest}",
	onKeypad:    "Si vous êtes d’accord, vous taperez ensuite votre code PIN sur le lecteur.",
	inWindow:    "Si vous êtes d’accord, une autre fenêtre vous demandera ensuite votre code PIN.",
	handOut:     "Je suis d’accord",
	goOn:        "Continuer",
	again:       "Réessayer",
	cancel:      "Annuler",
	close:       "Fermer",
	noReader:    "Aucun lecteur de carte détecté. Branchez votre lecteur, puis réessayez.",
	noCard:      "Insérez votre carte d’identité, puce vers l’avant.",
	unknown:     "Nous ne pouvons pas lire cette carte. Vérifiez qu’il s’agit de votre carte d’identité et qu’elle est bien insérée.",
	busy:        "Votre carte est utilisée par un autre programme. Fermez-le, puis réessayez.",
	several:     "Plusieurs cartes sont insérées. Ne laissez que la vôtre.",
	otherCard:   "Le document a été préparé pour une autre carte. Insérez la carte avec laquelle vous avez commencé.",
	noSignature: "Cette carte permet de se connecter, mais pas de signer (carte demandée avant 18 ans ou signature non activée).",
	removed:     "La carte n’est plus dans le lecteur. Rien n’a été envoyé. Remettez-la pour continuer.",
	blocked:     "Code PIN bloqué après 3 erreurs. Votre commune peut le débloquer.",
	wrong:       "Code PIN incorrect. Rien n’a été envoyé. Vous pouvez recommencer depuis la page du site.",
	noModule:    "Le logiciel de la carte d’identité manque sur cet ordinateur. Installez-le depuis eid.belgium.be, puis recommencez.",
	unsupported: "Ce lecteur ou ce logiciel de carte ne peut pas le faire. Installez le logiciel officiel depuis eid.belgium.be, ou essayez un autre lecteur.",
	technical:   "Un problème technique est survenu. Rien n’a été envoyé. Réessayez depuis la page du site.",
	pageTitle:   "Carte d’identité",
	working:     "Votre carte travaille. Laissez-la dans le lecteur.",
	over:        "Vous pouvez fermer cette fenêtre et revenir à la page du site.",
}

var dutch = text{
	lang:        "nl",
	from_:       "{site}\nwacht op uw kaart.\n\n{sentence}",
	consent_:    "{site}\nvraagt uw handtekeningcertificaat. Die site kent dan uw naam en uw rijksregisternummer.",
	holder:      "Kaart van {name}.",
	login:       "{site}\nvraagt u te bewijzen wie u bent.",
	sign:        "{site}\nvraagt uw handtekening.",
	digest:      "Vergelijk met de pagina van de site: {digest}",
	onKeypad:    "Als u akkoord gaat, typt u daarna uw pincode op de kaartlezer.",
	inWindow:    "Als u akkoord gaat, vraagt een ander venster daarna uw pincode.",
	handOut:     "Ik ga akkoord",
	goOn:        "Doorgaan",
	again:       "Opnieuw proberen",
	cancel:      "Annuleren",
	close:       "Sluiten",
	noReader:    "We vinden geen kaartlezer. Sluit uw lezer aan en probeer opnieuw.",
	noCard:      "Steek uw identiteitskaart in de lezer, met de chip naar voren.",
	unknown:     "We kunnen deze kaart niet lezen. Controleer of het uw identiteitskaart is en of ze goed zit.",
	busy:        "Uw kaart is in gebruik door een ander programma. Sluit dat en probeer opnieuw.",
	several:     "Er zitten meerdere kaarten in de lezers. Laat alleen de uwe zitten.",
	otherCard:   "Het document is voor een andere kaart klaargemaakt. Steek de kaart in waarmee u begonnen bent.",
	noSignature: "Met deze kaart kunt u zich aanmelden, maar niet ondertekenen (aangevraagd vóór 18 jaar of handtekening niet geactiveerd).",
	removed:     "De kaart zit niet meer in de lezer. Er is niets verzonden. Steek ze terug om verder te gaan.",
	blocked:     "Pincode geblokkeerd na 3 fouten. Uw gemeente kan ze deblokkeren.",
	wrong:       "Onjuiste pincode. Er is niets verzonden. U kunt opnieuw beginnen op de pagina van de site.",
	noModule:    "De software voor de identiteitskaart ontbreekt op deze computer. Installeer ze via eid.belgium.be en begin opnieuw.",
	unsupported: "Deze kaartlezer of kaartsoftware kan dit niet. Installeer de officiële software via eid.belgium.be of gebruik een andere lezer.",
	technical:   "Er was een technisch probleem. Er is niets verzonden. Probeer opnieuw vanaf de pagina van de site.",
	pageTitle:   "Identiteitskaart",
	working:     "Uw kaart is bezig. Laat ze in de lezer.",
	over:        "U kunt dit venster sluiten en teruggaan naar de pagina van de site.",
}

var german = text{
	lang:        "de",
	from_:       "{site}\nwartet auf Ihre Karte.\n\n{sentence}",
	consent_:    "{site}\nbittet um Ihr Signaturzertifikat. Diese Website kennt dann Ihren Namen und Ihre Nationalregisternummer.",
	holder:      "Karte von {name}.",
	login:       "{site}\nbittet Sie zu zeigen, wer Sie sind.",
	sign:        "{site}\nbittet um Ihre Unterschrift.",
	digest:      "Vergleichen Sie mit der Seite der Website: {digest}",
	onKeypad:    "Wenn Sie einverstanden sind, geben Sie danach Ihre PIN am Lesegerät ein.",
	inWindow:    "Wenn Sie einverstanden sind, fragt danach ein anderes Fenster nach Ihrer PIN.",
	handOut:     "Ich bin einverstanden",
	goOn:        "Weiter",
	again:       "Erneut versuchen",
	cancel:      "Abbrechen",
	close:       "Schließen",
	noReader:    "Kein Lesegerät erkannt. Schließen Sie Ihr Lesegerät an und versuchen Sie es erneut.",
	noCard:      "Stecken Sie Ihre eID-Karte mit dem Chip voran ins Lesegerät.",
	unknown:     "Diese Karte ist nicht lesbar. Prüfen Sie, ob es Ihre eID-Karte ist und ob sie richtig sitzt.",
	busy:        "Ihre Karte wird von einem anderen Programm benutzt. Schließen Sie es und versuchen Sie es erneut.",
	several:     "Es stecken mehrere Karten. Lassen Sie nur Ihre stecken.",
	otherCard:   "Das Dokument wurde für eine andere Karte vorbereitet. Stecken Sie die Karte ein, mit der Sie begonnen haben.",
	noSignature: "Mit dieser Karte können Sie sich anmelden, aber nicht unterschreiben (vor 18 beantragt oder Signatur nicht aktiviert).",
	removed:     "Die Karte steckt nicht mehr im Lesegerät. Es wurde nichts gesendet. Stecken Sie sie wieder ein, um fortzufahren.",
	blocked:     "PIN nach 3 Fehlern gesperrt. Ihre Gemeinde kann sie entsperren.",
	wrong:       "Falsche PIN. Es wurde nichts gesendet. Sie können auf der Seite der Website neu beginnen.",
	noModule:    "Die Software für die eID-Karte fehlt auf diesem Computer. Installieren Sie sie von eid.belgium.be und beginnen Sie neu.",
	unsupported: "Dieses Lesegerät oder diese Kartensoftware kann das nicht. Installieren Sie die offizielle Software von eid.belgium.be oder nutzen Sie ein anderes Gerät.",
	technical:   "Es ist ein technisches Problem aufgetreten. Es wurde nichts gesendet. Versuchen Sie es von der Seite der Website aus erneut.",
	pageTitle:   "eID-Karte",
	working:     "Ihre Karte arbeitet. Lassen Sie sie im Lesegerät.",
	over:        "Sie können dieses Fenster schließen und zur Seite der Website zurückkehren.",
}

var english = text{
	lang:        "en",
	from_:       "{site}\nis waiting for your card.\n\n{sentence}",
	consent_:    "{site}\nasks for your signature certificate. That site will then know your name and your national number.",
	holder:      "Card of {name}.",
	login:       "{site}\nasks you to prove who you are.",
	sign:        "{site}\nasks for your signature.",
	digest:      "Compare with the page of the site: {digest}",
	onKeypad:    "If you agree, you will then type your PIN on the reader.",
	inWindow:    "If you agree, another window will then ask for your PIN.",
	handOut:     "I agree",
	goOn:        "Continue",
	again:       "Try again",
	cancel:      "Cancel",
	close:       "Close",
	noReader:    "No card reader found. Plug in your reader, then try again.",
	noCard:      "Insert your identity card, chip first.",
	unknown:     "We cannot read this card. Check that it is your identity card and that it is fully inserted.",
	busy:        "Another program is using your card. Close it, then try again.",
	several:     "Several cards are inserted. Leave only yours.",
	otherCard:   "The document was prepared for another card. Insert the card with which you began.",
	noSignature: "This card can sign you in but cannot sign documents (issued before 18, or signing not activated).",
	removed:     "The card is no longer in the reader. Nothing was sent. Put it back to go on.",
	blocked:     "PIN blocked after 3 mistakes. Your municipality can unblock it.",
	wrong:       "Wrong PIN. Nothing was sent. You can start again from the page of the site.",
	noModule:    "The software of the identity card is missing on this computer. Install it from eid.belgium.be, then start again.",
	unsupported: "This reader or this card software cannot do it. Install the official software from eid.belgium.be, or try another reader.",
	technical:   "Something went wrong. Nothing was sent. Try again from the page of the site.",
	pageTitle:   "Identity card",
	working:     "Your card is working. Leave it in the reader.",
	over:        "You may close this window and go back to the page of the site.",
}
