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
	// values are those of the columns; text, int64 or nil, as they come back.
	values func(*load, core.Row) ([]any, *fault)
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
func (table coreTable) isInt(column int) bool        { return slices.Contains(table.ints, column) }

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
// a hash is a number. Without a plus the key is the identity.
func tableOf[R core.Row](name, columns string, values func(*load, R) ([]any, *fault)) coreTable {
	table := coreTable{name: name}
	for i, column := range strings.Fields(columns) {
		plain := strings.TrimRight(column, "*+#")
		table.columns = append(table.columns, plain)
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
	table.values = func(l *load, row core.Row) ([]any, *fault) { return values(l, row.(R)) }
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
	core.KindHousehold: tableOf("households", "member* person* role since until",
		func(l *load, r core.Household) ([]any, *fault) {
			holder, wrong := l.member("holder", r.Holder)
			person, other := l.member("member", r.Member)
			return []any{holder, person, string(r.Role), date(r.Since), date(r.Until)}, cmp.Or(wrong, other)
		}),
	core.KindCover: tableOf("covers", "member* cover* since* until status code",
		func(l *load, r core.Cover) ([]any, *fault) {
			member, wrong := l.member("member", r.Member)
			return []any{member, string(r.Cover), date(r.Since), date(r.Until), string(r.Status), r.Code}, wrong
		}),
	core.KindPayment: announced(newPayment, with(tableOf("payments", "member* treated* payment*+ kind received paid payee last4 cents# communication", paymentValues), movePayment)),
	core.KindIncapacity: tableOf("incapacities", "member* since* until kind state",
		func(l *load, r core.Incapacity) ([]any, *fault) {
			member, wrong := l.member("member", r.Member)
			return []any{member, date(r.Since), date(r.Until), r.Kind, r.State}, wrong
		}),
	core.KindIndemnity: tableOf("indemnities", "member*+ paid* indemnity*+ from_day to_day days daily gross tax net last4",
		func(l *load, r core.Indemnity) ([]any, *fault) {
			member, wrong := l.member("member", r.Member)
			return []any{member, date(r.Paid), r.Reference, date(r.From), date(r.To), int64(r.Days), r.Daily, r.Gross, r.Tax, r.Net, r.Last4}, wrong
		}),
	core.KindAppointment: noting(tellAppointment, tableOf("appointments", "member* appointment* at place street postcode city bring state",
		func(l *load, r core.Appointment) ([]any, *fault) {
			member, wrong := l.member("member", r.Member)
			return []any{member, r.Reference, micros(r.At), r.Place, r.Street, r.Postcode, r.City, r.Bring, r.State}, wrong
		})),
	core.KindMedicalFile: tableOf("medical_files", "member* since* until doctor number",
		func(l *load, r core.MedicalFile) ([]any, *fault) {
			member, wrong := l.member("member", r.Member)
			return []any{member, date(r.Since), date(r.Until), r.Doctor, r.Number}, wrong
		}),
	core.KindTariff: tableOf("tariffs", "code* from_day* increased*# nature fee with_file without_file",
		func(_ *load, r core.Tariff) ([]any, *fault) {
			return []any{r.Code, date(r.From), number(r.Increased), r.Nature, r.Fee, r.With, r.Without}, nil
		}),
	core.KindMaf: tableOf("mafs", "member* year*# class since ceiling counted closed",
		func(l *load, r core.Maf) ([]any, *fault) {
			holder, wrong := l.member("holder", r.Holder)
			return []any{holder, int64(r.Year), int64(r.Class), date(r.Since), r.Ceiling, r.Counted, number(r.Closed)}, wrong
		}),
	core.KindMafShare: tableOf("maf_shares", "member* year*# person* counted refunded due expected",
		func(l *load, r core.MafShare) ([]any, *fault) {
			holder, wrong := l.member("holder", r.Holder)
			person, other := l.member("member", r.Member)
			return []any{holder, int64(r.Year), person, r.Counted, r.Refunded, r.Due, date(r.Expected)}, cmp.Or(wrong, other)
		}),
	core.KindSaving: tableOf("savings", "member* year*# from_day until total deposited most basis",
		func(l *load, r core.Saving) ([]any, *fault) {
			member, wrong := l.member("member", r.Member)
			return []any{member, int64(r.Year), date(r.From), date(r.Until), r.Total, r.Deposited, r.Most, int64(r.Basis)}, wrong
		}),
	core.KindAgreement: tableOf("agreements", "member* agreement* kind subject professional since until state cents",
		func(l *load, r core.Agreement) ([]any, *fault) {
			member, wrong := l.member("member", r.Member)
			return []any{member, r.Reference, r.Kind, r.Subject, r.Professional, date(r.Since), date(r.Until), r.State, r.Cents}, wrong
		}),
	core.KindProvider: tableOf("providers", "number* name name_key profession speciality street postcode city city_key status since hours",
		func(_ *load, r core.Provider) ([]any, *fault) {
			return []any{r.Number, r.Name, core.Fold(r.Name), r.Profession, r.Speciality, r.Street, r.Postcode, r.City, core.Fold(r.City), r.Status, date(r.Since), r.Hours}, nil
		}),
	core.KindBranch: tableOf("branches", "code* name street postcode city phone latitude longitude hours services wheelchair kiosk",
		func(_ *load, r core.Branch) ([]any, *fault) {
			return []any{r.Code, r.Name, r.Street, r.Postcode, r.City, r.Phone, r.Latitude, r.Longitude, r.Hours, r.Services, number(r.Wheelchair), number(r.Kiosk)}, nil
		}),
	core.KindPostcode: tableOf("postcodes", "code* name* name_key latitude longitude",
		func(_ *load, r core.Postcode) ([]any, *fault) {
			return []any{r.Code, r.Name, core.Fold(r.Name), r.Latitude, r.Longitude}, nil
		}),
	core.KindEuropeanCard: tableOf("european_cards", "member* institution number until certificate",
		func(l *load, r core.EuropeanCard) ([]any, *fault) {
			member, wrong := l.member("member", r.Member)
			return []any{member, r.Institution, r.Number, date(r.Until), date(r.Certificate)}, wrong
		}),
	core.KindShipment: mailing(tellShipment, tableOf("shipments", "reference* state* at",
		func(_ *load, r core.Shipment) ([]any, *fault) {
			return []any{r.Reference, r.State, micros(r.At)}, nil
		})),
}

// number is a truth as the tables hold it.
func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
