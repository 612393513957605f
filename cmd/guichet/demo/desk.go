package demo

import (
	_ "embed"
	"html/template"
	"net/http"
	"net/url"

	"guichet.example/certs/certstest"
	"guichet.example/portal/federal"
)

//go:embed desk.html
var deskHTML string

//go:embed desk.css
var deskCSS []byte

var deskPage = template.Must(template.New("desk").Parse(deskHTML))

// deskRow is one card on the desk.
type deskRow struct {
	Key, Name, Number, What string
	Typed, Password         string // to sign in without the card; empty: she cannot
	Inserted                bool
	Tries                   int
	Member                  bool
	Roles                   string   // of staff
	Codes                   []string // of her 24-code card
}

// fault is a way to break a service from the desk.
type fault struct {
	Service certstest.Service
	Fault   certstest.Fault
	Label   string
}

var faults = []fault{
	{certstest.OCSP, certstest.Down, "Take the OCSP service down"},
	{certstest.OCSP, certstest.Unknown, "Let OCSP answer “unknown”"},
	{certstest.TSA, certstest.Down, "Take the timestamping service down"},
}

// withDesk puts the demo desk in front of the counter: its addresses begin with /desk.
func (w *world) withDesk(counter http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", counter)
	mux.HandleFunc("GET /desk", w.showDesk)
	mux.HandleFunc("GET /desk/desk.css", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/css; charset=utf-8")
		rw.Write(deskCSS)
	})
	mux.HandleFunc("POST /desk/insert", w.act(func(r *http.Request) error { return w.desk.Insert(r.PostFormValue("card")) }))
	mux.HandleFunc("POST /desk/remove", w.act(func(*http.Request) error { return w.desk.Remove() }))
	mux.HandleFunc("POST /desk/unblock", w.act(func(r *http.Request) error { return w.desk.ResetTries(r.PostFormValue("card")) }))
	mux.HandleFunc("POST /desk/fault", w.act(w.breakService))
	mux.HandleFunc("POST /desk/kiosk", w.act(func(r *http.Request) error { return w.startKiosk(r.Context()) }))
	w.handlePost(mux)
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.AddInsecureBypassPattern("POST " + federal.ACSPath) // the counter guards it
	return crossOrigin.Handler(w.onlyOurHost(mux))
}

// onlyOurHost keeps other sites from reaching the desk by a name of their own that
// points at this machine.
func (w *world) onlyOurHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Host != hostOf(w.origin) {
			http.Error(rw, "this host is not served here", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(rw, r)
	})
}

func hostOf(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	return u.Host
}

// act does one thing at the desk and shows it again.
func (w *world) act(do func(*http.Request) error) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(rw, r.Body, 4<<10)
		if err := do(r); err != nil {
			http.Error(rw, err.Error(), http.StatusBadRequest)
			return
		}
		back := "/desk"
		if r.PostFormValue("back") == "kiosk" {
			back += "#kiosk"
		}
		http.Redirect(rw, r, back, http.StatusSeeOther)
	}
}

func (w *world) breakService(r *http.Request) error {
	service, broken := certstest.Service(r.PostFormValue("service")), certstest.Fault(r.PostFormValue("fault"))
	if service == "" {
		w.services.Control().Reset()
		return nil
	}
	return w.services.Control().Set(service, broken)
}

func (w *world) showDesk(rw http.ResponseWriter, _ *http.Request) {
	rows := make([]deskRow, 0, len(w.people))
	for _, p := range w.people {
		tries, err := w.desk.Tries(p.Key)
		if err != nil {
			tries = -1
		}
		row := deskRow{
			Key: p.Key, Name: w.cards[p.Key].Person.GivenNames + " " + p.Person.Surname,
			Number: mustNumber(p.Person.NationalNumber).String(), What: p.What,
			Inserted: w.desk.Inserted() == p.Key, Tries: tries, Member: p.Member != nil, Roles: p.standing(), Codes: w.standIn.codes[p.Key],
		}
		if c, ok := classics[p.Key]; ok {
			row.Typed, row.Password = w.identifiers(p), c.Password
		}
		rows = append(rows, row)
	}
	h := rw.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	deskPage.Execute(rw, map[string]any{
		"Rows": rows, "PIN": PIN, "Inserted": w.desk.Inserted(), "CanMove": w.desk.CanMove(), "Faults": faults, "Kiosk": w.kiosk.running() != nil,
	})
}
