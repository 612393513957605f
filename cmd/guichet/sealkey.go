package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"flag"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"guichet.example/cmd/internal/cli"
	"guichet.example/signing/hsm"
)

const sealKeyUsage = "guichet seal-key new|csr|import|list -config FILE, or -module FILE -token NAME ..."

// runSealKey brings the mutuality's seal into being: a key made in the token, a request
// for its certificate, and the certificate put where "seal" of the settings looks for it.
func runSealKey(ctx context.Context, env cli.Env, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("%w: %s", cli.ErrUsage, sealKeyUsage)
	}
	if askedHelp(args[0]) {
		fmt.Fprintf(env.Stdout, "usage: %s\nguichet seal-key new -h, and so on, shows the flags of each.\n", sealKeyUsage)
		return nil
	}
	run, ok := map[string]func(context.Context, cli.Env, []string) error{
		"new": sealKeyNew, "csr": sealKeyRequest, "import": sealKeyImport, "list": sealKeyList,
	}[args[0]]
	if !ok {
		return fmt.Errorf("%w: %s", cli.ErrUsage, sealKeyUsage)
	}
	return run(ctx, env, args[1:])
}

// keyPlace is where the key is: "seal" of a settings file, then what flags say.
type keyPlace struct {
	config string
	seal   SealSettings
	trust  string
	typed  []byte // the PIN that was typed, so that it is asked once
}

func (p *keyPlace) flags(flags *flag.FlagSet) {
	flags.StringVar(&p.config, "config", "", "settings `file`, whose \"seal\" says what the flags below leave out")
	flags.StringVar(&p.seal.Module, "module", "", "PKCS#11 module, a `file`")
	flags.StringVar(&p.seal.Token, "token", "", "`label` or serial number of the token")
	flags.StringVar(&p.seal.Label, "label", "", "`label` of the key (CKA_LABEL)")
	flags.StringVar(&p.seal.ID, "id", "", "id of the key (CKA_ID), `hexadecimal`")
	flags.StringVar(&p.seal.PINFile, "pin", "", "`file` (0600) with the PIN; without one it is asked at the terminal")
}

// parse reads the command line, and the settings where one names them.
func (p *keyPlace) parse(flags *flag.FlagSet, args []string) ([]string, error) {
	rest, err := cli.Parse(flags, args)
	if err != nil {
		return nil, err
	}
	if p.config != "" {
		s, err := loadSettings(p.config)
		if err != nil {
			return nil, err
		}
		if p.trust == "" {
			p.trust = s.Trust
		}
		if s.Seal != nil {
			p.fill(*s.Seal)
		}
	}
	if p.seal.Module == "" || p.seal.Token == "" {
		return nil, fmt.Errorf("%w: -config with \"seal\", or -module and -token are required", cli.ErrUsage)
	}
	if _, err := p.id(); err != nil {
		return nil, fmt.Errorf("%w: the id is in hexadecimal", cli.ErrUsage)
	}
	return rest, nil
}

// fill takes from the settings what no flag said.
func (p *keyPlace) fill(s SealSettings) {
	for _, f := range []struct {
		to   *string
		from string
	}{
		{&p.seal.Module, s.Module}, {&p.seal.Token, s.Token}, {&p.seal.Label, s.Label}, {&p.seal.ID, s.ID},
		{&p.seal.PINFile, s.PINFile}, {&p.seal.Certificates, s.Certificates},
	} {
		if *f.to == "" {
			*f.to = f.from
		}
	}
}

func (p *keyPlace) id() ([]byte, error) { return hex.DecodeString(p.seal.ID) }

// pin is how the token's PIN is had: from a file, or typed. It never is an argument, which
// every user of the machine sees.
func (p *keyPlace) pin() func() ([]byte, error) {
	if p.seal.PINFile != "" {
		return hsm.PINFile(p.seal.PINFile)
	}
	return func() (pin []byte, err error) {
		if p.typed == nil {
			p.typed, err = askPIN(p.seal.Token)
		}
		return bytes.Clone(p.typed), err
	}
}

// open opens the token.
func (p *keyPlace) open() (*hsm.Token, error) {
	return hsm.OpenToken(p.seal.Module, p.seal.Token, p.pin())
}

// find looks for the one key that is named, and closes the token again.
func (p *keyPlace) find() (hsm.KeyInfo, error) {
	id, err := p.id()
	if err != nil {
		return hsm.KeyInfo{}, err
	}
	if p.seal.Label == "" && len(id) == 0 {
		return hsm.KeyInfo{}, fmt.Errorf("%w: -label or -id of the key is required", cli.ErrUsage)
	}
	token, err := p.open()
	if err != nil {
		return hsm.KeyInfo{}, err
	}
	defer token.Close()
	return token.Find(p.seal.Label, id)
}

// signer opens the key that was found, to sign with.
func (p *keyPlace) signer(ctx context.Context, info hsm.KeyInfo) (*hsm.Key, error) {
	return hsm.Open(ctx, hsm.Config{
		Module: p.seal.Module, Token: p.seal.Token, Label: info.Label, ID: info.ID, PIN: p.pin(), Sessions: 1,
		Certificate: &x509.Certificate{PublicKey: info.Public}, // no more of it is looked at
	})
}

func sealKeyNew(_ context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "seal-key new", "guichet seal-key new -config FILE [-kind rsa-3072]\nMakes a key in the token: for signatures alone, never to leave it.")
	p := keyPlace{}
	p.flags(flags)
	kind := flags.String("kind", string(hsm.RSA3072), "one of "+kindsHelp())
	rest, err := p.parse(flags, args)
	switch {
	case err != nil:
		return err
	case len(rest) > 0:
		return fmt.Errorf("%w: no arguments are wanted", cli.ErrUsage)
	case p.seal.Label == "":
		return fmt.Errorf("%w: -label of the key is required", cli.ErrUsage)
	case !slices.Contains(hsm.Kinds(), hsm.Kind(*kind)):
		return fmt.Errorf("%w: no kind of key %q; there are %s", cli.ErrUsage, *kind, kindsHelp())
	}
	id, err := p.id()
	if err != nil {
		return err
	}
	if len(id) == 0 {
		id = make([]byte, 16)
		rand.Read(id)
	}
	token, err := p.open()
	if err != nil {
		return err
	}
	defer token.Close()
	info, err := token.New(p.seal.Label, id, hsm.Kind(*kind))
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "made %s key, label %q, id %x\n", *kind, info.Label, info.ID)
	return nil
}

func kindsHelp() string {
	var words []string
	for _, k := range hsm.Kinds() {
		words = append(words, string(k))
	}
	return strings.Join(words, ", ")
}

func sealKeyList(_ context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "seal-key list", "guichet seal-key list -config FILE\nLists the private keys of the token.")
	p := keyPlace{}
	p.flags(flags)
	if rest, err := p.parse(flags, args); err != nil {
		return err
	} else if len(rest) > 0 {
		return fmt.Errorf("%w: no arguments are wanted", cli.ErrUsage)
	}
	token, err := p.open()
	if err != nil {
		return err
	}
	defer token.Close()
	keys, err := token.Keys()
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		fmt.Fprintln(env.Stderr, "the token holds no private key")
	}
	table := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	for _, k := range keys {
		kept := "made elsewhere, or could leave the token"
		if k.Kept {
			kept = "never left the token"
		}
		if k.EachTime {
			kept += ", PIN for each signature"
		}
		fmt.Fprintf(table, "%q\t%x\t%s\t%s\t%s\n", k.Label, k.ID, keyName(k.Public), kept, p.certified(k))
	}
	return table.Flush()
}

// certified says whether the configured certificate is this key's.
func (p *keyPlace) certified(k hsm.KeyInfo) string {
	if p.seal.Certificates == "" {
		return ""
	}
	chain, err := readCertificates(p.seal.Certificates)
	if err != nil || !samePublic(chain[0].PublicKey, k.Public) {
		return "no certificate"
	}
	return "certificate until " + chain[0].NotAfter.UTC().Format("2006-01-02")
}
