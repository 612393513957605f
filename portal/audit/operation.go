package audit

// Acts on the store as a whole, by whoever operates the counter.
const (
	Backup  Action = "store.backup"  // all of it was copied
	Restore Action = "store.restore" // it was made from a backup
)
