package doctor

// kioskText is what the doctor says of the links that a kiosk alone has.
type kioskText struct {
	titles   map[string]string    // by id of the link
	findings map[string][2]string // as in text
}

var kioskTexts = map[string]kioskText{
	"fr": {
		titles: map[string]string{
			KioskKey: "Clé de la borne", KioskPairing: "Appariement avec le portail", KioskLease: "Session de l’agent au portail",
			KioskBrowser: "Chromium", KioskPolicies: "Règles de Chromium", KioskPrinter: "Imprimante",
		},
		findings: map[string][2]string{
			"key.opens":   {"La clé de cette machine s’ouvre.", ""},
			"key.missing": {"Il n’y a pas de clé à l’endroit indiqué.", "Lancez : guichet-reader kiosk pair"},
			"key.open":    {"D’autres personnes de cette machine peuvent lire la clé.", "Faites révoquer la borne au bureau, supprimez la clé et lancez : guichet-reader kiosk pair"},
			"key.wrong":   {"Ce qui est indiqué n’est pas une clé de borne (P-256).", "Vérifiez -key, ou -module, -token et -label."},
			"key.failed":  {"La clé ne s’ouvre pas.", "Vérifiez le module, le jeton et son PIN, et les droits sur les fichiers."},

			"pairing.paired":    {"Le portail connaît cette borne : {name}.", ""},
			"pairing.unknown":   {"Le portail ne connaît pas la clé de cette machine.", "Créez un code au bureau (Bornes), puis lancez : guichet-reader kiosk pair"},
			"pairing.suspended": {"Le portail a suspendu la clé : elle a servi deux fois, ou un administrateur l’a arrêtée.", "Demandez au bureau pourquoi. Pour continuer, faites une nouvelle clé et appariez-la."},
			"pairing.revoked":   {"Un administrateur a révoqué la clé pour de bon.", "Faites une nouvelle clé et appariez-la."},
			"pairing.untold":    {"Seul l’agent qui tourne le sait, et il ne l’a pas encore appris.", ""},

			"lease.held":    {"L’agent répond et le portail l’entend : {name}.", ""},
			"lease.offline": {"L’agent tourne, mais le portail ne lui répond pas.", "Vérifiez le réseau et l’adresse donnée avec -portal."},
			"lease.refused": {"Le portail refuse l’agent.", "Suivez ce qui est dit à la ligne précédente, puis redémarrez l’agent."},
			"lease.stopped": {"L’agent de la borne ne tourne pas.", "Lancez : guichet-reader kiosk, avec les réglages de cette borne."},
			"lease.other":   {"Au port {port} répond un autre programme, ou un agent qui n’est pas celui de ce portail.", "Arrêtez-le, puis lancez : guichet-reader kiosk"},

			"chromium.found":   {"Installé : {name}.", ""},
			"chromium.missing": {"Chromium est introuvable : {name}.", "Installez Chromium, ou nommez-le avec -browser."},

			"policies.right":   {"Les règles de la borne sont en place.", ""},
			"policies.other":   {"Dans {name} se trouvent d’autres règles que celles de cette borne.", "Lancez la borne une fois avec -policies {name}, avec les droits pour y écrire."},
			"policies.missing": {"Dans {name} ne se trouve aucune règle de la borne.", "Lancez la borne une fois avec -policies {name}, avec les droits pour y écrire."},

			"printer.ready":   {"L’imprimante est prête.", ""},
			"printer.unused":  {"Cette borne n’a pas d’imprimante.", ""},
			"printer.gone":    {"Aucune imprimante ne répond.", "Installez-en une dans CUPS, ou réglez -printer none."},
			"printer.empty":   {"L’imprimante n’a plus de papier.", "Ajoutez du papier."},
			"printer.stopped": {"L’imprimante est arrêtée : en pause, ouverte, bloquée ou débranchée.", "Regardez l’imprimante, puis sa file dans CUPS."},
		},
	},
	"nl": {
		titles: map[string]string{
			KioskKey: "Sleutel van de zuil", KioskPairing: "Koppeling met het portaal", KioskLease: "Sessie van de agent bij het portaal",
			KioskBrowser: "Chromium-browser", KioskPolicies: "Regels van Chromium", KioskPrinter: "Printer",
		},
		findings: map[string][2]string{
			"key.opens":   {"De sleutel van dit toestel gaat open.", ""},
			"key.missing": {"Op de opgegeven plaats is er geen sleutel.", "Start: guichet-reader kiosk pair"},
			"key.open":    {"Andere mensen op dit toestel kunnen de sleutel lezen.", "Laat de zuil op kantoor intrekken, verwijder de sleutel en start: guichet-reader kiosk pair"},
			"key.wrong":   {"Wat opgegeven is, is geen sleutel van een zuil (P-256).", "Controleer -key, of -module, -token en -label."},
			"key.failed":  {"De sleutel gaat niet open.", "Controleer de module, het token en de pincode ervan, en de rechten op de bestanden."},

			"pairing.paired":    {"Het portaal kent deze zuil: {name}.", ""},
			"pairing.unknown":   {"Het portaal kent de sleutel van dit toestel niet.", "Maak op kantoor een code (Zuilen) en start: guichet-reader kiosk pair"},
			"pairing.suspended": {"Het portaal heeft de sleutel geschorst: hij werd twee keer gebruikt, of een beheerder hield hem tegen.", "Vraag op kantoor waarom. Om verder te gaan, maakt u een nieuwe sleutel en koppelt u die."},
			"pairing.revoked":   {"Een beheerder heeft de sleutel voorgoed ingetrokken.", "Maak een nieuwe sleutel en koppel die."},
			"pairing.untold":    {"Alleen een agent die draait weet het, en die heeft het nog niet gehoord.", ""},

			"lease.held":    {"De agent antwoordt en het portaal hoort hem: {name}.", ""},
			"lease.offline": {"De agent draait, maar het portaal antwoordt hem niet.", "Controleer het netwerk en het adres dat met -portal is opgegeven."},
			"lease.refused": {"Het portaal weigert de agent.", "Doe wat op de vorige regel staat en start de agent opnieuw."},
			"lease.stopped": {"De agent van de zuil draait niet.", "Start: guichet-reader kiosk, met de instellingen van deze zuil."},
			"lease.other":   {"Op poort {port} antwoordt een ander programma, of een agent die niet van dit portaal is.", "Stop het en start: guichet-reader kiosk"},

			"chromium.found":   {"Geïnstalleerd: {name}.", ""},
			"chromium.missing": {"Chromium is niet te vinden: {name}.", "Installeer Chromium, of noem het met -browser."},

			"policies.right":   {"De regels van de zuil staan er.", ""},
			"policies.other":   {"In {name} staan andere regels dan die van deze zuil.", "Start de zuil één keer met -policies {name}, met het recht om daar te schrijven."},
			"policies.missing": {"In {name} staan geen regels van de zuil.", "Start de zuil één keer met -policies {name}, met het recht om daar te schrijven."},

			"printer.ready":   {"De printer is klaar.", ""},
			"printer.unused":  {"Deze zuil heeft geen printer.", ""},
			"printer.gone":    {"Geen enkele printer antwoordt.", "Stel er een in CUPS in, of kies -printer none."},
			"printer.empty":   {"Het papier van de printer is op.", "Vul papier bij."},
			"printer.stopped": {"De printer staat stil: gepauzeerd, open, vastgelopen of losgekoppeld.", "Kijk naar de printer en dan naar zijn wachtrij in CUPS."},
		},
	},
	"de": {
		titles: map[string]string{
			KioskKey: "Schlüssel des Terminals", KioskPairing: "Kopplung mit dem Portal", KioskLease: "Sitzung des Agenten beim Portal",
			KioskBrowser: "Chromium-Browser", KioskPolicies: "Regeln von Chromium", KioskPrinter: "Drucker",
		},
		findings: map[string][2]string{
			"key.opens":   {"Der Schlüssel dieses Geräts lässt sich öffnen.", ""},
			"key.missing": {"An der angegebenen Stelle ist kein Schlüssel.", "Starten Sie: guichet-reader kiosk pair"},
			"key.open":    {"Andere Personen an diesem Gerät können den Schlüssel lesen.", "Lassen Sie das Terminal im Büro widerrufen, löschen Sie den Schlüssel und starten Sie: guichet-reader kiosk pair"},
			"key.wrong":   {"Was angegeben ist, ist kein Schlüssel eines Terminals (P-256).", "Prüfen Sie -key, oder -module, -token und -label."},
			"key.failed":  {"Der Schlüssel lässt sich nicht öffnen.", "Prüfen Sie das Modul, das Token und dessen PIN sowie die Rechte an den Dateien."},

			"pairing.paired":    {"Das Portal kennt dieses Terminal: {name}.", ""},
			"pairing.unknown":   {"Das Portal kennt den Schlüssel dieses Geräts nicht.", "Erstellen Sie im Büro einen Code (Terminals) und starten Sie: guichet-reader kiosk pair"},
			"pairing.suspended": {"Das Portal hat den Schlüssel gesperrt: Er wurde zweimal benutzt, oder ein Administrator hielt ihn an.", "Fragen Sie im Büro nach dem Grund. Um weiterzumachen, erstellen und koppeln Sie einen neuen Schlüssel."},
			"pairing.revoked":   {"Ein Administrator hat den Schlüssel endgültig widerrufen.", "Erstellen und koppeln Sie einen neuen Schlüssel."},
			"pairing.untold":    {"Nur ein laufender Agent weiß es, und er hat es noch nicht erfahren.", ""},

			"lease.held":    {"Der Agent antwortet und das Portal hört ihn: {name}.", ""},
			"lease.offline": {"Der Agent läuft, aber das Portal antwortet ihm nicht.", "Prüfen Sie das Netz und die mit -portal angegebene Adresse."},
			"lease.refused": {"Das Portal weist den Agenten ab.", "Tun Sie, was in der vorigen Zeile steht, und starten Sie den Agenten neu."},
			"lease.stopped": {"Der Agent des Terminals läuft nicht.", "Starten Sie: guichet-reader kiosk, mit den Einstellungen dieses Terminals."},
			"lease.other":   {"Auf Port {port} antwortet ein anderes Programm, oder ein Agent, der nicht zu diesem Portal gehört.", "Beenden Sie es und starten Sie: guichet-reader kiosk"},

			"chromium.found":   {"Installiert: {name}.", ""},
			"chromium.missing": {"Chromium ist nicht zu finden: {name}.", "Installieren Sie Chromium, oder nennen Sie es mit -browser."},

			"policies.right":   {"Die Regeln des Terminals sind vorhanden.", ""},
			"policies.other":   {"In {name} stehen andere Regeln als die dieses Terminals.", "Starten Sie das Terminal einmal mit -policies {name}, mit dem Recht, dort zu schreiben."},
			"policies.missing": {"In {name} stehen keine Regeln des Terminals.", "Starten Sie das Terminal einmal mit -policies {name}, mit dem Recht, dort zu schreiben."},

			"printer.ready":   {"Der Drucker ist bereit.", ""},
			"printer.unused":  {"Dieses Terminal hat keinen Drucker.", ""},
			"printer.gone":    {"Kein Drucker antwortet.", "Richten Sie einen in CUPS ein, oder wählen Sie -printer none."},
			"printer.empty":   {"Der Drucker hat kein Papier mehr.", "Legen Sie Papier nach."},
			"printer.stopped": {"Der Drucker steht: angehalten, offen, gestaut oder ausgesteckt.", "Sehen Sie nach dem Drucker und dann nach seiner Warteschlange in CUPS."},
		},
	},
	"en": {
		titles: map[string]string{
			KioskKey: "Key of the kiosk", KioskPairing: "Pairing with the portal", KioskLease: "The agent's lease at the portal",
			KioskBrowser: "Chromium browser", KioskPolicies: "Policies of Chromium", KioskPrinter: "Printer of the kiosk",
		},
		findings: map[string][2]string{
			"key.opens":   {"The key of this machine opens.", ""},
			"key.missing": {"There is no key at the place given.", "Run: guichet-reader kiosk pair"},
			"key.open":    {"Other people on this machine can read the key.", "Have the kiosk revoked at the office, delete the key and run: guichet-reader kiosk pair"},
			"key.wrong":   {"What was given is no key of a kiosk (P-256).", "Check -key, or -module, -token and -label."},
			"key.failed":  {"The key does not open.", "Check the module, the token and its PIN, and the rights to the files."},

			"pairing.paired":    {"The portal knows this kiosk: {name}.", ""},
			"pairing.unknown":   {"The portal does not know this machine's key.", "Make a code at the office (Kiosks), then run: guichet-reader kiosk pair"},
			"pairing.suspended": {"The portal suspended the key: it was used twice, or an administrator stopped it.", "Ask at the office why. To go on, make a new key and pair it."},
			"pairing.revoked":   {"An administrator revoked the key for good.", "Make a new key and pair it."},
			"pairing.untold":    {"Only an agent that runs knows, and it was not told yet.", ""},

			"lease.held":    {"The agent answers, and the portal hears it: {name}.", ""},
			"lease.offline": {"The agent runs, but the portal does not answer it.", "Check the network, and the address given with -portal."},
			"lease.refused": {"The portal refuses the agent.", "Do what the line above says, then restart the agent."},
			"lease.stopped": {"The agent of the kiosk is not running.", "Run: guichet-reader kiosk, with the settings of this kiosk."},
			"lease.other":   {"At port {port} another program answers, or an agent that is not this portal's.", "Stop it, then run: guichet-reader kiosk"},

			"chromium.found":   {"It is installed: {name}.", ""},
			"chromium.missing": {"Chromium cannot be found: {name}.", "Install Chromium, or name it with -browser."},

			"policies.right":   {"The policies of the kiosk are in place.", ""},
			"policies.other":   {"In {name} there are other policies than this kiosk's.", "Run the kiosk once with -policies {name}, with the right to write there."},
			"policies.missing": {"In {name} there are no policies of the kiosk.", "Run the kiosk once with -policies {name}, with the right to write there."},

			"printer.ready":   {"The printer is ready.", ""},
			"printer.unused":  {"This kiosk has no printer.", ""},
			"printer.gone":    {"No printer answers.", "Set one up in CUPS, or choose -printer none."},
			"printer.empty":   {"The printer is out of paper.", "Add paper."},
			"printer.stopped": {"The printer has stopped: paused, open, jammed or unplugged.", "Look at the printer, then at its queue in CUPS."},
		},
	},
}
