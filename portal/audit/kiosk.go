package audit

// Kiosk is the actor of what a machine of a contact point did.
const Kiosk = "kiosk"

// The actions on kiosks.
const (
	ListKiosks   Action = "kiosk.list"
	AddKiosk     Action = "kiosk.add"
	ChangeKiosk  Action = "kiosk.change"
	InviteKiosk  Action = "kiosk.invite"
	PairKiosk    Action = "kiosk.pair"
	SuspendKiosk Action = "kiosk.suspend"
	RevokeKiosk  Action = "kiosk.revoke"
	StartKiosk   Action = "kiosk.start" // a lease begins
	ExtendKiosk  Action = "kiosk.extend"
	PrintAtKiosk Action = "kiosk.print" // by a member, a page of hers
)
