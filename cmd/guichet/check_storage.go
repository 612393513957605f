package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"guichet.example/portal/store"
	"guichet.example/portal/vault"
)

// Bounds on the disk.
const (
	littleRoom = 2 << 30                // bytes: order more
	noRoom     = 200 << 20              // bytes: the next documents do not fit
	tooFast    = 20 * time.Microsecond  // for a sync: nothing went to a disk
	tooSlow    = 100 * time.Millisecond // each act waits for one
	syncs      = 9                      // of which the middle one counts
)

// keys looks whether others may read them.
func (c *checkup) keys(context.Context) []row {
	info, err := os.Stat(c.s.Keys)
	if errors.Is(err, fs.ErrNotExist) {
		return []row{weak("Keep a copy apart from the backups of the data.", "There are no keys yet: the first start makes them.")}
	}
	if err != nil {
		return []row{bad("Let the user that serves read it.", "The folder of the keys cannot be looked at: %v.", err)}
	}
	if info.Mode().Perm()&0o077 != 0 {
		return []row{bad("chmod -R go= "+c.s.Keys, "Others may look into the folder of the keys: it has mode %04o.", info.Mode().Perm())}
	}
	list, err := os.ReadDir(c.s.Keys)
	for _, e := range list {
		if i, failed := e.Info(); failed == nil && i.Mode().Perm()&0o077 != 0 {
			return []row{bad("chmod go= "+filepath.Join(c.s.Keys, e.Name()), "Others may read the key %s.", e.Name())}
		}
	}
	if err != nil {
		return []row{bad("Let the user that serves read it.", "The folder of the keys cannot be read: %v.", err)}
	}
	return []row{good("Only their owner reads the keys.")}
}

// database looks at what is there: whether it opens, fits this program, and loses nothing
// when the power goes.
func (c *checkup) database(ctx context.Context) []row {
	place, err := c.s.where()
	if err != nil {
		return []row{bad("Correct the file that holds the address.", "The address of the database cannot be read: %v.", err)}
	}
	if place.database == "" {
		if info, err := os.Stat(c.s.Data); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
			return []row{bad("Make it, for the user that serves alone.", "There is no folder %s for the data.", c.s.Data)}
		}
	}
	there, err := place.exists(ctx)
	if errors.Is(err, store.ErrEncoding) {
		return []row{bad("Make another, with ENCODING 'UTF8' LOCALE 'C'.", "This database cannot be used: %v.", err)}
	}
	if err != nil {
		return []row{bad("Start it, or correct \"database\" or \"data\".", "The database does not answer: %v.", err)}
	}
	rows := []row{noStore}
	if there {
		rows = c.schema(ctx, place)
	}
	if place.database == "" {
		rows = append(rows, c.disk()...)
	}
	return rows
}

var noStore = weak("The first start makes it.", "There is no database yet.")

func (c *checkup) schema(ctx context.Context, place where) []row {
	if _, err := vault.LoadKeys(c.s.Keys); err != nil {
		return []row{bad("Put the keys back that it was made with.", "The database is there, and its keys cannot be read: %v.", err)}
	}
	var cfg store.Config
	place.set(&cfg)
	found, err := store.Inspect(ctx, cfg)
	if errors.Is(err, store.ErrNoStore) {
		return []row{noStore}
	}
	if err != nil {
		return []row{bad("See its log; restore it from a backup if it is damaged.", "The database cannot be looked at: %v.", err)}
	}
	rows := []row{good("The database answers, and its schema is that of this program (version %d).", found.Have)}
	switch {
	case found.Have > found.Known && !found.Refused:
		rows[0] = weak("Bring all servers to the newer program.",
			"The schema of the database has version %d, this program knows up to %d and can work on it.", found.Have, found.Known)
	case found.Have > found.Known:
		rows[0] = bad("Run the newer program, or restore a backup made before it ran.",
			"The schema of the database has version %d, this program knows up to %d.", found.Have, found.Known)
	case found.Have < found.Known:
		rows[0] = weak("Make a backup: the next start brings it up to date.",
			"The schema of the database has version %d, this program has %d.", found.Have, found.Known)
	}
	for _, setting := range found.Unsafe {
		rows = append(rows, bad("Turn it on in postgresql.conf.", "The database server would lose what was signed when the power goes: %s.", setting))
	}
	return rows
}

// disk looks at where a file of ours lies.
func (c *checkup) disk() []row {
	var rows []row
	kind, free := diskOf(c.s.Data)
	switch {
	case slices.Contains([]string{"tmpfs", "ramfs"}, kind):
		rows = append(rows, bad("Move \"data\" to a disk.", "The data lie in memory (%s): nothing outlives a restart.", kind))
	case slices.Contains([]string{"nfs", "cifs", "fuse", "9p"}, kind):
		rows = append(rows, bad("Move \"data\" to a disk of this machine, or use PostgreSQL.", "The data lie on a network (%s), where SQLite must not.", kind))
	}
	switch {
	case free >= 0 && free < noRoom:
		rows = append(rows, bad("Make room.", "%d MB are free for the data.", free>>20))
	case free >= 0 && free < littleRoom:
		rows = append(rows, weak("Make room.", "%d MB are free for the data.", free>>20))
	}
	took, err := syncTime(c.s.Data)
	switch {
	case err != nil:
		rows = append(rows, bad("Let the user that serves write to it.", "Nothing can be written to the folder of the data: %v.", err))
	case took < tooFast:
		rows = append(rows, weak("See that neither file system, controller nor virtual machine leaves out syncs.",
			"A sync of the disk takes %v: too fast to be one.", took))
	case took > tooSlow:
		rows = append(rows, weak("Move \"data\" to a faster disk.", "A sync of the disk takes %v, and each signature waits for some.", took))
	default:
		rows = append(rows, good("A sync of the disk takes %v.", took.Round(10*time.Microsecond)))
	}
	for i := range rows {
		rows[i].Row = "disk"
	}
	return rows
}

// syncTime is how long a block and its sync take, the middle one of a few.
func syncTime(folder string) (time.Duration, error) {
	f, err := os.CreateTemp(folder, ".check-*")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	var all []time.Duration
	for range syncs {
		began := time.Now()
		if _, err := f.Write(make([]byte, 4<<10)); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		all = append(all, time.Since(began))
	}
	slices.Sort(all)
	return all[len(all)/2], nil
}

// audit looks where the heads of the audit chain go.
func (c *checkup) audit(context.Context) []row {
	if within(c.s.auditHeads(), c.s.Data) {
		return []row{weak("Name a file in \"audit_heads\" that whoever can write to the data cannot.",
			"The heads of the audit chain lie beside the data: who can change one can change both.")}
	}
	if _, err := os.Stat(filepath.Dir(c.s.auditHeads())); err != nil {
		return []row{bad("Make the folder of \"audit_heads\".", "The heads of the audit chain cannot be written: %v.", err)}
	}
	return []row{good("The heads of the audit chain lie apart from the data.")}
}
