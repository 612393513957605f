// Package page is what all pages of the counter share: the document around them, the
// components they are built of, and how they are rendered. Names of classes and the
// look behind them are in portal/web/static/guichet.css; scripts in static/js.
//
// A page is a templ component with a typed argument, in the folder of its area:
//
//	templ formPage(v page.View, f form) {
//		@page.Layout(v) {
//			@page.Form(v, v.URL("bank/change")) {
//				@page.InputField(v, page.Field{Name: "iban", Label: v.T("bank.form.iban"), Value: f.IBAN})
//				@page.Actions() {
//					@page.Button(page.First, v.T("bank.form.continue"), "arrow-right")
//				}
//			}
//		}
//	}
//
//	func (b *Bank) form(c *gin.Context) error {
//		v := page.From(c)
//		v.Title, v.Section, v.Nav = v.T("bank.form.title"), v.T("bank.title"), "account"
//		v.Back = page.Link{URL: v.URL("account"), Text: v.T("bank.back")}
//		v.Step = page.Step{Task: v.T("bank.task"), N: 1, Of: 4}
//		return page.Render(c, http.StatusOK, formPage(v, form{}))
//	}
//
// Layout draws, from the View: skip link, header, menu, Banner, Back link, ErrorSummary
// (from Errors), step line, h1 (Title) and Lead, then the page's content, and the
// footer. A page whose content holds the h1 (VerdictBox) sets NoHeading.
//
// # Components
//
//	Layout(v View) { … }                      the whole document
//	Heading(v) StepLine(v, Step)              drawn by Layout; for pages with NoHeading
//
//	Panel() { … }                             paper: what one checks or compares
//	Section(title string) { … }               a part under its h2
//	Columns(side templ.Component) { … }       text with a side column of Sections
//	CardColumns(panel templ.Component) { … }  document with its card panel
//	Note() { … }                              quiet remark; More(summary) { … } disclosure
//	Actions() { … }                           buttons and links of a page, in a row
//
//	Badge(Kind, text)                         Valid, Checking, Changed, Sealed, ToSign, Neutral
//	BannerBox(Banner)  VerdictBox(Verdict)    notice; large answer with the h1
//	ToDoBox(ToDo)      FigureBox(v, Figure)   the thing to do; the amount of the page
//	Ledger([]LedgerRow)                       news on the ground; End: Amount, Badge
//	SummaryList([]SummaryRow)                 answers with "Change"; inside Panel
//	TableBox(Table)                           TableRow{TitleCell(Link, detail), Text(s), Badge(…), TextLink(…)}
//	Files([]FileRow)                          documents to open or download
//	Track(v, []TrackStep)                     Done, Now, Next, each with its date
//	Tabs(label, []Tab)                        filters of a list
//	EmptyState(Empty)  ReferenceBox(Reference)
//	Doors(v, []Door)                          ways to sign in; pictures "card", "phone", "fields"
//	Amount(v, cents)  Money(v, cents)  Number(v, cents)  MaskedAccount(v, "BE", "6769")  MaskedNumber(v, "28")
//	Private(v, number)  v.Money(cents)  v.Drawn(cents): at a kiosk all masked until she asks
//	Text(s)  Rich(text, urls…)                Rich: **strong**, [link]
//	TextLink(Link)  ButtonLink(kind, Link)    kinds First, Second, Danger
//	PrintButton(text)                         hidden without script
//	Icon("pen").Draw()                        names in icons.go
//
//	Form(v, action) { … }                     POST with KeyField; read back by Key(c)
//	View.Keep                                 path of the form that goes along with a switch of language
//	KeyField(v)  Hidden(name, value)
//	InputField(v, Field)  DateInput(v, DateFields)  Radios(v, Choice)
//	TickBox(v, Tick)  SelectField(v, Select)  errors found in v.Errors by name
//	Button(kind, text, icon)                  submits; icon "arrow-right" stands after the words
//
//	DocumentSheet(v, document.Sheet, Mark)    the document, from the data of its PDF
//	SheetBar(text, pdf Link)                  above it: pages, digest, the PDF
//	CardPanel(v, CardStep)                    on pages with v.CardPage
//
// # What the portal provides for them
//
// Put fills the View; an area completes it from From(c). Addresses that the chrome
// links or calls, all below the language: home, documents, requests, account, sign-in,
// POST sign-out, help, help/card, help/self-test, help/accessibility, help/privacy, and POST stay,
// which answers {"seconds": n}: it counts as activity, n is how long the session now
// lasts (401 if it ended). GET /brand.css is Brand itself, an http.Handler; a brand
// from a settings file goes through Brand.Prepare once.
//
// A page whose session ended goes to sign-in?ended=1&next=<path>.
//
// When the language is switched while a form is filled, the script sends the form to
// the same path in the other language with switch=1: every POST handler that renders
// a form first asks Switched(c), and if so shows it again as typed, without errors.
package page
