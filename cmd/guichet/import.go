package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"guichet.example/auth"
	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/credentials"
	"guichet.example/portal/signin"
	"guichet.example/portal/store"
)

// runImport writes the members of one file into the store, new or changed. It reads
// the whole file first: one wrong line, and nothing is written. Doing it again changes
// nothing, so an import that was cut short is simply repeated.
func runImport(ctx context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "import", "guichet import -config FILE MEMBERS.ndjson")
	settings, rest, err := settingsOf(flags, args, 1)
	if err != nil {
		return err
	}
	file, err := os.Open(rest[0])
	if err != nil {
		return err
	}
	defer file.Close()
	list, err := readMembers(file, env.Stderr)
	if err != nil {
		return fmt.Errorf("%s: %w", file.Name(), err)
	}
	db, err := openStore(ctx, settings, slog.New(slog.NewTextHandler(env.Stderr, nil)))
	if err != nil {
		return err
	}
	defer db.Close()
	for _, n := range list {
		n.member.Mutuality = settings.Mutuality.ID
		if err := add(ctx, db, n); err != nil {
			return fmt.Errorf("member with affiliation %s: %w", n.member.Affiliation, err)
		}
	}
	fmt.Fprintf(env.Stdout, "members imported: %d\n", len(list))
	return nil
}

// add keeps the id of a member whom the store knows by her national number.
func add(ctx context.Context, db *store.DB, n newcomer) error {
	known, err := db.MemberByNationalNumber(ctx, n.member.Mutuality, n.member.NationalNumber)
	n.member.ID = known.ID
	if errors.Is(err, signin.ErrUnknownMember) {
		n.member.ID, err = auth.NewMemberID(rand.Reader)
	}
	if err != nil {
		return err
	}
	n.member.UpdatedAt = time.Now()
	if err := db.AddMember(ctx, n.member, n.accounts); err != nil || n.accessCode == "" {
		return err
	}
	err = db.AddAccessCode(ctx, n.member.Mutuality, n.member.ID, n.accessCode)
	if errors.Is(err, credentials.ErrTaken) {
		return errors.New("her access code is another member's")
	}
	return err
}
