package rights

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/areatest"
	"guichet.example/portal/core"
	"guichet.example/portal/locale"
	"guichet.example/portal/people"
)

type fakeStore struct {
	files      MedicalFiles
	maf        Maf
	savings    Savings
	agreements Agreements
	err        error
}

func (s *fakeStore) MedicalFiles(context.Context, auth.Login) (MedicalFiles, error) {
	return s.files, s.err
}
func (s *fakeStore) Maf(context.Context, auth.Login) (Maf, error)         { return s.maf, s.err }
func (s *fakeStore) Savings(context.Context, auth.Login) (Savings, error) { return s.savings, s.err }
func (s *fakeStore) Agreements(_ context.Context, _ auth.Login, person auth.MemberID) (Agreements, error) {
	if person != "" && person != "nora" {
		return Agreements{}, ErrNotFound
	}
	return s.agreements, s.err
}

var (
	mathieu = people.Person{Member: "mathieu", Name: "Mathieu Delcourt", Self: true}
	nora    = people.Person{Member: "nora", Name: "Nora Delcourt", Birth: on("2012-02-29")}
)

func newDesk(t *testing.T) (*areatest.Counter, *fakeStore) {
	s := &fakeStore{
		files: MedicalFiles{AsOf: areatest.Noon, Persons: []PersonFile{
			{Person: mathieu, File: &core.MedicalFile{Since: on("2025-01-01"), Until: on("2026-12-31"), Doctor: "Dr Sarton"}},
			{Person: nora, Increased: true},
		}, Tariffs: []core.Tariff{
			{Code: "101032", Nature: "consultation", From: on("2026-01-01"), Fee: 3_000, With: 2_600, Without: 2_400},
			{Code: "101032", Nature: "consultation", From: on("2026-01-01"), Increased: true, Fee: 3_000, With: 2_900, Without: 2_800},
			{Code: "560011", Nature: "massage", From: on("2026-01-01"), Fee: 3_000, With: 2_600, Without: 2_400},
			{Code: "371070", Nature: "dentist", From: on("2026-01-01"), Fee: 3_000, With: 2_600, Without: 2_600},
		}},
		maf: Maf{AsOf: areatest.Noon, Years: []MafYear{
			{Maf: core.Maf{Year: 2026, Class: 3, Since: on("2026-01-01"), Ceiling: 50_000, Counted: 20_000}, Shares: []MafShare{
				{Person: mathieu, MafShare: core.MafShare{Counted: 15_000}}, {MafShare: core.MafShare{Counted: 5_000}}}},
			{Maf: core.Maf{Year: 2025, Ceiling: 50_000, Counted: 60_000, Closed: true}, Shares: []MafShare{
				{Person: mathieu, MafShare: core.MafShare{Counted: 60_000, Refunded: 9_000, Due: 1_000}}}},
		}},
		savings: Savings{AsOf: areatest.Noon, Persons: []PersonSaving{
			{Person: nora, Saving: core.Saving{Year: 2026, Until: on("2042-02-28"), Total: 12_000, Deposited: 1_000, Most: 5_000, Basis: 1_250}},
			{Person: mathieu, Saving: core.Saving{Year: 2025, Until: on("2027-01-01"), Total: 2_000, Most: 5_000, Basis: 300}},
		}},
		agreements: Agreements{AsOf: areatest.Noon, Persons: []people.Person{mathieu, nora}, List: []PersonAgreement{
			{Person: nora, Agreement: core.Agreement{Kind: "speech-therapy", Subject: "Bégaiement", Professional: "A. Rossi", Since: on("2026-01-01"), Until: on("2026-12-01"), State: "granted"}},
			{Person: mathieu, Agreement: core.Agreement{Kind: "quote-optical", Subject: "Lunettes", State: "asked", Cents: 12_500}},
			{Person: mathieu, Agreement: core.Agreement{Kind: "unheard-of", Subject: "Autre chose", State: "granted"}},
		}},
	}
	return areatest.New(t, &Rights{Store: s, Now: func() time.Time { return areatest.Noon }}), s
}

var paths = []string{filesPath, mafPath, savingsPath, agreementsPath}

func TestRightsRefuse(t *testing.T) {
	d, s := newDesk(t)
	for _, person := range []string{"tom", "mathieu2", "%27"} {
		if p := d.Get(agreementsPath + "?person=" + person); !errors.Is(p.Err, ErrNotFound) {
			t.Errorf("agreements of %s: %v", person, p.Err)
		}
	}
	d.Login.Assurance = auth.None
	for _, path := range append(paths, rightsPath) {
		if p := d.Get(path); p.Status != 403 {
			t.Errorf("%s without assurance: %d", path, p.Status)
		}
	}
	d.Login.Assurance = auth.High
	s.err = errors.New("disk")
	for _, path := range paths {
		if p := d.Get(path); !errors.Is(p.Err, s.err) {
			t.Errorf("%s: %v", path, p.Err)
		}
	}
}

func wantText(t *testing.T, text string, want ...string) {
	t.Helper()
	text = strings.ReplaceAll(text, "\u00a0", " ")
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("no %q in %s", w, text)
		}
	}
}

func TestFilesPage(t *testing.T) {
	d, _ := newDesk(t)
	p := d.Get(filesPath)
	wantText(t, p.Text("main"), "Dr Sarton", "du 1er janvier 2025 au 31 décembre 2026", "Se termine bientôt", "Pas de dossier",
		"Tarif normal : Mathieu Delcourt", "Intervention majorée : Nora Delcourt", "Prestation 560011", "Code 101032, tarif du 1er janvier 2026")
	wantText(t, p.Text(".banner"), "31 décembre 2026", "Dr Sarton")
	if strings.Contains(p.Text("main"), "dentiste") {
		t.Error("care that the file does not change is listed")
	}
}

func TestMafPage(t *testing.T) {
	d, s := newDesk(t)
	p := d.Get(mafPath)
	wantText(t, p.Text("main"), "300,00 EUR", "peuvent encore compter en 2026", "classe de revenus 3 depuis le 1er janvier 2026", "100 %",
		"Autres personnes du ménage", "Date pas encore connue", "clôturée", "Plafond 500,00")
	if n := len(p.All("svg.chart pattern")); n != 2 {
		t.Errorf("%d patterns", n)
	}
	if n := len(p.All("svg.chart g .plate")); n != 0 {
		t.Errorf("%d numbers stand on the bars", n)
	}
	for _, table := range p.Texts("table.table") {
		if strings.Contains(table, "Année 2026") && strings.Contains(table, "Attendu le") { // nothing was refunded for it
			t.Errorf("empty columns: %s", table)
		}
	}
	wantText(t, strings.Join(p.Texts("table.table"), " "), "Année 2025 Personne Compté Remboursé Encore à recevoir Attendu le")
	s.maf.Years[0].Class = 0
	wantText(t, d.Get(mafPath).Text("main"), "maximum à facturer social")
	s.maf.Years = s.maf.Years[1:]
	wantText(t, d.Get(mafPath).Text("main"), "au-dessus du plafond en 2025")
	s.maf = Maf{Own: true, Years: []MafYear{{Maf: core.Maf{Year: 2026}, Shares: []MafShare{{Person: mathieu, MafShare: core.MafShare{Counted: 700}}}}}}
	own := d.Get(mafPath)
	wantText(t, own.Text("main"), "7,00 EUR", "Vous voyez votre part seule")
	if len(own.All("svg.chart")) != 0 || strings.Contains(own.Text("main"), "Votre ménage a") {
		t.Error("who is not the holder sees the household's counter")
	}
}

func TestSavingsPage(t *testing.T) {
	d, _ := newDesk(t)
	wantText(t, d.Get(savingsPath).Text("main"), "120,00 EUR", "Encore possible en 2026 40,00 EUR", "jusqu’à 12,5 %", "28 février 2042", "Pas encore connu")
}

func TestAgreementsPage(t *testing.T) {
	d, _ := newDesk(t)
	p := d.Get(agreementsPath)
	wantText(t, p.Text("main"), "Bégaiement", "Logopédie, A. Rossi", "Se termine bientôt", "Devis optique, 125,00 EUR pris en charge", "À l’étude", "Autre chose")
	if one := d.Get(agreementsPath + "?kind=quote&person=nora").Text("main"); strings.Contains(one, "Bégaiement") || !strings.Contains(one, "Lunettes") {
		t.Errorf("quotes: %s", one)
	}
	if all := d.Get(agreementsPath + "?kind=%3Cscript%3E").Text("main"); !strings.Contains(all, "Bégaiement") {
		t.Errorf("a kind that is none: %s", all)
	}
	wantText(t, d.Get(agreementsPath+"?kind=medicine").Text("main"), "Aucun accord ne correspond")
}

func TestEmptyRights(t *testing.T) {
	d, s := newDesk(t)
	s.maf, s.savings, s.agreements, s.files = Maf{}, Savings{AsOf: areatest.Noon}, Agreements{}, MedicalFiles{Persons: []PersonFile{{Person: mathieu}}}
	wantText(t, d.Get(mafPath).Text("main"), "pas encore arrivées", "Chaque ménage a un plafond")
	wantText(t, d.Get(savingsPath).Text("main"), "n’a rien noté")
	wantText(t, d.Get(agreementsPath).Text("main"), "pas encore arrivées")
	wantText(t, d.Get(filesPath).Text("main"), "Pas de dossier", "Les tarifs ne sont pas encore arrivés")
}

func TestRightsInEachLanguage(t *testing.T) {
	d, _ := newDesk(t)
	for _, l := range locale.Languages() {
		d.Lang = l
		for _, path := range append(paths, rightsPath) {
			if p := d.Get(path); p.Status != 200 || strings.Contains(p.Text("main"), "rights.") {
				t.Errorf("%s %s: %d, %v, %s", l, path, p.Status, p.Err, p.Text("main"))
			}
		}
	}
}
