package audit

import (
	"strconv"
	"strings"
)

// linkTo is the object of a start row: the row of an older chain whose hash is the
// start row's Prev.
func linkTo(h Head) string { return "audit/" + h.Chain + "/" + strconv.FormatInt(h.Seq, 10) }

// link reads what linkTo wrote.
func (e Entry) link() (Head, bool) {
	rest, ok := strings.CutPrefix(e.Object, "audit/")
	chain, number, cut := strings.Cut(rest, "/")
	seq, err := strconv.ParseInt(number, 10, 64)
	if !ok || !cut || err != nil || seq < 1 || chain == "" {
		return Head{}, false
	}
	return Head{Chain: chain, Seq: seq, Hash: e.Prev}, true
}
