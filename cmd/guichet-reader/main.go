// Command guichet-reader works with the identity card in this machine's reader: it
// lists readers and cards, tells what a card says of its holder, makes Web eID tokens
// and signatures, and serves both to web pages.
//
// PINs are typed on the terminal without echo, in a window or on a page, or read from a
// file descriptor that another program hands over; never from an argument, which
// everybody on the machine could read. The process that asks, and has the card's module,
// is a child of this one (package remote), which sees no PIN.
package main

import (
	"os"

	"guichet.example/cmd/internal/cli"
	"guichet.example/reader/api"
	"guichet.example/reader/remote"
)

var program = cli.Program{
	Name: "guichet-reader", About: "guichet-reader works with the identity card in this machine's reader.",
	Release: api.Version, // which pages and doctor speak of
	Commands: []cli.Command{
		{Name: "list", Summary: "list the card readers, the cards in them and their certificates", Run: list},
		{Name: "identity", Summary: "tell what the card says of its holder; no PIN is needed", Run: identity},
		{Name: "authenticate", Summary: "make a Web eID token for a site and print it as JSON", Run: authenticate},
		{Name: "sign", Summary: "sign a file or a hash with the signature key and print the value as JSON", Run: sign},
		{Name: "serve", Summary: "let web pages of the named sites use the card, over HTTP on this machine", Run: serve},
		{Name: "kiosk", Summary: "be the kiosk of a contact point: agent, signs of life, browser; or pair this machine", Run: runKiosk},
		{Name: "native-host", Summary: "serve one command of the Web eID extension; browsers start this", Run: nativeHost},
		{Name: "doctor", Summary: "look at every link from browser to card, and say what to do where one is broken", Run: examine},
		{Name: "install", Summary: "tell browsers that this program is the host of the Web eID extension", Run: install},
	},
	Hint: hintFor,
}

func main() {
	remote.Main()     // as a child it serves one card module, and does not return
	cli.NoCoreDumps() // a dump could hold a PIN
	os.Exit(program.Main(asHost(os.Args, betweenPipes)))
}
