package doctor

import (
	"context"
	"errors"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"guichet.example/reader"
	"guichet.example/reader/remote"
)

// behindCard are the links that need an open card.
var behindCard = []string{Authentication, Signature, Chain, PIN, Entry}

// lookAtCards follows the chain from the system's service to the card.
func (e *examination) lookAtCards(ctx context.Context) {
	module := e.lookAtModules(ctx)
	e.note(Module, module)
	readers := result{finding: skipped, after: Module}
	if linkOf(Module).outcome(module) != failed {
		readers = e.lookAtReaders(ctx)
	}
	service := e.lookAtService(readers)
	e.note(Service, service)
	if linkOf(Service).outcome(service) == failed && (readers.finding == "none" || readers.finding == "unseen") {
		readers = result{finding: skipped, after: Service} // nobody could see one
	}
	e.note(Reader, readers)
	switch {
	case readers.finding == skipped:
		e.skip(readers.after, append([]string{Holder, Card}, behindCard...)...)
	case linkOf(Reader).outcome(readers) == failed:
		e.skip(Reader, append([]string{Holder, Card}, behindCard...)...)
	default:
		e.lookAtCard(ctx)
	}
}

// outcome is how good a result of the link is.
func (l link) outcome(r result) outcome { return l.findings[l.place(r.finding)].outcome }

func (e *examination) skip(after string, ids ...string) {
	for _, id := range ids {
		e.note(id, result{finding: skipped, after: after})
	}
}

// lookAtModules says which modules there are and whether they answer.
func (e *examination) lookAtModules(ctx context.Context) result {
	if e.Cards == nil {
		if errors.Is(e.CardsErr, reader.ErrModuleMissing) && len(e.System.Modules()) == 0 {
			return result{finding: "none"}
		}
		return result{finding: "unloadable", args: []string{"bad", moduleName(remote.ModuleHealth{Path: first(e.System.Modules())})}}
	}
	ctx, cancel := context.WithTimeout(ctx, e.Deadline/2) // the rest is for readers and card
	defer cancel()
	var good, bad []remote.ModuleHealth
	restarts := 0
	for _, m := range e.Cards.Health(ctx) {
		restarts += m.Restarts
		if kindOf(m) == openSCKind {
			e.openSC[m.Path] = m.Info.Version
		}
		if m.Err != nil {
			bad = append(bad, m)
		} else {
			good = append(good, m)
		}
	}
	return judgeModules(good, bad, restarts)
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func judgeModules(good, bad []remote.ModuleHealth, restarts int) result {
	var belgian, opensc, other string
	for _, m := range good {
		switch kindOf(m) {
		case belgianKind:
			belgian = moduleName(m)
		case openSCKind:
			opensc = moduleName(m)
		default:
			other = moduleName(m)
		}
	}
	serving := belgian
	for _, next := range []string{opensc, other} {
		if serving == "" {
			serving = next
		}
	}
	args := []string{"name", serving, "n", strconv.Itoa(restarts)}
	if len(bad) > 0 {
		args = append(args, "bad", moduleName(bad[0]))
	}
	switch {
	case serving == "" && len(bad) == 0:
		return result{finding: "none"}
	case serving == "" && errors.Is(bad[0].Err, reader.ErrModuleMissing):
		return result{finding: "unloadable", args: args}
	case serving == "" && errors.Is(bad[0].Err, reader.ErrTimedOut) && bad[0].Kills == 0:
		return result{finding: "occupied", args: args} // nobody killed it: it may wait for a person
	case serving == "":
		return result{finding: "silent", args: args}
	case belgian == "" && opensc != "" && other == "":
		return result{finding: "opensc", args: args}
	case len(bad) > 0:
		return result{finding: "part", args: args}
	case restarts > 0:
		return result{finding: "restarted", args: args}
	case belgian != "" && opensc != "":
		return result{finding: "both", args: args}
	case belgian != "":
		return result{finding: "belgian", args: args}
	}
	return result{finding: "other", args: args}
}

type moduleKind int

const (
	otherKind moduleKind = iota
	belgianKind
	openSCKind
)

// kindOf tells modules apart by the file's name, which holds also when one does not
// answer, and by what the module says of itself.
func kindOf(m remote.ModuleHealth) moduleKind {
	file, says := strings.ToLower(filepath.Base(m.Path)), strings.ToLower(m.Info.Description+" "+m.Info.Manufacturer)
	switch {
	case strings.Contains(file, "beidpkcs11") || strings.Contains(file, "beid-pkcs11") || strings.Contains(says, "belgium"):
		return belgianKind
	case strings.Contains(file, "opensc-pkcs11") || strings.Contains(says, "opensc"):
		return openSCKind
	}
	return otherKind
}

// moduleName names a module to people: what it says of itself, else its file.
func moduleName(m remote.ModuleHealth) string {
	name := plainly(m.Info.Description)
	switch kindOf(m) {
	case belgianKind:
		name = "Belgium eID"
	case openSCKind:
		name = "OpenSC"
	}
	if name == "" {
		name = plainly(filepath.Base(m.Path))
	}
	if version := plainly(m.Info.Version); version != "" {
		name += " " + version
	}
	return name
}

// lookAtReaders says which readers the modules see.
func (e *examination) lookAtReaders(ctx context.Context) result {
	readers, err := e.Cards.Readers(ctx)
	switch {
	case errors.Is(err, reader.ErrNoReader) || err == nil && len(readers) == 0:
		if e.System.PluggedIn() {
			return result{finding: "unseen"}
		}
		return result{finding: "none"}
	case err != nil:
		return result{finding: "failed"}
	}
	args := []string{"name", readerName(readers[0].Name), "n", strconv.Itoa(len(readers))}
	if len(readers) > 1 {
		return result{finding: "several", args: args}
	}
	return result{finding: "one", args: args}
}

// aside matches what stands in brackets in a reader's name, often a serial number, and
// the places "00 00" behind it.
var aside = regexp.MustCompile(`\s*[(\[{][^)\]}]*[)\]}]?|(\s+\d{2})+\s*$`)

// longRun matches what a serial number can be: eight or more letters and digits in a row.
var longRun = regexp.MustCompile(`[0-9A-Za-z]{8,}`)

// readerName is a reader's name without serial number: no brackets, and no word with eight
// or more letters and digits in a row and a digit among them.
func readerName(name string) string {
	words := strings.Fields(aside.ReplaceAllString(name, " "))
	words = slices.DeleteFunc(words, func(w string) bool { return strings.ContainsAny(longRun.FindString(w), "0123456789") })
	return plainly(strings.Join(words, " "))
}

// maxName bounds names that others chose, in letters.
const maxName = 48

// plainly keeps the letters, digits and harmless signs of a name, on one line.
func plainly(name string) string {
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == '\ufffd' || r > '\u024f' || strings.ContainsRune(`{}<>"\`, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(name, " "))
	letters := []rune(strings.Join(strings.Fields(name), " "))
	return strings.TrimSpace(string(letters[:min(len(letters), maxName)]))
}
