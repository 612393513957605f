package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/store"
)

// exportPartners writes a list of members for the mutuality's partners. The e-mail address
// of who refused to have it passed on, or was never asked, is not in it.
func exportPartners(ctx context.Context, env cli.Env, settings *Settings, file string) error {
	if _, err := os.Lstat(file); err == nil { // said before the work is done
		return fmt.Errorf("%s: %w", file, fs.ErrExist)
	}
	return withStore(ctx, env, settings, commandPatience, func(db *store.DB) error {
		members, addresses := 0, 0
		err := writeWhole(file, func(w io.Writer) error {
			lines := json.NewEncoder(w)
			return db.EachPartner(ctx, settings.Mutuality.ID, func(p store.Partner) error {
				members++
				if p.Email != "" {
					addresses++
				}
				return lines.Encode(p)
			})
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(env.Stdout, "members exported: %d, of them %d with an e-mail address that may be passed on\n", members, addresses)
		return nil
	})
}

// writeWhole makes a file that is whole under its name, or not there: it is written under
// another name in its folder, which is hidden, and what a run that was killed left under
// such a name goes first. It takes no other file's place: the error is then fs.ErrExist.
func writeWhole(file string, write func(io.Writer) error) error {
	folder, name := filepath.Split(file)
	making := "." + name + ".making-"
	if err := removeBegun(folder, making); err != nil {
		return err
	}
	out, err := os.OpenFile(folder+making+rand.Text(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	buffer := bufio.NewWriter(out)
	err = errors.Join(write(buffer), buffer.Flush(), out.Sync(), out.Close())
	if err == nil {
		err = os.Link(out.Name(), file) // unlike a renaming, never over a file
	}
	if err := errors.Join(err, os.Remove(out.Name())); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(file))
}

// removeBegun removes the files of a folder whose names begin so. A run that still writes
// one fails then: it has nothing left to give the name to.
func removeBegun(folder, begin string) error {
	entries, err := os.ReadDir(filepath.Clean(folder))
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), begin) {
			err = errors.Join(err, os.Remove(filepath.Join(folder, e.Name())))
		}
	}
	return err
}

// syncFolder has the disk keep the names in a folder.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
