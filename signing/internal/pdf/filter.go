package pdf

import (
	"bytes"
	"compress/zlib"
	"io"
)

// inflate decodes a stream that holds structure: no filter, or FlateDecode alone, with
// or without a predictor. Other streams are never decoded here.
func (f *File) inflate(s *Stream) ([]byte, error) {
	filter, params := s.Dict.Get("Filter"), s.Dict.Get("DecodeParms")
	if a, ok := filter.(Array); ok && len(a) == 1 {
		filter = a[0]
		if p, ok := params.(Array); ok && len(p) == 1 {
			params = p[0]
		}
	}
	if s.Dict.Get("F") != nil {
		return nil, over("external stream")
	}
	if filter == nil {
		return s.Data, nil
	}
	if filter != Name("FlateDecode") {
		return nil, over("filter of a structure stream")
	}
	z, err := zlib.NewReader(bytes.NewReader(s.Data))
	if err != nil {
		return nil, broken(0, "malformed FlateDecode stream")
	}
	room := maxInflated - f.work.inflated
	out, err := io.ReadAll(io.LimitReader(z, int64(room)+1))
	if len(out) > room {
		return nil, over("inflated bytes")
	}
	f.work.inflated += len(out)
	if err != nil {
		return nil, broken(0, "malformed FlateDecode stream")
	}
	p, _ := params.(Dict)
	return unpredict(out, p)
}

// unpredict undoes the PNG predictors (ISO 32000-1, 7.4.4.4) for one byte a sample, the
// form in which cross-reference streams come.
func unpredict(data []byte, p Dict) ([]byte, error) {
	kind, _ := p.Get("Predictor").(Integer)
	if p == nil || kind <= 1 {
		return data, nil
	}
	columns := 1
	if c, ok := p.Get("Columns").(Integer); ok {
		columns = int(min(max(c, 0), 1<<16))
	}
	colors, bits := p.Get("Colors"), p.Get("BitsPerComponent")
	if kind < 10 || columns == 0 || colors != nil && colors != Integer(1) || bits != nil && bits != Integer(8) {
		return nil, over("predictor of a structure stream")
	}
	if len(data)%(columns+1) != 0 {
		return nil, broken(0, "predicted data of odd length")
	}
	out := make([]byte, 0, len(data))
	above := make([]byte, columns)
	for ; len(data) > 0; data = data[columns+1:] {
		row := data[1 : columns+1]
		if !unpredictRow(data[0], row, above) {
			return nil, broken(0, "unknown row predictor")
		}
		above = row
		out = append(out, row...)
	}
	return out, nil
}

// unpredictRow undoes one row in place; above is the row before, already undone.
func unpredictRow(kind byte, row, above []byte) bool {
	if kind > 4 {
		return false
	}
	var left, corner byte
	for i := range row {
		switch kind {
		case 1:
			row[i] += left
		case 2:
			row[i] += above[i]
		case 3:
			row[i] += byte((int(left) + int(above[i])) / 2)
		case 4:
			row[i] += paeth(left, above[i], corner)
		}
		left, corner = row[i], above[i]
	}
	return true
}

// paeth picks the neighbour nearest to left + above - corner (PNG, 9.4).
func paeth(left, above, corner byte) byte {
	p := int(left) + int(above) - int(corner)
	dl, da, dc := distance(p, left), distance(p, above), distance(p, corner)
	switch {
	case dl <= da && dl <= dc:
		return left
	case da <= dc:
		return above
	}
	return corner
}

func distance(p int, b byte) int {
	if d := p - int(b); d >= 0 {
		return d
	}
	return int(b) - p
}
