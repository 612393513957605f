package main

import (
	"fmt"
	"strconv"

	"guichet.example/certs/registry"
)

// documents are the names of documents in French, Dutch and German, as printed on the
// cards or, for letters without a name, as the register calls them. English is package
// reader's.
var documents = map[registry.DocumentType][3]string{
	1:  {"Carte d'identité", "Identiteitskaart", "Personalausweis"},
	6:  {"Kids-ID (carte pour enfants)", "Kids-ID (kaart voor kinderen)", "Kids-ID (Karte für Kinder)"},
	7:  {"Carte de démarrage", "Opstartkaart", "Startkarte"},
	8:  {"Carte d'habilitation", "Habilitatiekaart", "Berechtigungskarte"},
	11: {"A. Inscription au registre des étrangers, séjour temporaire", "A. Inschrijving in het vreemdelingenregister, tijdelijk verblijf", "A. Eintragung im Ausländerregister, vorübergehender Aufenthalt"},
	12: {"B. Inscription au registre des étrangers", "B. Inschrijving in het vreemdelingenregister", "B. Eintragung im Ausländerregister"},
	13: {"C. Carte d'identité d'étranger", "C. Identiteitskaart voor vreemdeling", "C. Personalausweis für Ausländer"},
	14: {"D. Résident de longue durée - UE", "D. EU-langdurig ingezetene", "D. Daueraufenthalt - EU"},
	15: {"E. Attestation d'enregistrement", "E. Verklaring van inschrijving", "E. Anmeldebescheinigung"},
	16: {"E+. Document attestant de la permanence du séjour", "E+. Document ter staving van duurzaam verblijf", "E+. Dokument zur Bescheinigung des Daueraufenthalts"},
	17: {"F. Carte de séjour de membre de la famille d'un citoyen de l'Union", "F. Verblijfskaart van een familielid van een burger van de Unie", "F. Aufenthaltskarte für Familienangehörige eines Unionsbürgers"},
	18: {"F+. Carte de séjour permanent de membre de la famille d'un citoyen de l'Union", "F+. Duurzame verblijfskaart van een familielid van een burger van de Unie", "F+. Daueraufenthaltskarte für Familienangehörige eines Unionsbürgers"},
	19: {"H. Carte bleue européenne", "H. Europese blauwe kaart", "H. Blaue Karte EU"},
	20: {"I. ICT", "I. ICT", "I. ICT"},
	21: {"J. Mobile ICT", "J. Mobile ICT", "J. Mobile ICT"},
	22: {"M. Article 50 TUE", "M. Artikel 50 VEU", "M. Artikel 50 EUV"},
	23: {"N. Article 50 TUE, travailleur frontalier", "N. Artikel 50 VEU, grensarbeider", "N. Artikel 50 EUV, Grenzgänger"},
	27: {"K. Établissement", "K. Vestiging", "K. Niederlassung"},
	28: {"L. Résident de longue durée - UE", "L. EU-langdurig ingezetene", "L. Daueraufenthalt - EU"},
	31: {"EU. Enregistrement, article 8 de la directive 2004/38/CE", "EU. Inschrijving, artikel 8 van richtlijn 2004/38/EG", "EU. Anmeldung, Artikel 8 der Richtlinie 2004/38/EG"},
	32: {"EU+. Séjour permanent, article 19 de la directive 2004/38/CE", "EU+. Duurzaam verblijf, artikel 19 van richtlijn 2004/38/EG", "EU+. Daueraufenthalt, Artikel 19 der Richtlinie 2004/38/EG"},
	33: {"A. Séjour limité", "A. Beperkt verblijf", "A. Aufenthalt für begrenzte Dauer"},
	34: {"B. Séjour illimité", "B. Onbeperkt verblijf", "B. Aufenthalt für unbegrenzte Dauer"},
	35: {"F. Membre de la famille UE, article 10 de la directive 2004/38/CE", "F. Familielid EU, artikel 10 van richtlijn 2004/38/EG", "F. EU-Familienangehöriger, Artikel 10 der Richtlinie 2004/38/EG"},
	36: {"F+. Membre de la famille UE, article 20 de la directive 2004/38/CE", "F+. Familielid EU, artikel 20 van richtlijn 2004/38/EG", "F+. EU-Familienangehöriger, Artikel 20 der Richtlinie 2004/38/EG"},
}

var ofChild = [3]string{"(enfant)", "(kind)", "(Kind)"}

// documentName is the name of a document type, with its number; empty for 0, which is
// what the certificate says of it.
func documentName(d registry.DocumentType, lang string) string {
	if d == 0 {
		return ""
	}
	adult, child := d.Adult()
	names, known := documents[adult]
	switch {
	case !known:
		return strconv.Itoa(int(d))
	case lang == "en":
		return fmt.Sprintf("%d %s", int(d), d)
	}
	name := fmt.Sprintf("%d %s", int(d), names[languages[lang]])
	if child {
		name += " " + ofChild[languages[lang]]
	}
	return name
}
