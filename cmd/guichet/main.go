// Command guichet is the online counter of a health-insurance mutuality: the server,
// its demonstration on one machine, and the tools around them.
package main

import (
	"os"

	"guichet.example/cmd/internal/cli"
	"guichet.example/reader/remote"
)

var program = cli.Program{
	Name: "guichet", About: "guichet is the online counter of a health-insurance mutuality.",
	Commands: []cli.Command{
		{Name: "serve", Summary: "serve the counter, as a settings file says", Run: runServe},
		{Name: "import", Summary: "bring members in, or up to date, from a file", Run: runImport},
		{Name: "export", Summary: "write a list for partners, or give accepted changes to the insurance system", Run: runExport},
		{Name: "demo", Summary: "run everything on this machine with made-up members and cards", Run: runDemo},
		{Name: "verify", Summary: "say whether signed PDFs are valid, by whom, and unchanged", Run: runVerify},
		{Name: "check", Summary: "say what a set-up lacks to go live", Run: runCheck},
		{Name: "renew", Summary: "put new archive timestamps over what is signed, before the last ones age", Run: runRenew},
		{Name: "letters", Summary: "print, post and follow letters, as the mailroom does", Run: runLetters},
		{Name: "user", Summary: "keep the staff: the first administrator, roles, who leaves", Run: runUser},
		{Name: "federation", Summary: "print our SAML metadata, or check a provider's", Run: runFederation},
		{Name: "seal-key", Summary: "make the key of the mutuality's seal, and take its certificate in", Run: runSealKey},
		{Name: "seed", Summary: "write the files of a made-up mutuality, to try and measure imports", Run: runSeed},
		{Name: "audit", Summary: "verify or export the audit trail", Run: runAudit},
		{Name: "backup", Summary: "copy all data of one moment into a folder, while the counter serves", Run: runBackup},
		{Name: "restore", Summary: "make the data of a backup on an empty machine, and check all of it", Run: runRestore},
		{Name: "objects", Summary: "move documents into the object store, or back", Run: runObjects},
		{Name: "bench", Summary: "measure speed as a ratio to what cannot be avoided", Run: runBench},
	},
}

func main() {
	remote.Main()     // as a child, in the demo, it serves one card module, and does not return
	cli.NoCoreDumps() // a dump could hold a session, a document or, in the demo, a PIN
	os.Exit(program.Main(os.Args))
}
