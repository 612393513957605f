package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"guichet.example/cmd/internal/cli"
	"guichet.example/reader/api"
	"guichet.example/reader/remote"
)

// pinFlags say where PINs are typed. Wherever that is, this process does not see them.
type pinFlags struct {
	fd      int
	where   string
	lang    string
	program string
}

func (f *pinFlags) add(set *flag.FlagSet) {
	set.IntVar(&f.fd, "pin-fd", -1, "file `descriptor` to read the PIN from, one line; without it the holder is asked")
	set.StringVar(&f.where, "pin", "terminal", "`where` the holder is asked: terminal, pinentry (a window), or page (in a browser)")
	set.StringVar(&f.program, "pinentry", "", "`path` of the pinentry; empty: the best one there is")
	set.StringVar(&f.lang, "lang", systemLang(os.Getenv), "`language` of the window or the page: fr, nl, de or en")
}

// entry is where the PIN of a signature is typed.
func (f *pinFlags) entry(site, digest string) (remote.Entry, error) {
	e := remote.Entry{Site: site, Digest: digest, Lang: f.lang, Program: f.program}
	kinds := map[string]remote.EntryKind{
		"terminal": remote.Terminal, "pinentry": remote.Pinentry, "page": remote.Page,
	}
	if err := checkLang(f.lang); err != nil {
		return e, err
	}
	var known bool
	if e.Kind, known = kinds[f.where]; !known {
		return e, fmt.Errorf("%w: -pin is terminal, pinentry or page", cli.ErrUsage)
	}
	if f.fd >= 0 {
		keepToOurselves(f.fd)
		e.Kind, e.Descriptor = remote.Descriptor, uintptr(f.fd)
	}
	return e, nil
}

// guide tells on w where to type, where that is not plain to see.
func guide(w io.Writer, e remote.Entry, readerName string) func(remote.Progress) {
	return func(p remote.Progress) {
		switch {
		case p.State == api.PINKeypad:
			fmt.Fprintf(w, "Type your PIN on the card reader %s.\n", visible(readerName))
		case p.State == api.PINWindow && e.Kind != remote.Pinentry:
			fmt.Fprintln(w, "A window of the card's middleware asks for your PIN.")
		case p.State == api.PINPage:
			if e.Digest != "" {
				fmt.Fprintf(w, "The page must show this hash: %s\n", e.Digest)
			}
			fmt.Fprintf(w, "Type your PIN on this page: %s\n", p.URL)
		}
	}
}
