package store

import "time"

// What ended since a backup was made is alive in it: a session that was signed out, a
// link that was used. Where the audit chain does not reach its anchor nobody knows what
// has ended since, so nothing of the kind lives on, and people sign in and ask again.
// Codes of letters stay, as they are on their way to people who wait for them.
var restored = []string{
	`DELETE FROM sessions`,
	`DELETE FROM staff_sessions`,
	`DELETE FROM kiosk_sessions`,
	`DELETE FROM challenges`,
	`DELETE FROM federation_flows`,
	`DELETE FROM federation_proofs`,
	`UPDATE credential_codes SET outcome = 'replaced', ended_at = created_at
		WHERE outcome = '' AND purpose IN ('activate-link', 'reset-link', 'confirm-email', 'undo-email', 'reactivate', 'renew')`,
	// A change of account may have been stopped since: the links that stop one stay, and two
	// officers look at it again, whatever was agreed. Its job goes on, and finds it accepted
	// or ends.
	`UPDATE requests SET state = 'signed', revision = revision + 1, news = NULL, news_at = NULL WHERE kind = 'bank-change' AND state = 'accepted'`,
	`UPDATE bank_changes SET agreed_by = '', agreed_at = NULL, confirmed_by = '', confirmed_at = NULL
		WHERE in_force IS NULL AND stopped_at IS NULL`,
}

// tellRestored writes into the history of each change of account on its way that an older
// copy brought it back: whoever looks at it asks the member first. Events are numbered as
// tx.event numbers them.
const tellRestored = `
	INSERT INTO task_events (mutuality, task, event, at, staff, what, reason, sealed)
	SELECT mutuality, item, substr(CAST(1000001 + (
		SELECT count(*) FROM task_events e WHERE e.mutuality = r.mutuality AND e.task = r.item) AS TEXT), 2), ?, '', 'restored', '', NULL
	FROM (SELECT mutuality, member || '-' || request AS item FROM requests
		WHERE kind = 'bank-change' AND state IN ('signed', 'pending', 'accepted')) AS r`

// endProofs ends what an older copy may have brought back.
func endProofs(c *conn, now time.Time) error {
	for _, statement := range restored {
		if _, err := c.exec(statement); err != nil {
			return err
		}
	}
	_, err := c.exec(tellRestored, micros(now))
	return err
}
