package main

import (
	"fmt"

	"guichet.example/certs/registry"
	"guichet.example/cmd/internal/cli"
)

// phrase is a text in French, Dutch, German and English.
type phrase [4]string

var languages = map[string]int{"fr": 0, "nl": 1, "de": 2, "en": 3}

// checkLang refuses what -lang may not be.
func checkLang(lang string) error {
	if _, is := languages[lang]; !is {
		return fmt.Errorf("%w: -lang is fr, nl, de or en", cli.ErrUsage)
	}
	return nil
}

func (p phrase) in(lang string) string { return p[languages[lang]] }

// Labels of an identity, in the words of the cards where these have some.
var (
	wordSurname        = phrase{"nom", "naam", "Name", "surname"}
	wordGivenNames     = phrase{"prénoms", "voornamen", "Vornamen", "given names"}
	wordInitial        = phrase{"initiale", "initiaal", "Initiale", "initial"}
	wordNumber         = phrase{"numéro national", "rijksregisternummer", "Nationalregisternummer", "national number"}
	wordBorn           = phrase{"né(e) le", "geboren op", "geboren am", "born"}
	wordBirthPlace     = phrase{"lieu de naissance", "geboorteplaats", "Geburtsort", "birth place"}
	wordSex            = phrase{"sexe", "geslacht", "Geschlecht", "sex"}
	wordNationality    = phrase{"nationalité", "nationaliteit", "Staatsangehörigkeit", "nationality"}
	wordNobility       = phrase{"titre", "titel", "Titel", "nobility"}
	wordStatus         = phrase{"statut spécial", "speciale status", "Sonderstatus", "special status"}
	wordStreet         = phrase{"rue", "straat", "Straße", "street"}
	wordPostcode       = phrase{"code postal", "postcode", "Postleitzahl", "postcode"}
	wordMunicipality   = phrase{"commune", "gemeente", "Gemeinde", "municipality"}
	wordDocument       = phrase{"document", "document", "Dokument", "document"}
	wordCardNumber     = phrase{"numéro de carte", "kaartnummer", "Kartennummer", "card number"}
	wordDuplicate      = phrase{"duplicata", "duplicaat", "Duplikat", "duplicate"}
	wordValidFrom      = phrase{"valable du", "geldig van", "gültig von", "valid from"}
	wordValidTo        = phrase{"valable jusqu'au", "geldig tot", "gültig bis", "valid to"}
	wordIssuedAt       = phrase{"délivrée à", "afgegeven te", "ausgestellt in", "issued at"}
	wordOrganization   = phrase{"organisation spéciale", "bijzondere organisatie", "besondere Organisation", "special organisation"}
	wordFamilyMember   = phrase{"membre de famille", "gezinslid", "Familienangehöriger", "family member"}
	wordProtection     = phrase{"protection internationale", "internationale bescherming", "internationaler Schutz", "international protection"}
	wordProtectedSince = phrase{"protégé(e) depuis", "beschermd sinds", "geschützt seit", "protected since"}
	wordWork           = phrase{"marché du travail", "arbeidsmarkt", "Arbeitsmarkt", "labour market"}
	wordEmployer       = phrase{"TVA de l'employeur", "btw van de werkgever", "MwSt. des Arbeitgebers", "employer's VAT"}
	wordRegionalFile   = phrase{"dossier régional", "gewestelijk dossier", "regionale Akte", "regional file"}
	wordMention        = phrase{"mention", "vermelding", "Vermerk", "mention"}
	wordResidentSince  = phrase{"enregistré(e) le", "ingeschreven op", "angemeldet am", "resident since"}
	wordPhoto          = phrase{"photo", "foto", "Foto", "photo"}
	wordSource         = phrase{"source", "bron", "Quelle", "source"}
	wordYes            = phrase{"oui", "ja", "ja", "yes"}
)

var sexes = map[string]phrase{"F": {"F", "V", "W", "F"}, "M": {"M", "M", "M", "M"}}

var sources = map[registry.Source]phrase{
	registry.FromFiles: {
		"fichiers d'identité, signés par le registre national", "identiteitsbestanden, ondertekend door het rijksregister",
		"Identitätsdateien, vom Nationalregister signiert", "identity files, signed by the national registry",
	},
	registry.FromUnanchoredFiles: {
		"fichiers d'identité ; le certificat du registre n'a pas été vérifié (-trust)", "identiteitsbestanden; het certificaat van het register werd niet gecontroleerd (-trust)",
		"Identitätsdateien; das Zertifikat des Registers wurde nicht geprüft (-trust)", "identity files; the registry's certificate was not checked (-trust)",
	},
	registry.FromCertificate: {
		"certificat d'authentification, faute de fichiers d'identité", "authenticatiecertificaat, bij gebrek aan identiteitsbestanden",
		"Authentisierungszertifikat, mangels Identitätsdateien", "authentication certificate, as the module gives out no identity files",
	},
	registry.FromUnanchoredCertificate: {
		"certificat d'authentification, qui n'a pas été vérifié (-trust), faute de fichiers d'identité", "authenticatiecertificaat, dat niet werd gecontroleerd (-trust), bij gebrek aan identiteitsbestanden",
		"Authentisierungszertifikat, das nicht geprüft wurde (-trust), mangels Identitätsdateien", "authentication certificate, which was not checked (-trust), as the module gives out no identity files",
	},
}

var (
	whiteCane  = phrase{"canne blanche", "witte stok", "weißer Stock", "white cane"}
	yellowCane = phrase{"canne jaune", "gele stok", "gelber Stock", "yellow cane"}
	minority   = phrase{"minorité prolongée", "verlengde minderjarigheid", "verlängerte Minderjährigkeit", "extended minority"}
)

// statuses are the words for a special status; none for "0".
func statuses(s registry.SpecialStatus, lang string) []string {
	var list []string
	for _, is := range []struct {
		so   bool
		word phrase
	}{{s.WhiteCane(), whiteCane}, {s.YellowCane(), yellowCane}, {s.ExtendedMinority(), minority}} {
		if is.so {
			list = append(list, is.word.in(lang))
		}
	}
	if len(list) == 0 && s != "0" {
		return []string{string(s)} // one that is not known here
	}
	return list
}

// coded is the word for a code, or the code where there is none.
func coded[C ~string](words map[C]phrase, code C, lang string) string {
	if word, known := words[code]; known {
		return word.in(lang)
	}
	return string(code)
}

var organizations = map[registry.Organization]phrase{
	"1": {"SHAPE", "SHAPE", "SHAPE", "SHAPE"}, "2": {"OTAN", "NAVO", "NATO", "NATO"},
	"4": {"ancien titulaire d'une carte bleue européenne", "voormalig houder van een Europese blauwe kaart", "ehemaliger Inhaber der Blauen Karte EU", "former EU Blue Card holder"},
	"5": {"chercheur", "onderzoeker", "Forscher", "researcher"},
}

var seasonal = phrase{"travailleur saisonnier", "seizoensarbeider", "Saisonarbeitnehmer", "seasonal worker"}

var works = map[registry.Mention]phrase{
	"7": {"illimité", "onbeperkt", "unbegrenzt", "unlimited"}, "8": {"limité", "beperkt", "begrenzt", "limited"},
	"9": {"non", "geen", "nein", "none"}, "A": seasonal,
}

var mentions = map[registry.Mention]phrase{
	"A": seasonal,
	"B": {"article 18(1) de l'accord de retrait", "artikel 18(1) van het terugtrekkingsakkoord", "Artikel 18(1) des Austrittsabkommens", "Article 18(1) of the withdrawal agreement"},
	"C": {"séjour permanent", "duurzaam verblijf", "Daueraufenthalt", "permanent stay"},
	"D": {"étudiant", "student", "Student", "student"}, "E": {"élève", "scholier", "Schüler", "pupil"},
	"F": {"stagiaire", "stagiair", "Praktikant", "intern"}, "G": {"volontaire", "vrijwilliger", "Freiwilliger", "volunteer"},
	"H": {"jeune au pair", "au pair", "Au-pair-Kraft", "au pair"}, "I": {"mobilité de chercheur", "onderzoekersmobiliteit", "Forscher-Mobilität", "researcher's mobility"},
	"J": {"recherche d'emploi", "werk zoeken", "Arbeitssuche", "job search"}, "K": {"programme de mobilité", "mobiliteitsprogramma", "Mobilitätsprogramm", "mobility programme"},
}
