package store

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
}

// endProofs ends what an older copy may have brought back.
func endProofs(c *conn) error {
	for _, statement := range restored {
		if _, err := c.exec(statement); err != nil {
			return err
		}
	}
	return nil
}
