package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"guichet.example/auth/webeid"
	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
	"guichet.example/reader"
	"guichet.example/reader/api"
	"guichet.example/reader/remote"
	"guichet.example/reader/softcard"
)

// TestMain also is the program: scripts and the terminal test start this binary under
// its name.
func TestMain(m *testing.M) {
	remote.Main()
	testscript.Main(m, map[string]func(){"guichet-reader": main})
}

// world is a PKI, one card of each sort and a built proxy module, made once.
type world struct {
	pki   *certstest.PKI
	cards map[string]*certstest.Card
}

var made = sync.OnceValues(func() (*world, error) {
	pki, err := certstest.New(certstest.Config{})
	if err != nil {
		return nil, err
	}
	w := &world{pki, map[string]*certstest.Card{}}
	for name, p := range map[string]certstest.Person{
		"rsa":    {Algorithm: certstest.RSA2048},
		"ec":     {Algorithm: certstest.P384},
		"kid":    {Algorithm: certstest.P384, NoSignature: true},
		"forged": {Algorithm: certstest.P384},
		"old":    {Algorithm: certstest.P384, NotBefore: time.Date(2014, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2024, 5, 3, 0, 0, 0, 0, time.UTC)},
	} {
		p.GivenNames, p.Surname, p.NationalNumber = "Nora Anna", "Specimen", "01050399864"
		p.Birth = time.Date(2001, 5, 3, 0, 0, 0, 0, time.UTC)
		p.Street, p.Postcode, p.Municipality = "Rue de la Loi 16", "1000", "Bruxelles"
		if w.cards[name], err = pki.Issue(p); err != nil {
			return nil, err
		}
	}
	w.cards["forged"].Address[5] ^= 1
	return w, nil
})

const pin = "1234"

// desk makes a desk with all cards below dir.
func desk(dir string) (*softcard.Desk, *world, error) {
	w, err := made()
	if err != nil {
		return nil, nil, err
	}
	d, err := softcard.NewDesk(dir)
	if err != nil {
		return nil, nil, err
	}
	for name, card := range w.cards {
		if err := d.AddCard(name, card, pin); err != nil {
			return nil, nil, err
		}
	}
	return d, w, nil
}

type deskKey struct{}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			d, w, err := desk(filepath.Join(env.WorkDir, "desk"))
			if err != nil {
				return err
			}
			env.Values[deskKey{}] = d
			env.Setenv("MODULE", d.Module())
			setUpKiosk(env)
			return w.pki.WriteAnchors(filepath.Join(env.WorkDir, "trust"))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"card": scriptCard, "tries": scriptTries, "journal": scriptJournal,
			"portal": scriptPortal, "device": scriptDevice, "tokenholds": scriptToken, "valueholds": scriptValue, "explains": scriptExplains,
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

func deskOf(ts *testscript.TestScript) *softcard.Desk { return ts.Value(deskKey{}).(*softcard.Desk) }

// card insert NAME, card remove, card strange, card unplug
func scriptCard(ts *testscript.TestScript, _ bool, args []string) {
	d := deskOf(ts)
	switch args[0] {
	case "insert":
		ts.Check(d.Insert(args[1]))
	case "remove":
		ts.Check(d.Remove())
	case "strange":
		ts.Check(d.InsertStranger())
	case "unplug":
		ts.Check(d.Unplug())
	default:
		ts.Fatalf("card %s?", args[0])
	}
}

// tries NAME N
func scriptTries(ts *testscript.TestScript, _ bool, args []string) {
	n, err := deskOf(ts).Tries(args[0])
	ts.Check(err)
	if strconv.Itoa(n) != args[1] {
		ts.Fatalf("card %s has %d tries, want %s", args[0], n, args[1])
	}
}

// journal LABEL... : what the cards signed, in order
func scriptJournal(ts *testscript.TestScript, _ bool, args []string) {
	journal, err := deskOf(ts).Journal()
	ts.Check(err)
	if len(journal) != len(args) {
		ts.Fatalf("the cards signed %d times, want %d", len(journal), len(args))
	}
	for i, label := range args {
		if journal[i].Label != label {
			ts.Fatalf("signature %d was made by key %s, want %s", i, journal[i].Label, label)
		}
	}
}

// good is a revocation service for which every certificate is good.
type good struct{}

func (good) Check(context.Context, certs.Path) (revocation.Answer, error) {
	return revocation.Answer{Status: revocation.Good}, nil
}

// tokenholds FILE ORIGIN NONCE : the portal's own verifier accepts the token
func scriptToken(ts *testscript.TestScript, neg bool, args []string) {
	w, err := made()
	ts.Check(err)
	v, err := webeid.New(webeid.Config{
		Origin: args[1], Anchors: w.pki.Anchors(), Revocation: good{}, Now: time.Now, AllowLoopbackHTTP: true,
	})
	ts.Check(err)
	token, err := webeid.ParseToken([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	_, err = v.Verify(context.Background(), token, webeid.Challenge{Nonce: args[2], Expires: time.Now().Add(time.Minute)})
	if neg != (err != nil) {
		ts.Fatalf("Verify = %v", err)
	}
}

// valueholds FILE CARD DATA : the JSON in FILE is CARD's signature of the file DATA
func scriptValue(ts *testscript.TestScript, _ bool, args []string) {
	w, err := made()
	ts.Check(err)
	var s api.Signature
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &s))
	value, err := base64.StdEncoding.DecodeString(s.Signature)
	ts.Check(err)
	hash, _ := reader.WebEIDHash(s.SignatureAlgorithm.HashFunction)
	digest, err := hashFile(ts.MkAbs(args[2]), hash)
	ts.Check(err)
	if !holds(w.cards[args[1]].Signature.Certificate.PublicKey, hash, digest, value) {
		ts.Fatalf("the signature does not verify")
	}
}

func holds(public crypto.PublicKey, hash crypto.Hash, digest, value []byte) bool {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, hash, digest, value) == nil
	case *ecdsa.PublicKey:
		n := len(value) / 2
		return ecdsa.Verify(key, digest, new(big.Int).SetBytes(value[:n]), new(big.Int).SetBytes(value[n:]))
	}
	return false
}
