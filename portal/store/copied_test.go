package store

import (
	"math"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
)

// TestCopiedRefuses: what a column cannot hold is not written as something else.
func TestCopiedRefuses(t *testing.T) {
	for name, row := range map[string]struct {
		value any
		oid   uint32
	}{
		"a number as text":         {int64(1), pgtype.TextOID},
		"a text as number":         {"1", pgtype.Int8OID},
		"a number that is too big": {int64(math.MaxInt16 + 1), pgtype.Int2OID},
		"too small":                {int64(math.MinInt32 - 1), pgtype.Int4OID},
		"another type of text":     {"x", pgtype.ByteaOID},
		"another type":             {true, pgtype.BoolOID},
	} {
		if b, err := copied(nil, []uint32{pgtype.TextOID, row.oid}, "141", [][]any{{row.value}}); err == nil {
			t.Errorf("%s: copied as %q", name, b)
		}
	}
	if b, err := copied(nil, []uint32{pgtype.TextOID}, "141", [][]any{{"x"}}); err == nil {
		t.Errorf("a value too many: copied as %q", b)
	}
}
