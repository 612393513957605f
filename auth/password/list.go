package password

import (
	_ "embed"
	"hash/fnv"
	"sort"
)

// list is the list of common and leaked passwords; list/README.md says where it is from.
//
//go:embed list/common.bin
var list string

// PrintSize is what the list keeps of a word, in bytes.
const PrintSize = 5

// Print is the fingerprint of a folded word in the list: 40 bits of FNV-1a.
func Print(folded string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(folded))
	return h.Sum64() >> (64 - 8*PrintSize)
}

// listed says whether a folded word is on the list.
func listed(folded string) bool {
	print := Print(folded)
	n := len(list) / PrintSize
	i := sort.Search(n, func(i int) bool { return printAt(i) >= print })
	return i < n && printAt(i) == print
}

func printAt(i int) (print uint64) {
	for _, b := range []byte(list[i*PrintSize : (i+1)*PrintSize]) {
		print = print<<8 | uint64(b)
	}
	return print
}

// Listed is how many words the list has.
func Listed() int { return len(list) / PrintSize }
