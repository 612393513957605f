package store

import (
	"cmp"
	"slices"

	"guichet.example/portal/core"
)

// draft is a batch laid out for its table before the database is asked for anything.
type draft struct {
	kind    core.Kind
	rows    []core.Row
	persons []string // affiliation numbers of whom the rows are about, as they are compared; sorted
	records []record // of all rows, in their order, if the kind has a table of its own
	numbers []string // of each record as many as its table has persons
	groups  []string // what records belong to (record.group): payments, of lines
}

// Of implements core.Draft.
func (d *draft) Of() core.Kind { return d.kind }

// Draft lays out the rows of a batch, so that less is left to do while others who write
// wait. It asks no database: who reads a file calls it for the next rows while those
// before are loaded, and puts it into the batch.
func Draft(batch core.Batch) core.Draft { return draftOf(batch) }

// draftOf is the draft that came with the batch, or a new one.
func draftOf(batch core.Batch) *draft {
	if d, ok := batch.Draft.(*draft); ok && d.is(batch) {
		return d
	}
	d := &draft{kind: batch.Kind, rows: batch.Rows, persons: affiliations(batch)}
	table, ok := coreTables[batch.Kind]
	if batch.Kind == core.KindLine {
		table, ok = lineTable, true
	}
	if !ok {
		return d
	}
	d.records = make([]record, len(batch.Rows))
	d.numbers = make([]string, 0, len(batch.Rows)*len(table.persons))
	for i, row := range batch.Rows {
		values := table.values(row)
		for _, column := range table.persons {
			d.numbers = append(d.numbers, core.Unspaced(values[column].(string)))
		}
		d.records[i] = record{row: i, values: values}
		if !table.personal() {
			d.records[i].id = table.identity(values)
		}
	}
	if batch.Kind == core.KindLine {
		d.group(linePayment)
	}
	return d
}

// is tells whether the draft was made of these very rows.
func (d *draft) is(batch core.Batch) bool {
	return d.kind == batch.Kind && len(d.rows) == len(batch.Rows) && (len(d.rows) == 0 || &d.rows[0] == &batch.Rows[0])
}

// affiliations are the numbers of whom the rows of a batch are about.
func affiliations(batch core.Batch) []string {
	numbers := make([]string, 0, len(batch.Rows))
	schema, last := core.SchemaOf(batch.Kind), ""
	for _, row := range batch.Rows {
		for _, number := range schema.Persons(row) {
			if number = core.Unspaced(number); number != last && number != "" {
				numbers = append(numbers, number)
				last = number
			}
		}
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// group finds which records have the same text in a column.
func (d *draft) group(column int) {
	known := make(map[string]int, len(d.records))
	for i := range d.records {
		of := d.records[i].values[column].(string)
		at, ok := known[of]
		if !ok {
			at = len(d.groups)
			known[of] = at
			d.groups = append(d.groups, of)
		}
		d.records[i].group = at
	}
}

// records are those of the draft with the members they are about; of rows about nobody who
// is known it says so.
func (l *load) records(table coreTable) []record {
	known := make([]record, 0, len(l.draft.records))
	for i, r := range l.draft.records {
		var wrong *fault
		for n, column := range table.persons {
			id, unknown := l.member(table.fields[n], l.draft.numbers[i*len(table.persons)+n])
			r.values[column], wrong = id, cmp.Or(wrong, unknown)
		}
		if wrong != nil {
			l.reject(i, *wrong)
			continue
		}
		if r.id == "" {
			r.id = table.identity(r.values)
		}
		known = append(known, r)
	}
	return known
}
