package help

import "strings"

// fit says whether a browser can speak to a card.
type fit int

const (
	notKnown   fit = iota
	onComputer     // a browser for which the extension exists
	onPhone        // no reader can be used
)

// maxAgent bounds how much of a User-Agent is looked at, in bytes.
const maxAgent = 512

// phones are the words by which telephones and tablets are known.
var phones = []string{"Android", "iPhone", "iPad", "Mobile"}

// families are browsers with the word that betrays them, those first that also carry the
// words of the others.
var families = []struct{ word, name string }{
	{"OPR/", "Opera"}, {"Edg/", "Edge"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
}

// withoutExtension has no Web eID extension of its own.
var withoutExtension = map[string]bool{"Opera": true}

// browserOf tells the family of a browser by its User-Agent (RFC 9110, 10.1.5), "" for
// one that is not known. Whoever writes another one there fools only herself.
func browserOf(agent string) (name string, f fit) {
	agent = agent[:min(len(agent), maxAgent)]
	for _, word := range phones {
		if strings.Contains(agent, word) {
			return "", onPhone
		}
	}
	for _, family := range families {
		if !strings.Contains(agent, family.word) {
			continue
		}
		if withoutExtension[family.name] {
			return family.name, notKnown
		}
		return family.name, onComputer
	}
	return "", notKnown
}
