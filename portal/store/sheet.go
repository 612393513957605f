package store

import (
	"encoding/json"
	"fmt"

	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

// sheetRecord is a sheet as it is sealed. Spelled out so that a change of
// document.Sheet does not change what rests on disk.
type sheetRecord struct {
	Language       document.Language `json:"language"`
	Letterhead     []string          `json:"letterhead"`
	PlaceDate      []string          `json:"place_date"`
	Title          string            `json:"title"`
	ReferenceLabel string            `json:"reference_label"`
	Reference      string            `json:"reference"`
	Blocks         []blockRecord     `json:"blocks"`
	Signature      string            `json:"signature"`
	Check          *checkRecord      `json:"check,omitempty"`
}

// checkRecord is what is printed for who checks the paper.
type checkRecord struct {
	Title       string      `json:"title"`
	Rows        [][2]string `json:"rows"`
	Text        string      `json:"text"`
	Alternative string      `json:"alternative"`
	Address     string      `json:"address"`
}

func checkRecordOf(m *document.CheckMark) *checkRecord {
	if m == nil {
		return nil
	}
	r := &checkRecord{Title: m.Title, Text: m.Text, Alternative: m.Alternative, Address: m.Address}
	for _, row := range m.Rows {
		r.Rows = append(r.Rows, [2]string{row.Label, row.Value})
	}
	return r
}

func (r *checkRecord) mark() *document.CheckMark {
	if r == nil {
		return nil
	}
	m := &document.CheckMark{Title: r.Title, Text: r.Text, Alternative: r.Alternative, Address: r.Address}
	for _, row := range r.Rows {
		m.Rows = append(m.Rows, document.Row{Label: row[0], Value: row[1]})
	}
	return m
}

type blockRecord struct {
	Text string      `json:"text,omitempty"`
	Rows [][2]string `json:"rows,omitempty"`
}

func freezeSheet(key memberKey, id string, s document.Sheet) ([]byte, error) {
	r := sheetRecord{
		Language: s.Language, Letterhead: s.Letterhead, PlaceDate: s.PlaceDate, Title: s.Title,
		ReferenceLabel: s.ReferenceLabel, Reference: s.Reference, Signature: s.Signature, Check: checkRecordOf(s.Check),
	}
	for _, b := range s.Blocks {
		block := blockRecord{Text: b.Text}
		for _, row := range b.Rows {
			block.Rows = append(block.Rows, [2]string{row.Label, row.Value})
		}
		r.Blocks = append(r.Blocks, block)
	}
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return key.seal(sealedSheet, id, 1, text), nil
}

func thawSheet(key memberKey, id string, sealed []byte) (document.Sheet, error) {
	text, err := key.open(sealedSheet, id, 1, sealed)
	if err != nil {
		return document.Sheet{}, err
	}
	var r sheetRecord
	if err := json.Unmarshal(text, &r); err != nil {
		return document.Sheet{}, fmt.Errorf("sheet of request %s: %w: %w", id, ErrDamaged, err)
	}
	s := document.Sheet{
		Language: r.Language, Letterhead: r.Letterhead, PlaceDate: r.PlaceDate, Title: r.Title,
		ReferenceLabel: r.ReferenceLabel, Reference: r.Reference, Signature: r.Signature, Check: r.Check.mark(),
	}
	for _, b := range r.Blocks {
		block := document.Block{Text: b.Text}
		for _, row := range b.Rows {
			block.Rows = append(block.Rows, document.Row{Label: row[0], Value: row[1]})
		}
		s.Blocks = append(s.Blocks, block)
	}
	return s, nil
}

// sheetOf reads the words of a request as they were drawn. A request that is older than
// the column was drawn with the words that its act has had since the first version.
func sheetOf(c *conn, key memberKey, r requests.Request) (document.Sheet, error) {
	var sealed []byte
	err := c.get(`SELECT sheet_sealed FROM requests WHERE mutuality = ? AND member = ? AND request = ?`,
		[]any{key.mutuality, key.member, r.ID}, &sealed)
	switch {
	case err != nil:
		return document.Sheet{}, err
	case sealed == nil:
		return r.Act.Sheet(), nil
	}
	return thawSheet(key, r.ID, sealed)
}
