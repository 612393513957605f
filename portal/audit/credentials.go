package audit

// The actions on how a member gets in.
const (
	Enrol       Action = "credentials.enrol"
	IssueCode   Action = "credentials.issue"
	UseCode     Action = "credentials.redeem"
	SetPassword Action = "credentials.password"
	ChangeEmail Action = "credentials.email"
	ListSignIns Action = "signin.list"
	DenySignIn  Action = "signin.deny" // "that was not me"
)
