package document

// The words of a proof sheet.
var (
	proofTitle = phrase{
		"Feuille de preuve d’un document signé",
		"Bewijsblad van een ondertekend document",
		"Prüfblatt zu einem unterschriebenen Dokument",
		"Proof sheet of a signed document"}
	proofFile    = phrase{"Fichier", "Bestand", "Datei", "File"}
	proofSize    = phrase{"Taille", "Grootte", "Größe", "Size"}
	proofBytes   = phrase{"{n} octets", "{n} bytes", "{n} Byte", "{n} bytes"}
	proofChecked = phrase{"Contrôlé le", "Gecontroleerd op", "Geprüft am", "Checked on"}
	proofAt      = phrase{"État au", "Toestand op", "Stand vom", "As of"}
	proofResult  = phrase{"Résultat", "Resultaat", "Ergebnis", "Result"}
	proofSigner  = phrase{"Signé par", "Ondertekend door", "Unterschrieben von", "Signed by"}
	proofSealer  = phrase{"Cachet de", "Zegel van", "Siegel von", "Sealed by"}
	proofTime    = phrase{"Quand", "Wanneer", "Wann", "When"}
	proofSource  = phrase{"Source de l’heure", "Bron van het tijdstip", "Zeitquelle", "Time source"}

	proofOwnClock = phrase{
		"horloge du signataire, attestée par personne",
		"klok van de ondertekenaar, door niemand bevestigd",
		"Uhr der unterzeichnenden Person, von niemandem bestätigt",
		"the signer’s clock, attested by nobody"}
	proofSince       = phrase{"Modifié depuis", "Sindsdien gewijzigd", "Seither geändert", "Changed since"}
	proofLevel       = phrase{"Niveau", "Niveau", "Niveau", "Level"}
	proofAlgorithm   = phrase{"Calcul", "Berekening", "Verfahren", "Algorithm"}
	proofIndication  = phrase{"Selon EN 319 102-1", "Volgens EN 319 102-1", "Nach EN 319 102-1", "By EN 319 102-1"}
	proofField       = phrase{"Champ du fichier", "Veld van het bestand", "Feld der Datei", "Field of the file"}
	proofCertificate = phrase{"Certificat {n}", "Certificaat {n}", "Zertifikat {n}", "Certificate {n}"}
	proofRevocation  = phrase{"Retrait {n}", "Intrekking {n}", "Sperrauskunft {n}", "Revocation {n}"}
	proofIssuer      = phrase{"émis par {name}", "uitgegeven door {name}", "ausgestellt von {name}", "issued by {name}"}
	proofSerial      = phrase{"numéro de série {serial}", "serienummer {serial}", "Seriennummer {serial}", "serial number {serial}"}
	proofValidity    = phrase{
		"valable du {from} au {to}", "geldig van {from} tot {to}", "gültig vom {from} bis zum {to}", "valid from {from} to {to}"}
	proofAnchor = phrase{
		"aucune réponse nécessaire\u00a0: certificat de confiance", "geen antwoord nodig: vertrouwd certificaat",
		"keine Auskunft nötig: vertrauenswürdiges Zertifikat", "no answer needed: trusted certificate"}
	proofNoAnswer = phrase{"aucune réponse", "geen antwoord", "keine Auskunft", "no answer"}
	proofGood     = phrase{"non retiré", "niet ingetrokken", "nicht zurückgezogen", "not withdrawn"}
	proofRevoked  = phrase{"retiré le {time}", "ingetrokken op {time}", "zurückgezogen am {time}", "withdrawn on {time}"}
	proofProduced = phrase{"réponse du {time}", "antwoord van {time}", "Auskunft vom {time}", "answer of {time}"}
	proofEmbedded = phrase{"dans le fichier", "in het bestand", "in der Datei", "in the file"}
	proofHistory  = phrase{"Versions du fichier", "Versies van het bestand", "Fassungen der Datei", "Revisions of the file"}
	proofRevision = phrase{"Version {n}", "Versie {n}", "Fassung {n}", "Revision {n}"}
	proofUpTo     = phrase{"jusqu’à l’octet {n}", "tot byte {n}", "bis Byte {n}", "up to byte {n}"}
	proofNote     = phrase{
		"Cette feuille dit ce que le fichier montrait à la vérification. Elle ne le remplace pas. Gardez les deux.",
		"Dit blad zegt wat het bestand bij de controle toonde. Het vervangt het niet. Bewaar beide.",
		"Dieses Blatt sagt, was die Datei bei der Prüfung zeigte. Es ersetzt sie nicht. Bewahren Sie beide auf.",
		"This sheet says what the file showed when it was checked. It does not replace it. Keep both."}

	proofKinds = [3]phrase{
		{"Signature {n}", "Handtekening {n}", "Unterschrift {n}", "Signature {n}"},
		{"Cachet {n}", "Zegel {n}", "Siegel {n}", "Seal {n}"},
		{"Heure attestée {n}", "Bevestigd tijdstip {n}", "Bestätigter Zeitpunkt {n}", "Timestamp {n}"},
	}
)
