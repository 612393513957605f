package page_test

import (
	"context"
	"io"
	"time"

	"github.com/a-h/templ"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// The gallery is every component, filled, on pages like those of the counter. Tests
// look at it in a browser; its texts are the examples of the look, in French.

var now = time.Date(2026, 11, 20, 13, 8, 0, 0, time.UTC)

func view(path, title string) page.View {
	return page.View{
		Lang: locale.FR, Path: path, Title: title, Brand: page.DefaultBrand(), Now: now, Support: "K7F2-04PX",
	}
}

func member(path, title, nav string) page.View {
	v := view(path, title)
	v.Login = &auth.Login{Name: "Mathieu Delcourt", Method: auth.Card, Assurance: auth.High}
	v.Nav, v.IdleEnds, v.Messages = nav, now.Add(15*time.Minute), 2
	return v
}

// all renders components one after the other.
func all(list ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		for _, c := range list {
			if err := c.Render(ctx, w); err != nil {
				return err
			}
		}
		return nil
	})
}

// with renders a component around its content.
func with(around templ.Component, content ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return around.Render(templ.WithChildren(ctx, all(content...)), w)
	})
}

func p(text string) templ.Component { return templ.Raw("<p>" + text + "</p>") }

// gallery lists the pages by their path. agent is the origin of a loopback agent, "" for none.
func gallery(agent string) map[string]templ.Component {
	return map[string]templ.Component{
		"sign-in": signIn(), "sign-in/card": signInCard(agent), "home": home(), "bank/change": formErrors(), "bank/check": check(),
		"sign": readAndSign(agent), "done": done(), "documents": documents(5), "requests": requests(), "verify": changed(),
		"other": other(), "ending": ending(), "sign/nl": panel(locale.NL), "sign/de": panel(locale.DE), "sign/en": panel(locale.EN),
	}
}

func signIn() templ.Component {
	v := view("sign-in", "Entrer dans mon espace")
	v.Lead = "Choisissez comment prouver que c’est bien vous. Votre carte d’identité ouvre tout."
	yes := func(texts ...string) (o []page.Opening) {
		for _, t := range texts {
			o = append(o, page.Opening{Text: t, Yes: true})
		}
		return o
	}
	return with(page.Layout(v),
		page.Doors(v, []page.Door{
			{Picture: "card", Title: "Carte d’identité", Text: "Avec un lecteur et votre code PIN", First: true,
				Opens: yes("Voir et commander", "Changer de compte", "Signer des documents"), Action: page.Link{URL: "/fr/sign-in/card", Text: "Utiliser ma carte"}},
			{Picture: "phone", Title: "Clé fédérale", Text: "itsme® ou application CSAM",
				Opens: append(yes("Voir et commander", "Changer de compte"), page.Opening{Text: "Signer : il faudra la carte"}), Action: page.Link{URL: "/fr/sign-in/federal", Text: "Utiliser ma clé fédérale"}},
			{Picture: "fields", Title: "Numéro national", Text: "Avec votre mot de passe",
				Opens: append(yes("Voir et commander"), page.Opening{Text: "Changer de compte"}, page.Opening{Text: "Signer : il faudra la carte"}), Action: page.Link{URL: "/fr/sign-in/password", Text: "Utiliser mon numéro"}},
		}),
		with(page.Columns(with(page.Section("Cela ne marche pas ?"), templ.Raw(`<ul class="links"><li><a href="/fr/help/card">Tester mon lecteur de carte</a></li></ul>`))),
			with(page.Section("Première visite ?"), p("Avec la carte, votre espace s’ouvre tout de suite."))))
}

func signInCard(agent string) templ.Component {
	v := view("sign-in/card", "Votre carte d’identité")
	v.CardPage, v.Agent = true, agent
	v.Back = page.Link{URL: "/fr/sign-in", Text: "Retour : les autres façons"}
	return with(page.Layout(v), page.CardPanel(v, page.CardStep{
		Challenge: "/fr/sign-in/card/challenge", Token: "/fr/sign-in/card",
		Other: page.Link{URL: "/fr/sign-in", Text: v.T("card.exit.other-signin")},
	}))
}

func home() templ.Component {
	v := member("home", "Quoi de neuf pour vous", "home")
	v.Subject = &page.Subject{Change: "/fr/subject"}
	side := all(
		with(page.Section("Votre demande"), p(`<a href="/fr/requests/1">Carte européenne d’assurance maladie</a>`),
			page.Track(v, []page.TrackStep{{State: page.Done, Text: "Reçue", Detail: "jeudi 12 novembre"},
				{State: page.Now, Text: "En préparation", Detail: "par votre agence de Liège"}, {State: page.Next, Text: "Envoyée par la poste", Detail: "prévu le 24 novembre"}})),
	)
	return with(page.Layout(v),
		page.FigureBox(v, page.Figure{Cents: 12260, Lines: []string{"Bonjour Mathieu. C’est ce que nous vous avons", "remboursé en novembre, en trois versements."}}),
		page.ToDoBox(page.ToDo{Eyebrow: "À faire", Title: "Signez votre changement de compte bancaire",
			Text:   "Jusque-là, vos remboursements arrivent sur l’ancien compte, qui se termine par 6769.",
			Action: page.Link{URL: "/fr/sign/1", Text: "Lire et signer", Icon: "arrow-right"}, Effort: "1 page, avec votre carte d’identité"}),
		with(page.Columns(side),
			with(page.Section("Derniers remboursements"), page.Ledger([]page.LedgerRow{
				{Date: "18 nov.", When: "2026-11-18", Title: page.Link{URL: "/fr/r/1", Text: "Dermatologue"}, Detail: "Consultation, Dr A. Sarton", End: page.Amount(v, 2280)},
				{Date: "16 nov.", When: "2026-11-16", Title: page.Link{URL: "/fr/r/2", Text: "Kinésithérapeute"}, Detail: "2 séances, Cabinet Outremeuse", End: page.Amount(v, 4130)}})),
			with(page.Section("Documents récents"), page.Ledger([]page.LedgerRow{
				{Date: "17 nov.", When: "2026-11-17", Title: page.Link{URL: "/fr/d/1", Text: "Attestation d’assurabilité 2026"}, Detail: "PDF, 1 page", End: page.Badge(page.Sealed, "Scellé")},
				{Date: "2 nov.", When: "2026-11-02", Title: page.Link{URL: "/fr/d/2", Text: "Mandat pour Jeanne Delcourt"}, Detail: "PDF, 2 pages", End: page.Badge(page.Valid, "Signature valide")}}))))
}

// ending is a page a minute before the session ends.
func ending() templ.Component {
	v := member("ending", "Bientôt fini", "home")
	v.IdleEnds = now.Add(time.Minute)
	return page.Layout(v)
}

func formErrors() templ.Component {
	v := member("bank/change", "Votre nouveau compte", "account")
	v.Keep = "bank/change"
	v.Back = page.Link{URL: "/fr/account", Text: "Retour : avant de commencer"}
	v.Step = page.Step{Task: "Changer de compte bancaire", N: 1, Of: 4}
	v.Errors = []page.FieldError{
		{Field: "iban", Text: "Tapez les 16 caractères de votre numéro de compte : il en manque 2"},
		{Field: "from", Text: "Choisissez un jour à partir du 1er décembre 2026"},
		{Field: "read", Text: "Cochez la case si vous avez lu le document"}}
	return with(page.Layout(v), with(page.Form(v, "/fr/bank/change"),
		page.InputField(v, page.Field{Name: "iban", Label: "Numéro de compte (IBAN)", Hint: "Il commence par deux lettres, par exemple BE68. Les espaces ne comptent pas.", Value: "BE68 5390 0754 70", Spaced: true}),
		page.InputField(v, page.Field{Name: "holder", Label: "Titulaire du compte", Hint: "Votre nom, comme sur votre carte d’identité", Value: "Mathieu Delcourt", Autocomplete: "name"}),
		page.DateInput(v, page.DateFields{Name: "from", Legend: "À partir de quelle date ?", Hint: "Le premier jour d’un mois, par exemple 1 12 2026", Day: "1", Month: "11", Year: "2026"}),
		page.Radios(v, page.Choice{Name: "for", Legend: "Pour qui ?", Value: "me", Options: []page.Option{{Value: "me", Text: "Pour moi"}, {Value: "all", Text: "Pour toute la famille", Hint: "Nora et vous"}}}),
		page.SelectField(v, page.Select{Name: "country", Label: "Pays", Value: "BE", Options: []page.Option{{Value: "BE", Text: "Belgique"}, {Value: "FR", Text: "France"}}}),
		page.InputField(v, page.Field{Name: "why", Label: "Remarque", Optional: true, Rows: 4, MaxLength: 500}),
		page.TickBox(v, page.Tick{Name: "read", Text: "J’ai lu ce document"}),
		with(page.Actions(), page.Button(page.First, "Continuer", "arrow-right"), page.TextLink(page.Link{URL: "/fr/account", Text: "Arrêter : rien ne change"}))))
}

func check() templ.Component {
	v := member("bank/check", "Vérifiez vos réponses", "account")
	v.Back = page.Link{URL: "/fr/bank/change", Text: "Retour : votre nouveau compte"}
	v.Step = page.Step{Task: "Changer de compte bancaire", N: 2, Of: 4}
	v.Lead = "Rien n’est envoyé avant votre signature, à l’étape suivante."
	change := func(what string) page.Link {
		return page.Link{URL: "/fr/bank/change#" + what, Text: "Changer", Hidden: what}
	}
	side := with(page.Section("Ce qui va changer"), page.Track(v, []page.TrackStep{
		{State: page.Now, Text: "Aujourd’hui", Detail: "Vous signez avec votre carte."},
		{State: page.Next, Text: "Avant le 27 novembre", Detail: "Un conseiller vérifie et accepte. Vous recevez un message."},
		{State: page.Next, Text: "Dès le 1er décembre", Detail: "Nous payons sur le nouveau compte."}}))
	return with(page.Layout(v), with(page.Columns(side),
		with(page.Section("Le compte"), with(page.Panel(), page.SummaryList([]page.SummaryRow{
			{Label: "Compte actuel", Content: page.MaskedAccount(v, "BE", "6769"), Quiet: true},
			{Label: "Nouveau compte", Value: "BE68 5390 0754 7034", Large: true, Change: change("le compte")},
			{Label: "Titulaire", Value: "Mathieu Delcourt", Change: change("le titulaire")},
			{Label: "À partir du", Value: "1er décembre 2026", Change: change("la date")}}))),
		with(page.Section("Les personnes"), with(page.Panel(), page.SummaryList([]page.SummaryRow{
			{Label: "Demandé par", Value: "Mathieu Delcourt", Detail: "pour vous-même"},
			{Label: "Numéro national", Content: page.MaskedNumber(v, "28")}}))),
		with(page.Form(v, "/fr/bank/check"), with(page.Actions(), page.Button(page.First, "Continuer : lire et signer", "arrow-right"),
			page.TextLink(page.Link{URL: "/fr/home", Text: "Finir plus tard"})))))
}

func sheet() document.Sheet {
	return document.Sheet{
		Language: "fr", Letterhead: []string{"Mutualité des Tilleuls", "Quai des Tanneurs 14, 4020 Liège"},
		PlaceDate: []string{"Liège,", "le 20 novembre 2026"}, Title: "Demande de changement de compte bancaire",
		ReferenceLabel: "Référence", Reference: "GC-2026-4K7P-118", Signature: "Pour accord : Mathieu Delcourt",
		Blocks: []document.Block{
			{Text: "Je, Mathieu Delcourt, né le 30 juillet 1985, membre de la Mutualité des Tilleuls, demande que mes remboursements et indemnités soient payés sur ce compte :"},
			{Rows: []document.Row{{Label: "Nouveau compte", Value: "BE68 5390 0754 7034"}, {Label: "Titulaire", Value: "Mathieu Delcourt"},
				{Label: "À partir du", Value: "1er décembre 2026"}, {Label: "Remplace", Value: "le compte qui se termine par 6769"}}},
			{Text: "Elle prend effet quand la mutualité l’a acceptée. Je peux la retirer jusque-là."}},
	}
}

func readAndSign(agent string) templ.Component {
	v := member("sign", "Lire et signer", "requests")
	v.CardPage, v.Agent = true, agent
	v.Back = page.Link{URL: "/fr/bank/check", Text: "Retour : vérifier vos réponses"}
	v.Step = page.Step{Task: "Changer de compte bancaire", N: 4, Of: 4}
	v.Lead = "Vous avez lu ce document. Votre carte est prête."
	panel := page.CardPanel(v, page.CardStep{Sign: true, Prepare: "/fr/sign/1/prepare", Complete: "/fr/sign/1/complete",
		Other: page.Link{URL: "/fr/help", Text: v.T("card.exit.other-sign")}, Kept: "Vos réponses sont gardées. Vous pouvez reprendre jusqu’au 20 décembre."})
	return with(page.Layout(v), with(page.CardColumns(panel),
		page.SheetBar("1 page, empreinte 7F3A 92C1", page.Link{URL: "/fr/sign/1/pdf", Text: "Télécharger le PDF, 96 ko", Icon: "download"}),
		page.DocumentSheet(v, sheet(), page.Mark{Lines: []string{"Votre signature apparaîtra ici :", "Mathieu Delcourt, carte d’identité, date et heure"}}),
		with(page.Actions(), page.TextLink(page.Link{URL: "/fr/sign/1/refuse", Text: "Je refuse de signer"}), page.TextLink(page.Link{URL: "/fr/home", Text: "Signer plus tard"}))))
}

// panel is the card panel alone in another language: its words are the longest there.
func panel(l locale.Language) templ.Component {
	v := member("sign/"+string(l), l.Name(), "requests")
	v.Lang, v.CardPage = l, true
	return with(page.Layout(v), page.CardPanel(v, page.CardStep{Sign: true}))
}

func done() templ.Component {
	v := member("done", "C’est signé", "requests")
	v.NoHeading = true
	side := all(with(page.Section("Et maintenant"), page.Track(v, []page.TrackStep{
		{State: page.Done, Text: "Signée et reçue", Detail: "aujourd’hui, 14 h 08"}, {State: page.Now, Text: "Un conseiller vérifie", Detail: "réponse avant le 27 novembre"},
		{State: page.Next, Text: "Nouveau compte utilisé", Detail: "dès le 1er décembre"}})))
	return with(page.Layout(v),
		page.VerdictBox(page.Verdict{Kind: page.Valid, Title: "C’est signé", Text: "Votre demande est arrivée chez nous. Elle n’est **pas encore en vigueur** : un conseiller doit l’accepter."}),
		with(page.Columns(side),
			page.ReferenceBox(page.Reference{Label: "Numéro de référence", Number: "GC-2026-4K7P-118", Text: "Demandé le 20 novembre 2026 à 14 h 08. Une copie est dans vos documents."}),
			with(page.Section("Signature valide"), p("Signé par Mathieu Delcourt avec sa carte d’identité le 20 novembre 2026 à 14 h 08."),
				page.Files([]page.FileRow{{Link: page.Link{URL: "/fr/d/1", Text: "Le document signé"}, Detail: "PDF, 1 page, 118 ko"},
					{Icon: "rosette", Link: page.Link{URL: "/fr/d/2", Text: "La feuille de preuve"}, Detail: "PDF, 2 pages, 64 ko"}})),
			with(page.Actions(), page.ButtonLink(page.First, page.Link{URL: "/fr/home", Text: "Retour à l’accueil"}), page.PrintButton("Imprimer cette page"))))
}

// documents is the page of a vault with at least n documents.
func documents(n int) templ.Component {
	v := member("documents", "Documents", "documents")
	v.Lead = "Ce que vous avez signé, demandé ou reçu. Nous le gardons 10 ans."
	row := func(title, detail, date string, k page.Kind, state, action string) page.TableRow {
		return page.TableRow{page.TitleCell(page.Link{URL: "/fr/documents/1", Text: title}, detail), page.Text(date), page.Badge(k, state),
			page.TextLink(page.Link{URL: "/fr/documents/1/pdf", Text: action, Hidden: title})}
	}
	rows := []page.TableRow{
		row("Changement de compte bancaire", "1 page, pour vous et Nora", "20 novembre", page.ToSign, "À signer", "Lire et signer"),
		row("Commande de vignettes", "PDF, 1 page, 88 ko", "19 novembre", page.Checking, "Contrôle en cours", "Télécharger"),
		row("Attestation d’assurabilité 2026", "PDF, 1 page, 71 ko", "17 novembre", page.Sealed, "Scellé par la mutualité", "Télécharger"),
		row("Mandat pour Jeanne Delcourt", "PDF, 2 pages, 143 ko", "2 novembre", page.Valid, "Signature valide", "Télécharger"),
		row("Certificat d’incapacité", "PDF, 1 page, 310 ko", "1er novembre", page.Changed, "Modifié après signature", "Que faire ?")}
	for len(rows) < n {
		rows = append(rows, rows...)
	}
	return with(page.Layout(v),
		page.Tabs("Filtres", []page.Tab{{Link: page.Link{URL: "/fr/documents", Text: "Tous, 24"}, Current: true}, {Link: page.Link{URL: "/fr/documents?kind=sign", Text: "À signer, 1"}}, {Link: page.Link{URL: "/fr/documents?kind=signed", Text: "Signés, 9"}}}),
		page.TableBox(page.Table{Caption: "Novembre 2026", Rows: rows,
			Columns: []page.Column{{Head: "Document", Width: 40}, {Head: "Date", Width: 15}, {Head: "État", Width: 25}, {Head: "Action", Hidden: true, End: true, Width: 20}}}))
}

func requests() templ.Component {
	v := member("requests", "Demandes", "requests")
	v.Subject = &page.Subject{Name: "Jeanne Delcourt", Change: "/fr/subject"}
	v.Banner = &page.Banner{Kind: page.Checking, Title: "Nous vérifions encore votre carte", Text: "Le service de l’État ne répond pas. Vous n’avez rien à faire.", Link: page.Link{URL: "/fr/help", Text: "En savoir plus"}}
	return with(page.Layout(v), page.EmptyState(page.Empty{Title: "Ici viendront vos demandes", Text: "Vous n’avez encore rien demandé.", Link: page.Link{URL: "/fr/orders", Text: "Commander un document"}}))
}

func changed() templ.Component {
	v := view("verify", "Modifié après la signature")
	v.NoHeading = true
	v.Back = page.Link{URL: "/fr/verify", Text: "Vérifier un autre document"}
	side := with(page.Section("Que faire"), templ.Raw("<ol><li>Ne payez pas, ne changez rien sur la base de ce fichier.</li><li>Demandez l’original à la personne qui vous l’a donné.</li></ol>"))
	return with(page.Layout(v),
		page.VerdictBox(page.Verdict{Kind: page.Changed, Title: "Modifié après la signature", Text: "Ne vous fiez pas à ce fichier. Son contenu n’est plus celui que Mathieu Delcourt a signé."}),
		with(page.Columns(side), with(page.Section("Ce que nous avons contrôlé"), with(page.Panel(), page.SummaryList([]page.SummaryRow{
			{Label: "Document", Value: "Changement de compte bancaire", Detail: "le fichier reçu compte 2 pages, la version signée 1 page"},
			{Label: "Signé par", Value: "Mathieu Delcourt", Detail: "avec sa carte d’identité belge, valable ce jour-là"},
			{Label: "Modifié depuis", Value: "Oui, à une date inconnue"}})),
			with(page.More("Détails techniques"), p(`<code>SHA-256 7F3A92C10B5D</code>`)))))
}

// other holds what the pages above do not.
func other() templ.Component {
	v := member("other", "Autres composants", "")
	v.Lang = locale.NL
	return with(page.Layout(v), with(page.Note(), p("Een rustige opmerking.")),
		page.DocumentSheet(v, sheet(), page.Mark{Signed: true, Lines: []string{"Mathieu Delcourt", "20 november 2026 om 14:08"}}),
		with(page.Actions(), page.ButtonLink(page.Danger, page.Link{URL: "/nl/x", Text: "Intrekken"}), page.ButtonLink(page.Second, page.Link{URL: "/nl/y", Text: "Terug"})),
		page.BannerBox(page.Banner{Kind: page.Valid, Title: "Bewaard"}), page.Badge(page.Neutral, "Ingetrokken"),
		templ.Raw("<p>"), page.Rich("Bel **ons** of [schrijf] < & >", "/nl/help"), templ.Raw("</p>"))
}
