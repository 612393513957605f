package store

import (
	"cmp"
	"slices"
	"strings"

	"guichet.example/portal/core"
)

// coreTable says where records of a kind are kept. Columns are without mutuality, which
// comes first in every table, and are told by their place in columns.
type coreTable struct {
	name    string
	columns []string
	keys    []int // primary key
	finds   []int // what makes a record the same one: the key, where nothing else is said
	ints    []int // among keys and finds
	persons []int // who a record is about: ids, of the affiliation numbers in these fields of it
	fields  []string
	// values are those of the columns; text, int64 or nil, as they come back. Persons are
	// told by their affiliation numbers.
	values func(core.Row) []any
	// moved takes along what hangs on a row whose key changed.
	moved func(l *load, old, now []any) error
	// told lets the member know that a row changed.
	told func(l *load, old, now []any) error
	// news notes a row that the member is told of when it is new.
	news func(l *load, values []any)
	// fresh mails what a new row says at once, in the same commit.
	fresh func(l *load, values []any) error
}

func (table coreTable) key(values []any) string      { return joined(values, table.keys) }
func (table coreTable) identity(values []any) string { return joined(values, table.finds) }

// personal tells whether records are the same one only if they are about the same persons.
func (table coreTable) personal() bool {
	return slices.ContainsFunc(table.persons, func(i int) bool { return slices.Contains(table.finds, i) })
}

func (table coreTable) isInt(column int) bool { return slices.Contains(table.ints, column) }

// order is that of the table.
func (table coreTable) order(a, b []any) int {
	for _, i := range table.keys {
		var c int
		switch x := a[i].(type) {
		case string:
			y, _ := b[i].(string)
			c = cmp.Compare(x, y)
		case int64:
			y, _ := b[i].(int64)
			c = cmp.Compare(x, y)
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

// tableOf reads the columns of a table: a star is in the key, a plus makes the identity,
// a hash is a number, and behind an at sign stands which field tells the person. Without a
// plus the key is the identity.
func tableOf[R core.Row](name, columns string, values func(R) []any) coreTable {
	table := coreTable{name: name}
	for i, column := range strings.Fields(columns) {
		plain, field, person := strings.Cut(strings.TrimRight(column, "*+#"), "@")
		table.columns = append(table.columns, plain)
		if person {
			table.persons, table.fields = append(table.persons, i), append(table.fields, field)
		}
		if strings.Contains(column, "*") {
			table.keys = append(table.keys, i)
		}
		if strings.Contains(column, "+") {
			table.finds = append(table.finds, i)
		}
		if strings.Contains(column, "#") {
			table.ints = append(table.ints, i)
		}
	}
	if table.finds == nil {
		table.finds = table.keys
	}
	table.values = func(row core.Row) []any { return values(row.(R)) }
	return table
}

// noting is a table whose members are told of changes.
func noting(told func(l *load, old, now []any) error, table coreTable) coreTable {
	table.told = told
	return table
}

// announced is a table whose members are told of what is new.
func announced(news func(l *load, values []any), table coreTable) coreTable {
	table.news = news
	return table
}

// mailing is a table whose new rows are each told by a mail of their own.
func mailing(fresh func(l *load, values []any) error, table coreTable) coreTable {
	table.fresh = fresh
	return table
}

func with(table coreTable, moved func(l *load, old, now []any) error) coreTable {
	table.moved = moved
	return table
}

var coreTables = map[core.Kind]coreTable{
	core.KindHousehold: tableOf("households", "member@holder* person@member* role since until",
		func(r core.Household) []any {
			return []any{r.Holder, r.Member, string(r.Role), date(r.Since), date(r.Until)}
		}),
	core.KindCover: tableOf("covers", "member@member* cover* since* until status code",
		func(r core.Cover) []any {
			return []any{r.Member, string(r.Cover), date(r.Since), date(r.Until), string(r.Status), r.Code}
		}),
	core.KindPayment: announced(newPayment, with(tableOf("payments", "member@member* treated* payment*+ kind received paid payee last4 cents# communication", paymentValues), movePayment)),
	core.KindIncapacity: tableOf("incapacities", "member@member* since* until kind state",
		func(r core.Incapacity) []any {
			return []any{r.Member, date(r.Since), date(r.Until), r.Kind, r.State}
		}),
	core.KindIndemnity: tableOf("indemnities", "member@member*+ paid* indemnity*+ from_day to_day days daily gross tax net last4",
		func(r core.Indemnity) []any {
			return []any{r.Member, date(r.Paid), r.Reference, date(r.From), date(r.To), int64(r.Days), r.Daily, r.Gross, r.Tax, r.Net, r.Last4}
		}),
	core.KindAppointment: noting(tellAppointment, tableOf("appointments", "member@member* appointment* at place street postcode city bring state",
		func(r core.Appointment) []any {
			return []any{r.Member, r.Reference, micros(r.At), r.Place, r.Street, r.Postcode, r.City, r.Bring, r.State}
		})),
	core.KindMedicalFile: tableOf("medical_files", "member@member* since* until doctor number",
		func(r core.MedicalFile) []any {
			return []any{r.Member, date(r.Since), date(r.Until), r.Doctor, r.Number}
		}),
	core.KindTariff: tableOf("tariffs", "code* from_day* increased*# nature fee with_file without_file",
		func(r core.Tariff) []any {
			return []any{r.Code, date(r.From), number(r.Increased), r.Nature, r.Fee, r.With, r.Without}
		}),
	core.KindMaf: tableOf("mafs", "member@holder* year*# class since ceiling counted closed",
		func(r core.Maf) []any {
			return []any{r.Holder, int64(r.Year), int64(r.Class), date(r.Since), r.Ceiling, r.Counted, number(r.Closed)}
		}),
	core.KindMafShare: tableOf("maf_shares", "member@holder* year*# person@member* counted refunded due expected",
		func(r core.MafShare) []any {
			return []any{r.Holder, int64(r.Year), r.Member, r.Counted, r.Refunded, r.Due, date(r.Expected)}
		}),
	core.KindSaving: tableOf("savings", "member@member* year*# from_day until total deposited most basis",
		func(r core.Saving) []any {
			return []any{r.Member, int64(r.Year), date(r.From), date(r.Until), r.Total, r.Deposited, r.Most, int64(r.Basis)}
		}),
	core.KindAgreement: tableOf("agreements", "member@member* agreement* kind subject professional since until state cents",
		func(r core.Agreement) []any {
			return []any{r.Member, r.Reference, r.Kind, r.Subject, r.Professional, date(r.Since), date(r.Until), r.State, r.Cents}
		}),
	core.KindProvider: tableOf("providers", "number* name name_key profession speciality street postcode city city_key status since hours",
		func(r core.Provider) []any {
			return []any{r.Number, r.Name, core.Fold(r.Name), r.Profession, r.Speciality, r.Street, r.Postcode, r.City, core.Fold(r.City), r.Status, date(r.Since), r.Hours}
		}),
	core.KindBranch: tableOf("branches", "code* name street postcode city phone latitude longitude hours services wheelchair kiosk",
		func(r core.Branch) []any {
			return []any{r.Code, r.Name, r.Street, r.Postcode, r.City, r.Phone, r.Latitude, r.Longitude, r.Hours, r.Services, number(r.Wheelchair), number(r.Kiosk)}
		}),
	core.KindPostcode: tableOf("postcodes", "code* name* name_key latitude longitude",
		func(r core.Postcode) []any {
			return []any{r.Code, r.Name, core.Fold(r.Name), r.Latitude, r.Longitude}
		}),
	core.KindEuropeanCard: tableOf("european_cards", "member@member* institution number until certificate",
		func(r core.EuropeanCard) []any {
			return []any{r.Member, r.Institution, r.Number, date(r.Until), date(r.Certificate)}
		}),
	core.KindShipment: mailing(tellShipment, tableOf("shipments", "reference* state* at",
		func(r core.Shipment) []any {
			return []any{r.Reference, r.State, micros(r.At)}
		})),
}

// number is a truth as the tables hold it.
func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
