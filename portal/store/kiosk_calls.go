package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"guichet.example/portal/audit"
	"guichet.example/portal/feature"
	"guichet.example/portal/kiosk"
	"guichet.example/portal/office"
)

// CallStaff implements kiosk.Store.
func (db *DB) CallStaff(ctx context.Context, call kiosk.Call) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error { return db.callStaff(t, call) })
	if err != nil {
		return fmt.Errorf("calling staff to a kiosk: %w", err)
	}
	return nil
}

// callStaff puts a call into the queue, unless the last for the same cause waits there.
func (db *DB) callStaff(t *tx, call kiosk.Call) error {
	k := call.Kiosk
	var waits int
	err := t.get(`
		SELECT count(*) FROM kiosk_calls c JOIN tasks t ON t.mutuality = c.mutuality AND t.task = c.task
		WHERE c.mutuality = ? AND c.kiosk = ? AND c.cause = ? AND t.closed_at IS NULL`,
		[]any{k.Mutuality, k.ID, call.Cause}, &waits)
	if err != nil || waits > 0 {
		return err
	}
	kind := office.KioskTrouble
	if call.Cause == kiosk.CallHelp {
		kind = office.KioskHelp
	}
	if call.Language == "" {
		call.Language = "fr"
	}
	made, err := t.task(db, office.Task{Mutuality: k.Mutuality, Kind: kind, Language: call.Language,
		Said: map[string]string{"kiosk": k.Name + ", " + k.Branch, "cause": call.Cause}})
	if err != nil {
		return err
	}
	_, err = t.exec(`
		INSERT INTO kiosk_calls (mutuality, kiosk, cause, task) VALUES (?, ?, ?, ?)
		ON CONFLICT (mutuality, kiosk, cause) DO UPDATE SET task = excluded.task`,
		k.Mutuality, k.ID, call.Cause, made.ID)
	return err
}

// callSilent calls for somebody where nothing is heard of a kiosk that did not end its
// lease, once for each silence.
func (db *DB) callSilent(t *tx, now time.Time) (int64, error) {
	if db.cfg.Off.Has(feature.Kiosks) {
		return 0, nil
	}
	var silent []kiosk.Kiosk
	err := t.each(`
		SELECT `+kioskColumns+` FROM kiosks
		WHERE state = 'active' AND lease <> '' AND silence_told = 0 AND beat_at < ? LIMIT ?`,
		[]any{micros(now.Add(-kiosk.CallAfter)), sweepRows}, func(scan func(...any) error) error {
			k, err := scanKiosk(scan)
			silent = append(silent, k)
			return err
		})
	for _, k := range silent {
		if err != nil {
			break
		}
		_, told := t.exec(`UPDATE kiosks SET silence_told = 1 WHERE mutuality = ? AND kiosk = ?`, k.Mutuality, k.ID)
		err = errors.Join(told, db.callStaff(t, kiosk.Call{Kiosk: k, Cause: kiosk.CallSilent}))
		db.cfg.Log.Error("alert: nothing is heard of a kiosk", "kiosk", k.ID, "branch", k.Branch, "since", k.Beat)
	}
	return int64(len(silent)), err
}
