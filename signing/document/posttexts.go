package document

var postTitles = map[Kind]phrase{
	KindLabels: labelsTitle, KindEnvelopes: envelopesTitle, KindIncapacityForm: incapacityTitle, KindTravelPapers: travelTitle,
}

var postAsks = map[Kind]phrase{
	KindLabels: labelsAsk, KindEnvelopes: envelopesAsk, KindIncapacityForm: incapacityAsk, KindTravelPapers: travelAsk,
}

var (
	labelsTitle = phrase{"Commande de vignettes", "Bestelling van kleefbriefjes", "Bestellung von Aufklebern", "Order of labels"}
	labelsAsk   = phrase{
		"Je demande à ma mutualité, {mutuality}, des vignettes roses au nom de\u00a0:",
		"Ik vraag mijn ziekenfonds, {mutuality}, roze kleefbriefjes op naam van:",
		"Ich bitte meine Krankenkasse, {mutuality}, um rosa Aufkleber auf den Namen von:",
		"I ask my mutuality, {mutuality}, for pink labels in the name of:"}
	envelopesTitle = phrase{"Commande d’enveloppes", "Bestelling van enveloppen", "Bestellung von Umschlägen", "Order of envelopes"}
	envelopesAsk   = phrase{
		"Je demande à ma mutualité, {mutuality}, des enveloppes à son adresse\u00a0:",
		"Ik vraag mijn ziekenfonds, {mutuality}, enveloppen met zijn adres:",
		"Ich bitte meine Krankenkasse, {mutuality}, um Umschläge mit ihrer Adresse:",
		"I ask my mutuality, {mutuality}, for envelopes with its address:"}
	incapacityTitle = phrase{
		"Commande d’un certificat d’incapacité de travail",
		"Bestelling van een getuigschrift van arbeidsongeschiktheid",
		"Bestellung einer Bescheinigung der Arbeitsunfähigkeit",
		"Order of a certificate of incapacity for work"}
	incapacityAsk = phrase{
		"Je demande à ma mutualité, {mutuality}, le formulaire confidentiel que mon médecin remplit, pour\u00a0:",
		"Ik vraag mijn ziekenfonds, {mutuality}, het vertrouwelijke formulier dat mijn arts invult, voor:",
		"Ich bitte meine Krankenkasse, {mutuality}, um das vertrauliche Formular, das mein Arzt ausfüllt, für:",
		"I ask my mutuality, {mutuality}, for the confidential form that my doctor fills in, for:"}
	travelTitle = phrase{"Commande de papiers pour un voyage", "Bestelling van papieren voor een reis", "Bestellung von Papieren für eine Reise", "Order of papers for a journey"}
	travelAsk   = phrase{
		"Je demande à ma mutualité, {mutuality}, les papiers pour ce voyage, pour\u00a0:",
		"Ik vraag mijn ziekenfonds, {mutuality}, de papieren voor deze reis, voor:",
		"Ich bitte meine Krankenkasse, {mutuality}, um die Papiere für diese Reise, für:",
		"I ask my mutuality, {mutuality}, for the papers for this journey, for:"}
	postQuantity = phrase{"Enveloppes", "Enveloppen", "Umschläge", "Envelopes"}
	postUntil    = phrase{"Retour le", "Terugkeer op", "Rückkehr am", "Return on"}

	formTitle = phrase{
		"Certificat confidentiel d’incapacité de travail",
		"Vertrouwelijk getuigschrift van arbeidsongeschiktheid",
		"Vertrauliche Bescheinigung der Arbeitsunfähigkeit",
		"Confidential certificate of incapacity for work"}
	formAsk = phrase{
		"À remplir par le médecin. À envoyer sous enveloppe fermée au médecin-conseil de la mutualité.",
		"In te vullen door de arts. Onder gesloten omslag te sturen naar de adviserend arts van het ziekenfonds.",
		"Vom Arzt auszufüllen. In verschlossenem Umschlag an den Vertrauensarzt der Krankenkasse zu senden.",
		"To be filled in by the doctor. To be sent in a closed envelope to the medical adviser of the mutuality."}
	formSince  = phrase{"Incapacité du", "Ongeschikt van", "Unfähig vom", "Incapacity from"}
	formUntil  = phrase{"Jusqu’au", "Tot en met", "Bis zum", "Until"}
	formCause  = phrase{"Diagnostic", "Diagnose", "Diagnose", "Diagnosis"}
	formOut    = phrase{"Sorties permises", "Mag buitenshuis", "Ausgang erlaubt", "May go out"}
	formDoctor = phrase{"Médecin", "Arts", "Arzt", "Doctor"}
	formNumber = phrase{"Numéro INAMI", "RIZIV-nummer", "LIKIV-Nummer", "NIHDI number"}
	formDay    = phrase{"Date", "Datum", "Datum", "Date"}
	formDelay  = phrase{
		"Délai légal\u00a0: la mutualité doit recevoir ce certificat dans les 7 jours qui suivent le début de l’incapacité. Le cachet de la poste fait foi.",
		"Wettelijke termijn: het ziekenfonds moet dit getuigschrift krijgen binnen 7 dagen na het begin van de ongeschiktheid. De poststempel geldt.",
		"Gesetzliche Frist: die Krankenkasse muss diese Bescheinigung binnen 7 Tagen nach Beginn der Unfähigkeit erhalten. Der Poststempel gilt.",
		"Legal time limit: the mutuality must receive this certificate within 7 days of the start of the incapacity. The postmark counts."}
	formSigned = phrase{"Signature et cachet du médecin", "Handtekening en stempel van de arts", "Unterschrift und Stempel des Arztes", "Signature and stamp of the doctor"}
)
